"""How many tokens a conversation has, about. For the start of a stream and for `count_tokens` where nobody can count.

An estimate and never more: rates for what texts are made of, fitted to the tokenizers of the model's family
(docs/token-counting.md says how well). Whatever is shown from here is marked as estimated.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

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
    ToolCall,
    ToolReference,
    ToolResult,
    Turn,
)
from isthmus.shaping.characters import features
from isthmus.shaping.token_rates import RATES, family_of

TOKENS_PER_TURN: Final = 4
TOKENS_PER_TOOL: Final = 12
TOKENS_PER_IMAGE: Final = 1600
PIXELS_PER_TOKEN: Final = 750
"""Anthropic's rule of thumb for images: width times height over 750."""
DOCUMENT_BYTES_PER_TOKEN: Final = 20


def estimate_tokens(conversation: Conversation, model: str = "") -> int:
    """Of the whole prompt, for a model of this name. At least 1."""
    tally = _Tally()
    tally.frame(conversation)
    for turn in conversation.turns:
        tally.turn(turn)
    return max(1, round(tally.tokens(model)))


def estimate_frame(conversation: Conversation, model: str) -> float:
    """Of what stands around the turns: system text and tools."""
    tally = _Tally()
    tally.frame(conversation)
    return tally.tokens(model)


def estimate_turn(turn: Turn, model: str) -> float:
    tally = _Tally()
    tally.turn(turn)
    return tally.tokens(model)


def estimate_text(text: str, model: str = "") -> float:
    # ASCII text has only the first of the features, and there `zip` ends.
    rates = RATES[family_of(model)]
    return sum([rate * found for rate, found in zip(rates, features(text), strict=False)])


class _Tally:
    """Gathers texts, to look at them all at once: for many short ones that takes a tenth of the time."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._others = 0.0

    def tokens(self, model: str) -> float:
        return self._others + estimate_text(" ".join(self._texts), model)

    def frame(self, conversation: Conversation) -> None:
        self._texts += [text.text for text in conversation.system]
        for tool in conversation.tools:
            self._others += TOKENS_PER_TOOL
            self._texts += (tool.name, tool.description or "", tool.schema)
        self._texts += [each.data for each in conversation.server_tools]

    def turn(self, turn: Turn) -> None:
        self._others += TOKENS_PER_TURN
        for block in turn.blocks:
            self._block(block)

    def _block(self, block: Block | ResultPart) -> None:
        match block:
            case Text(text) | Thinking(text):
                self._texts.append(text)
            case ToolCall(_, name, arguments):
                self._others += TOKENS_PER_TOOL
                self._texts += (name, arguments)
            case ToolResult(_, parts):
                self._others += TOKENS_PER_TOOL
                for part in parts:
                    self._block(part)
            case Image(source):
                self._others += _image(source.base64) if isinstance(source, InlineData) else TOKENS_PER_IMAGE
            case Document(source):
                self._others += _document(source)
            case Foreign(_, _, data) | Opaque(_, _, data):
                self._texts.append(data)
            case ToolReference(name):
                self._texts.append(name)


def _document(source: Source) -> float:
    if not isinstance(source, InlineData):
        return TOKENS_PER_IMAGE
    return len(source.base64) * 0.75 / DOCUMENT_BYTES_PER_TOKEN


def _image(base64_text: str) -> float:
    """By its size where the first bytes of a PNG or GIF say it, else a flat figure."""
    try:
        head = base64.b64decode(base64_text[:44])
    except (binascii.Error, ValueError):
        return TOKENS_PER_IMAGE
    if head.startswith(b"\x89PNG") and len(head) >= 24:
        width, height = int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
    elif head.startswith(b"GIF8") and len(head) >= 10:
        width, height = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    else:
        return TOKENS_PER_IMAGE
    return min(TOKENS_PER_IMAGE, max(1.0, width * height / PIXELS_PER_TOKEN))
