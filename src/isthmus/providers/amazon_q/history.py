"""Turns → messages of `conversationState`, in the order and the pairs that the service insists on.

A conversation that was fitted to its target already alternates, and every call in it has its result. What is left to do is
what only this service asks: one role's text is one string, images go with the newest message alone, one thought to
an answer and only to the model that thought it, and tool traffic without declared tools becomes text. A pure function of
the turns, so that the messages of a longer conversation begin with those of the shorter one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, assert_never

import msgspec

from isthmus.core.conversation import (
    Block,
    Document,
    Foreign,
    Image,
    Opaque,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
    Turn,
)
from isthmus.core.errors import rejected
from isthmus.core.losses import Action, Loss
from isthmus.providers.amazon_q.media import paper, picture
from isthmus.providers.amazon_q.signatures import REDACTED, unpack
from isthmus.wire.json_repair import as_object

Json = dict[str, Any]
CONTINUE: Final = "Continue"
NO_CONTENT: Final = "(no content)"
NO_OUTPUT: Final = "(no output)"
NO_WORDS: Final = " "
"""For an assistant that only calls tools: a blank is taken where nothing is not, and teaches the model no phrase
(hank9999/kiro.rs, converter.rs)."""
_CANNOT: Final = {
    "history": "the service takes files only with the newest message",
    "results": "the service takes no files beside tool results",
    "format": "the service does not read files of this kind",
    "model": "this model does not read such files",
}


@dataclass(frozen=True, slots=True)
class Manner:
    """How messages are written."""

    model: str
    origin: str
    told: bool = False
    """Calls and results are told as text."""
    thoughts: bool = True
    """The model's own thoughts are given back to it."""
    files_anywhere: bool = False
    """Images also in earlier messages and beside tool results."""
    refuse: bool = False
    """A file that has no place is a refusal, not a placeholder."""
    unread: frozenset[str] = frozenset()
    """Kinds of files, `image` and `document`, that the model does not take."""


@dataclass(slots=True)
class Messages:
    """The messages of a request, the last one the user's."""

    manner: Manner
    entries: list[Json] = field(default_factory=list)
    marked: list[Json] = field(default_factory=list)
    """The messages up to which the client wants the prompt cached."""
    losses: list[Loss] = field(default_factory=list)

    def lead(self, system: str, *, marked: bool) -> None:
        """The system text, as a pair of its own: user messages stay untouched, and the prompt cache holds."""
        self._add("userInputMessage", self._asked(system), marked=marked)
        self._add("assistantResponseMessage", {"content": "Understood."}, marked=False)

    def add(self, turns: Iterable[Turn]) -> None:
        joined = _joined(turns)
        if not joined or joined[-1].role is Role.ASSISTANT:
            joined.append(Turn(Role.USER, (Text(CONTINUE),)))
            self.losses.append(Loss("messages.role:assistant", Action.EMULATED, "asked to continue"))
        for turn in joined:
            if turn.role is Role.ASSISTANT:
                self._assistant(turn.blocks)
            else:
                self._user(turn.blocks, newest=turn is joined[-1])

    def _add(self, kind: str, message: Json, *, marked: bool) -> None:
        self.entries.append({kind: message})
        if marked:
            self.marked.append(message)

    def _asked(self, content: str) -> Json:
        return {"content": content, "origin": self.manner.origin, "modelId": self.manner.model}

    def _user(self, blocks: tuple[Block, ...], *, newest: bool) -> None:
        said = _Said(self.manner, newest, any(isinstance(block, ToolResult) for block in blocks), self.losses)
        for block in blocks:
            said.take(block)
        self._add(
            "userInputMessage", self._asked(said.content()) | said.files_and_results(), marked=_marked(blocks)
        )

    def _assistant(self, blocks: tuple[Block, ...]) -> None:
        texts: list[str] = []
        told: list[str] = []
        calls: list[Json] = []
        for block in blocks:
            match block:
                case Text(text):
                    texts.append(text)
                case Foreign(_, kind, _, summary):
                    self.losses.append(Loss(kind, Action.CONVERTED if summary else Action.DROPPED))
                    texts.append(summary)
                case ToolCall(id, name, arguments) if self.manner.told:
                    told.append(f"[Tool: {name} ({id})]\n{arguments}")
                case ToolCall(id, name, arguments):
                    calls.append({"toolUseId": id, "name": name, "input": _object(arguments)})
                case _:
                    pass
        content = "\n\n".join(each for each in ("".join(texts), *told) if each.strip())
        message: Json = {"content": content or NO_WORDS}
        if (thought := self._thought(blocks)) is not None:
            message["reasoningContent"] = thought
        if calls:
            message["toolUses"] = calls
        self._add("assistantResponseMessage", message, marked=_marked(blocks))

    def _thought(self, blocks: Iterable[Block]) -> Json | None:
        """The last one, as a message holds no more than one."""
        ours: list[Json] = []
        for block in blocks:
            if isinstance(block, Thinking | Opaque):
                thought = self._own(block)
                if thought is None:
                    why = "of another model" if self.manner.thoughts else "left out after a refusal"
                    self.losses.append(Loss("messages.thinking", Action.DROPPED, why))
                else:
                    ours.append(thought)
        if len(ours) > 1:
            self.losses.append(Loss("messages.thinking", Action.DROPPED, "one to a message"))
        return ours[-1] if ours else None

    def _own(self, block: Thinking | Opaque) -> Json | None:
        """A thought that this model signed; any other is refused (`THINKING_SIGNATURE_INVALID`)."""
        opaque = block.opaque if isinstance(block, Thinking) else block
        sealed = unpack(opaque) if opaque is not None and self.manner.thoughts else None
        if sealed is None or sealed.model != self.manner.model:
            return None
        if opaque is not None and opaque.kind == REDACTED:
            return {"redactedContent": sealed.data}
        text = block.text if isinstance(block, Thinking) else ""
        return {"reasoningText": {"text": text, "signature": sealed.data}}


