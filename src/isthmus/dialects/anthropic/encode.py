"""Events → the Messages stream.

    stream = *ping message_start *( block / ping ) message_delta message_stop     or an `error` event, after which nothing
    block  = content_block_start(i) 1*delta(i) content_block_stop(i)              i = 0, 1, 2 …; a call may have no delta

The encoder keeps this order by construction, whatever it is fed: an event with no place opens its place, or is skipped.
A text block begins with its first words, since an empty one is not legal here; a thinking block begins at once and is
signed when it ends. Seen in official clients: a block that never stops loses its text in Claude Code, a gap in the
indices is an IndexError in anthropic-python, an answer that stops without `error` counts as complete.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
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
from isthmus.dialects.anthropic.errors import error_frame
from isthmus.dialects.anthropic.parts import (
    citation_fields,
    message_id,
    opaque_block,
    own_tool_id,
    signature_of,
    stop_fields,
    usage_fields,
)
from isthmus.dialects.anthropic.tool_ids import shown
from isthmus.wire.json_text import to_json

PING: Final = b'event: ping\ndata: {"type":"ping"}\n\n'
_MESSAGE_STOP: Final = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
_DELTA_START: Final = (
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":{"type":%b'
)
_DELTA_END: Final = b"}}\n\n"
_TEXT: Final = "text"
_THINKING: Final = "thinking"
_TOOL: Final = "tool"
_DELTAS: Final = {
    _TEXT: b'"text_delta","text":',
    _THINKING: b'"thinking_delta","thinking":',
    _TOOL: b'"input_json_delta","partial_json":',
}


@dataclass(frozen=True, slots=True)
class Style:
    """What the encoder must remember of the request."""

    hide_thinking: bool = False
    """`thinking.display` was "omitted": thoughts are shown as blocks without text, which their signature carries."""


class MessagesEncoder:
    """One stream. `encode` gives the same bytes however the events are divided among its calls."""

    __slots__ = (
        "_delta_prefix",
        "_ended",
        "_hidden",
        "_hide",
        "_index",
        "_open",
        "_out",
        "_shown_usage",
        "_signature",
        "_signing",
        "_started",
        "_usage",
    )

    def __init__(self, style: Style, signing: Signing) -> None:
        self._signing = signing
        self._hide = style.hide_thinking
        self._started = False
        self._ended = False
        self._open: str | None = None
        self._index = -1
        self._delta_prefix = b""
        self._hidden: list[str] = []
        self._signature: Opaque | None = None
        self._shown_usage = Usage()
        self._usage: Usage | None = None
        self._out: list[bytes] = []

    def encode(self, events: Iterable[Event]) -> bytes:
        out = self._out = []
        for event in events:
            if type(event) is TextDelta:
                self._delta(_TEXT, event.text, out)
            elif type(event) is ThinkingDelta:
                self._think(event.text, out)
            elif type(event) is ArgumentsDelta:
                if self._open is _TOOL:
                    self._delta(_TOOL, event.json, out)
            elif not self._ended:
                self._rare(event)
        return b"".join(out)

    def keep_alive(self) -> bytes:
        return b"" if self._ended else PING

    def _delta(self, block: str, text: str, out: list[bytes]) -> None:
        if text and not self._ended:
            if self._open is not block:
                self._begin(block, _BODIES[block])
            out += (self._delta_prefix, to_json(text), _DELTA_END)

    def _think(self, text: str, out: list[bytes]) -> None:
        if not self._hide:
            self._delta(_THINKING, text, out)
        elif text and not self._ended:
            if self._open is not _THINKING:
                self._begin(_THINKING, _BODIES[_THINKING])
            self._hidden.append(text)

    def _rare(self, event: Event) -> None:
        match event:
            case Started():
                self._start(event.usage)
            case BlockStarted(head):
                self._begin_head(head)
            case BlockStopped():
                self._close()
            case OpaqueDelta(opaque):
                self._sign(opaque)
            case CitationDelta(citation):
                self._cite(citation)
            case UsageReport(usage):
                self._usage = usage
            case KeepAlive():
                self._out.append(PING)
            case Finished():
                self._finish(event)
            case Failed(error):
                # Nothing is closed: a half-said thing must not look finished.
                self._out.append(error_frame(error, self._signing.request_id))
                self._ended = True
            case Noted() | TextDelta() | ThinkingDelta() | ArgumentsDelta():
                pass

    def _start(self, usage: Usage | None = None) -> None:
        if self._started:
            return
        self._started = True
        known = usage if usage is not None and usage.all_input_tokens else None
        self._usage = usage
        self._shown_usage = replace(
            known or estimated_input(self._signing.input_estimate), output_tokens=0, reasoning_tokens=0
        )
        message: dict[str, Any] = {
            "id": message_id(self._signing),
            "type": "message",
            "role": "assistant",
            "model": self._signing.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage_fields(self._shown_usage),
        }
        if self._signing.conversation is not None:
            message["conversation_id"] = self._signing.conversation
        self._say("message_start", {"type": "message_start", "message": message})

    def _begin_head(self, head: BlockHead) -> None:
        match head:
            case TextHead():
                self._close()
            case ThinkingHead():
                self._begin(_THINKING, _BODIES[_THINKING])
            case ToolHead(id, name):
                self._close()
                id = shown(id) if id else own_tool_id(self._signing, self._index + 1)
                self._begin(_TOOL, {"type": "tool_use", "id": id, "name": name, "input": {}})
            case OpaqueHead(opaque):
                self._close()
                self._whole_block(opaque)

    def _begin(self, block: str, body: dict[str, Any]) -> None:
        self._close()
        self._start_block(body)
        self._open = block
        self._delta_prefix = _DELTA_START % (self._index, _DELTAS[block])

    def _start_block(self, body: dict[str, Any]) -> None:
        self._start()
        self._index += 1
        self._say(
            "content_block_start",
            {"type": "content_block_start", "index": self._index, "content_block": body},
        )

    def _close(self) -> None:
        if self._open is None:
            return
        if self._open is _THINKING:
            self._say_signature()
        self._open = None
        self._stop_block()

    def _stop_block(self) -> None:
        self._say("content_block_stop", {"type": "content_block_stop", "index": self._index})

    def _say_signature(self) -> None:
        signature = signature_of(self._signature, "".join(self._hidden), self._signing)
        self._say_delta({"type": "signature_delta", "signature": signature})
        self._signature = None
        self._hidden = []

    def _sign(self, opaque: Opaque) -> None:
        """Kept until the block ends: a signature is said once, as the last thing in its block."""
        if self._open is _THINKING:
            self._signature = opaque

    def _cite(self, citation: Citation) -> None:
        if self._open is not _TEXT:
            self._begin(_TEXT, _BODIES[_TEXT])
        self._say_delta({"type": "citations_delta", "citation": citation_fields(citation)})

    def _whole_block(self, opaque: Opaque) -> None:
        """Redacted thoughts and results stand whole in their start; the input of a call must come as a delta."""
        block = opaque_block(opaque)
        if block is None:
            return
        arguments = block.get("input") if block["type"].endswith("tool_use") else None
        self._start_block(block if arguments is None else {**block, "input": {}})
        if arguments:
            self._say_delta({"type": "input_json_delta", "partial_json": to_json(arguments).decode()})
        self._stop_block()

    def _finish(self, event: Finished) -> None:
        self._start()
        self._close()
        usage = self._final_usage(event.usage or self._usage or self._shown_usage)
        delta = stop_fields(event.reason, event.stop_sequence, event.explanation)
        self._say("message_delta", {"type": "message_delta", "delta": delta, "usage": usage_fields(usage)})
        self._out.append(_MESSAGE_STOP)
        self._ended = True

    def _final_usage(self, usage: Usage) -> Usage:
        """Claude Code (2.1.330) takes a 0 for "not said" and would count the estimate it saw at the start next to what
        was read from the cache; 1 overrides it."""
        if usage.input_tokens == 0 and self._shown_usage.input_tokens:
            return replace(usage, input_tokens=1)
        return usage

    def _say_delta(self, delta: dict[str, Any]) -> None:
        self._say(
            "content_block_delta", {"type": "content_block_delta", "index": self._index, "delta": delta}
        )

    def _say(self, event: str, data: dict[str, Any]) -> None:
        self._out.append(b"event: %b\ndata: %b\n\n" % (event.encode(), to_json(data)))


_BODIES: Final[dict[str, dict[str, Any]]] = {
    _TEXT: {"type": "text", "text": ""},
    _THINKING: {"type": "thinking", "thinking": "", "signature": ""},
}
