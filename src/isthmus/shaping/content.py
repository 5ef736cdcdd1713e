"""Blocks the target cannot carry: content is sacred, so each gives way to something visible, or the request is refused."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from isthmus.core.abilities import Abilities
from isthmus.core.conversation import (
    Block,
    Conversation,
    Document,
    Foreign,
    Image,
    InlineData,
    Opaque,
    ResultPart,
    Source,
    Text,
    Thinking,
    ToolReference,
    ToolResult,
    Turn,
    VendorFile,
)
from isthmus.core.errors import rejected
from isthmus.core.interfaces import Target
from isthmus.core.losses import Action, Loss, Policy
from isthmus.shaping.turns import Fit

B = TypeVar("B")


def fit_content(conversation: Conversation, target: Target) -> Fit:
    """Every block as the target can take it. Raises `BadRequest` (`capability_rejected: …`) under the strict policy."""
    fitting = _Fitting(target)
    turns = tuple(fitting.turn(turn) for turn in conversation.turns)
    if all(now is before for now, before in zip(turns, conversation.turns, strict=True)):
        return conversation, tuple(fitting.losses)
    return replace(conversation, turns=turns), tuple(dict.fromkeys(fitting.losses))


class _Fitting:
    def __init__(self, target: Target) -> None:
        self._model = target.model
        self._can: Abilities = target.abilities
        self._strict = target.policy is Policy.STRICT
        self.losses: list[Loss] = []

    def turn(self, turn: Turn) -> Turn:
        blocks = _mapped(turn.blocks, self._block)
        return turn if blocks is turn.blocks else Turn(turn.role, blocks)

    def _block(self, block: Block) -> Block | None:
        match block:
            case Text():
                return block
            case Image() | Document():
                return self._media(block)
            case ToolResult(_, parts):
                fitted = _mapped(parts, self._part)
                return block if fitted is parts else replace(block, parts=fitted)
            case Foreign(home, kind, _, summary):
                return block if home == self._can.home else self._foreign(kind, summary)
            case Opaque(home, kind):
                return block if home == self._can.home else self._foreign(kind, "")
            case Thinking():
                return self._thinking(block)
            case _:
                return block

    def _thinking(self, block: Thinking) -> Thinking | None:
        """A home takes only thoughts that it signed; here, before turns are joined, as a turn may hold nothing else."""
        opaque, home = block.opaque, self._can.home
        if home is not None and (opaque is None or opaque.home != home):
            if block.text or block.source is not None:
                self.losses.append(Loss("messages.thinking", Action.DROPPED, f"not signed by {home}"))
            return None
        return block if block.text or opaque is not None or block.source is not None else None

    def _part(self, part: ResultPart) -> ResultPart | None:
        match part:
            case Text():
                return part
            case Image() | Document():
                return self._media(part)
            case ToolReference(name):
                return Text(f"Tool loaded: {name}") if self._can.home is None else part

    def _media(self, block: Image | Document) -> Image | Document | Text:
        if isinstance(block, Document) and (text := _plain_text(block.source)) is not None:
            return Text(_titled(block, text), block.cache)
        able = self._can.vision if isinstance(block, Image) else self._can.documents
        if able and not isinstance(block.source, VendorFile):
            return block
        word = "image" if isinstance(block, Image) else "document"
        if self._strict:
            raise rejected(f"{word}_block", "messages.content")
        why = f"{self._model} cannot read {word}s" if not able else "it is stored with another vendor"
        self.losses.append(Loss(word, Action.REPLACED, "placeholder"))
        return Text(f"[{word}{_described(block)} removed: {why}]")

    def _foreign(self, kind: str, summary: str) -> Text | None:
        if summary:
            self.losses.append(Loss(kind, Action.CONVERTED, "text"))
            return Text(f"\n{summary}\n")  # by itself: what stands beside it is joined without a space
        self.losses.append(Loss(kind, Action.DROPPED))
        return None


def _mapped(blocks: tuple[B, ...], change: Callable[[B], B | None]) -> tuple[B, ...]:
    """The very same tuple when nothing changes."""
    fitted = [change(block) for block in blocks]
    if all(now is before for now, before in zip(fitted, blocks, strict=True)):
        return blocks
    return tuple(block for block in fitted if block is not None)


def _plain_text(source: Source) -> str | None:
    """The text of a document that is nothing but text."""
    if not isinstance(source, InlineData) or not source.media_type.startswith("text/"):
        return None
    try:
        return base64.b64decode(source.base64).decode("utf-8")
    except (binascii.Error, ValueError):
        return None


def _titled(document: Document, text: str) -> str:
    title = f' title="{document.title}"' if document.title else ""
    context = f"\n{document.context}" if document.context else ""
    return f"<document{title}>{context}\n{text}\n</document>"


def _described(block: Image | Document) -> str:
    title = f" {block.title!r}" if isinstance(block, Document) and block.title else ""
    kind = f" ({block.source.media_type})" if isinstance(block.source, InlineData) else ""
    return title + kind