class _Said:
    """One message of the user's, as its blocks come."""

    def __init__(self, manner: Manner, newest: bool, results: bool, losses: list[Loss]) -> None:
        self._manner = manner
        self._losses = losses
        self._texts: list[str] = []
        self._results: list[Json] = []
        self._images: list[Json] = []
        self._documents: list[Json] = []
        beside_results = results and not manner.told
        self._cannot = (
            "" if manner.files_anywhere else "history" if not newest else "results" if beside_results else ""
        )

    def take(self, block: Block) -> None:
        match block:
            case Text(text):
                self._texts.append(text)
            case ToolResult(id, parts, is_error) if self._manner.told:
                label = "Tool Error" if is_error else "Tool Result"
                self._texts.append(f"[{label} ({id})]\n{self._output(parts)}")
            case ToolResult(id, parts, is_error):
                status = "error" if is_error else "success"
                self._results.append(
                    {"toolUseId": id, "status": status, "content": [{"text": self._output(parts)}]}
                )
            case Image() | Document():
                self._texts.append(self._file(block))
            case Foreign(_, kind, _, summary):
                self._losses.append(Loss(kind, Action.CONVERTED if summary else Action.DROPPED))
                self._texts.append(summary)
            case Thinking() | Opaque() | ToolCall():
                self._losses.append(
                    Loss("messages.content", Action.DROPPED, "only an assistant says such a thing")
                )
            case _:
                assert_never(block)

    def content(self) -> str:
        said = "\n\n".join(text for text in self._texts if text.strip())
        if said or self._results:
            return said
        attached = "image" if self._images else "document" if self._documents else ""
        return f"[{attached} attached]" if attached else NO_CONTENT

    def files_and_results(self) -> Json:
        message: Json = {}
        if self._images:
            message["images"] = self._images
        if self._documents:
            message["documents"] = self._documents
        if self._results:
            message["userInputMessageContext"] = {"toolResults": self._results}
        return message

    def _output(self, parts: Sequence[Text | Image | Document | ToolReference]) -> str:
        said: list[str] = []
        for part in parts:
            match part:
                case Text(text):
                    said.append(text)
                case ToolReference(name):
                    said.append(f"Tool loaded: {name}")
                case Image() | Document():
                    said.append(self._file(part) or f"[{_word(part)} attached]")
                case _:
                    assert_never(part)
        return "\n\n".join(text for text in said if text.strip()) or NO_OUTPUT

    def _file(self, block: Image | Document) -> str:
        """What is said in the file's place: nothing when it goes along."""
        if _word(block) in self._manner.unread:
            return self._without(block, _CANNOT["model"])
        if self._cannot:
            return self._without(block, _CANNOT[self._cannot])
        if isinstance(block, Image):
            if block.detail is not None:
                self._losses.append(Loss("image_url.detail", Action.DROPPED))
            self._images.append(picture(block))
            return ""
        document = paper(block, len(self._documents) + 1)
        if document is None:
            return self._without(block, _CANNOT["format"])
        self._documents.append(document)
        return block.context or ""

    def _without(self, block: Image | Document, why: str) -> str:
        word = _word(block)
        if self._manner.refuse:
            raise rejected(f"{word}_block", "messages.content")
        self._losses.append(Loss(word, Action.REPLACED, "placeholder"))
        title = f" {block.title!r}" if isinstance(block, Document) and block.title else ""
        return f"[{word}{title} removed: {why}]"


def _word(block: Image | Document) -> str:
    return "image" if isinstance(block, Image) else "document"


def _joined(turns: Iterable[Turn]) -> list[Turn]:
    """Without answers that hold nothing but thoughts; the questions around one become one. Words put into the mouth of an
    assistant who said nothing would teach the model to say them."""
    joined: list[Turn] = []
    for turn in turns:
        role = Role.ASSISTANT if turn.role is Role.ASSISTANT else Role.USER
        if role is Role.ASSISTANT and not any(map(_is_said, turn.blocks)):
            continue
        if joined and joined[-1].role is role:
            joined[-1] = Turn(role, joined[-1].blocks + turn.blocks)
        else:
            joined.append(Turn(role, turn.blocks))
    return joined


def _is_said(block: Block) -> bool:
    match block:
        case Text(text):
            return bool(text.strip())
        case Foreign(_, _, _, summary):
            return bool(summary.strip())
        case _:
            return isinstance(block, ToolCall)


def _marked(blocks: Iterable[Block]) -> bool:
    return any(getattr(block, "cache", None) is not None for block in blocks)


def _object(arguments: str) -> msgspec.Raw:
    return msgspec.Raw(as_object(arguments).encode("utf-8", "replace"))
