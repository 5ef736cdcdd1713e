"""Events → Chat Completions chunks.

    stream = role *( content / reasoning / call ) [annotations] finish [usage] [DONE]      or an error frame, then nothing
    call   = head(index, id, type, name) *arguments                                      index = 0, 1, 2 … counts calls

Whatever is fed, this order holds: what has no place opens its place, or is skipped. Official clients add up what they
are given, so a role, an id or a name said twice would be doubled, and an index that starts at 1 is an IndexError (seen
with openai-python 3.54). A call without arguments is given `{}`, since an empty string is no JSON.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from isthmus.core.conversation import Opaque
from isthmus.core.events import (
    ArgumentsDelta,
    BlockHead,
    BlockStarted,
    BlockStopped,
    Citation,
    CitationDelta,
    Event,
    Failed,
    Finished,
    KeepAlive,
    Noted,
    OpaqueDelta,
    OpaqueHead,
    Started,
    TextDelta,
    TextHead,
    ThinkingDelta,
    ThinkingHead,
    ToolHead,
    UsageReport,
)
from isthmus.core.interfaces import Signing
from isthmus.core.usage import Usage, estimated_input
from isthmus.dialects.openai_chat.errors import error_frame
from isthmus.dialects.openai_chat.parts import (
    completion_id,
    custom_input,
    finish_reason,
    own_tool_id,
    redacted_detail,
    refusal_of,
    signature_detail,
    url_citations,
    usage_fields,
)
from isthmus.wire.json_text import to_json

PING: Final = b": ping\n\n"
"""A comment: a frame with other JSON than a chunk breaks openai-node, an empty `data:` breaks both official clients."""
DONE: Final = b"data: [DONE]\n\n"
END: Final = b"]}\n\n"
END_NO_USAGE: Final = b'],"usage":null}\n\n'
"""With `include_usage` every chunk but the last says that it has none."""
_TEXT: Final = "text"
_THINKING: Final = "thinking"
_CALL: Final = "call"


@dataclass(frozen=True, slots=True)
class Style:
    """What the encoder must remember of the request."""

    include_usage: bool = False
    show_reasoning: bool = True
    custom_tools: frozenset[str] = frozenset()
    """Tools whose calls go back as free text."""
    legacy: bool = False
    """Calls go back as `function_call`, of which an answer has but one."""


class ChatEncoder:
    """One stream. `encode` gives the same bytes however the events are divided among its calls."""

    __slots__ = (
        "_annotations",
        "_arguments",
        "_call_prefix",
        "_call_tail",
        "_calls",
        "_citations",
        "_content_prefix",
        "_custom",
        "_delta",
        "_details",
        "_end",
        "_ended",
        "_head",
        "_length",
        "_open",
        "_out",
        "_reasoning_prefix",
        "_signature",
        "_signing",
        "_started",
        "_style",
        "_tail",
        "_text_start",
        "_thought",
        "_usage",
    )

    def __init__(self, style: Style, signing: Signing) -> None:
        self._style = style
        self._signing = signing
        self._head = chunk_head(completion_id(signing), "chat.completion.chunk", signing)
        self._end = END_NO_USAGE if style.include_usage else END
        self._delta = self._head + b'{"index":0,"delta":'
        self._tail = b'},"finish_reason":null}' + self._end
        self._content_prefix = self._delta + b'{"content":'
        self._reasoning_prefix = self._delta + b'{"reasoning_content":'
        self._call_prefix = b""
        self._call_tail = b""
        self._started = False
        self._ended = False
        self._open: str | None = None
        self._calls = 0
        self._custom = False
        self._arguments: list[str] = []
        self._details = 0
        self._thought: list[str] = []
        self._signature: Opaque | None = None
        self._length = 0
        self._text_start = 0
        self._citations: list[Citation] = []
        self._annotations: list[dict[str, Any]] = []
        self._usage: Usage | None = None
        self._out: list[bytes] = []

    def encode(self, events: Iterable[Event]) -> bytes:
        out = self._out = []
        for event in events:
            kind = type(event)
            if kind is TextDelta:
                self._text(event.text, out)  # type: ignore[union-attr]
            elif kind is ThinkingDelta:
                self._think(event.text, out)  # type: ignore[union-attr]
            elif kind is ArgumentsDelta:
                self._argue(event.json, out)  # type: ignore[union-attr]
            elif not self._ended:
                self._rare(event)
        return b"".join(out)

    def keep_alive(self) -> bytes:
        return b"" if self._ended else PING

    def _text(self, text: str, out: list[bytes]) -> None:
        # After the end no block is open, and none can be opened: the usual delta needs no other test.
        if text and (self._open is _TEXT or self._begin(_TEXT)):
            self._length += len(text)
            out += (self._content_prefix, to_json(text), self._tail)

    def _think(self, text: str, out: list[bytes]) -> None:
        if text and (self._open is _THINKING or self._begin(_THINKING)) and self._style.show_reasoning:
            self._thought.append(text)
            out += (self._reasoning_prefix, to_json(text), self._tail)

    def _argue(self, json: str, out: list[bytes]) -> None:
        if not json or self._open is not _CALL:
            return
        self._arguments.append(json)
        if not self._custom:
            out += (self._call_prefix, to_json(json), self._call_tail)

    def _rare(self, event: Event) -> None:
        match event:
            case Started():
                self._start()
                self._usage = event.usage or self._usage
            case BlockStarted(head):
                self._begin_head(head)
            case BlockStopped():
                self._close()
            case OpaqueDelta(opaque):
                if self._open is _THINKING:
                    self._signature = opaque
            case CitationDelta(citation):
                if self._open is _TEXT or self._begin(_TEXT):
                    self._citations.append(citation)
            case UsageReport(usage):
                self._usage = usage
            case KeepAlive():
                self._out.append(PING)
            case Finished():
                self._finish(event)
            case Failed(error):
                self._out.append(error_frame(error))
                self._open, self._ended = None, True
            case Noted() | TextDelta() | ThinkingDelta() | ArgumentsDelta():
                pass

    def _start(self) -> None:
        if not self._started:
            self._started = True
            self._say({"role": "assistant", "content": ""})

    def _begin(self, block: str) -> bool:
        """Whether the block could be opened."""
        if self._ended:
            return False
        self._close()
        self._start()
        self._open = block
        self._text_start = self._length
        return True

    def _begin_head(self, head: BlockHead) -> None:
        match head:
            case TextHead():
                self._begin(_TEXT)
            case ThinkingHead():
                self._begin(_THINKING)
            case ToolHead(id, name):
                self._begin_call(id, name)
            case OpaqueHead(opaque):
                self._close()
                self._start()
                self._say_detail(redacted_detail(opaque, self._details))

    def _begin_call(self, id: str, name: str) -> None:
        self._close()
        self._start()
        if self._style.legacy and self._calls:
            return
        self._open = _CALL
        index, self._calls = self._calls, self._calls + 1
        if self._style.legacy:
            self._say({"function_call": {"name": name, "arguments": ""}})
            self._call_prefix = self._delta + b'{"function_call":{"arguments":'
            self._call_tail = b"}" + self._tail
            return
        self._custom = name in self._style.custom_tools
        kind, content = ("custom", "input") if self._custom else ("function", "arguments")
        id = id or own_tool_id(self._signing, index)
        self._say(
            {"tool_calls": [{"index": index, "id": id, "type": kind, kind: {"name": name, content: ""}}]}
        )
        where = b'{"tool_calls":[{"index":%d,"%b":{"%b":' % (index, kind.encode(), content.encode())
        self._call_prefix = self._delta + where
        self._call_tail = b"}}]" + self._tail

    def _close(self) -> None:
        match self._open:
            case None:
                return
            case "thinking":
                self._end_thought()
            case "call":
                self._end_call()
            case _:
                self._annotations += url_citations(self._citations, self._text_start, self._length)
                self._citations = []
        self._open = None

    def _end_thought(self) -> None:
        self._say_detail(signature_detail("".join(self._thought), self._signature, self._details))
        self._thought, self._signature = [], None

    def _end_call(self) -> None:
        """What could not be said piece by piece, or was not said at all."""
        arguments, self._arguments = self._arguments, []
        if self._custom:
            rest = custom_input("".join(arguments))
            self._custom = False
        elif arguments:
            return
        else:
            rest = "{}"
        self._out += (self._call_prefix, to_json(rest), self._call_tail)

    def _say_detail(self, detail: dict[str, Any] | None) -> None:
        if detail is not None and self._style.show_reasoning:
            self._details += 1
            self._say({"reasoning_details": [detail]})

    def _finish(self, event: Finished) -> None:
        self._start()
        self._close()
        if self._annotations:
            self._say({"content": "", "annotations": self._annotations})
        if (refusal := refusal_of(event.reason, event.explanation)) is not None:
            self._say({"refusal": refusal})
        reason = finish_reason(event.reason, legacy=self._style.legacy)
        self._out += (self._delta, b'{},"finish_reason":"%b"}' % reason.encode(), self._end)
        if self._style.include_usage:
            usage = event.usage or self._usage or estimated_input(self._signing.input_estimate)
            self._out.append(usage_chunk(self._head, usage))
        self._out.append(DONE)
        self._ended = True

    def _say(self, delta: dict[str, Any]) -> None:
        self._out += (self._delta, to_json(delta), b',"finish_reason":null}', self._end)


def chunk_head(id: str, object: str, signing: Signing) -> bytes:
    """What every chunk of one stream begins with, up to its choices."""
    fields: dict[str, Any] = {
        "id": id,
        "object": object,
        "created": signing.created_s,
        "model": signing.model,
    }
    if signing.conversation is not None:
        fields["conversation_id"] = signing.conversation
    return b'data: %b,"choices":[' % to_json(fields)[:-1]


def usage_chunk(head: bytes, usage: Usage) -> bytes:
    """The last chunk, without choices, for a client that asked for it."""
    return b'%b],"usage":%b}\n\n' % (head, to_json(usage_fields(usage)))
