"""claude.ai's stream → events.

The forms are those of a recorded stream (April 2026) and of what third-party clients read; both renderings are understood, the
older one as text alone. What the service does by itself, searching for instance, is not shown to clients as calls of theirs. An
answer is whole when the service says so: a body that merely ends has broken off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from isthmus.core.commands import Decoder, Head
from isthmus.core.compose import Composer
from isthmus.core.cutting import Cut
from isthmus.core.errors import UpstreamProtocolError
from isthmus.core.events import Citation, Event, Failed, Stop
from isthmus.providers.claude_web import cases
from isthmus.providers.claude_web.artifacts import NAME as ARTIFACTS
from isthmus.providers.claude_web.artifacts import Artifacts
from isthmus.providers.claude_web.errors import Refusals
from isthmus.providers.claude_web.headers import STREAM
from isthmus.providers.claude_web.speech import NATIVE, Speech
from isthmus.providers.claude_web.stream_words import FULL, IGNORED, IGNORED_DELTAS, STOPS
from isthmus.providers.claude_web.tally import Tally
from isthmus.providers.claude_web.tool_tags import TagReader
from isthmus.wire.sse import Frame, SseDecoder, SseFrameTooLarge

MAX_REFUSAL_BYTES: Final = 64 << 10
MAX_SHOWN: Final = 200
MAX_NOTED: Final = 20

Row = Mapping[str, Any]


@dataclass(slots=True)
class Heard:
    """What an answer's stream tells beside the answer."""

    limit: Row | None = None
    """The limit object behind it."""
    whole: bool = False
    """The service itself said that the answer is complete."""
    answer_id: str | None = None
    said: str = ""
    """The text of the answer as the client has it."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the request asked for that the answer must be read by."""

    refusals: Refusals
    heard: Heard
    new_id: Callable[[], str]
    """For calls."""
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    tags: Callable[[], TagReader] | None = None
    """None: the client has sent no tools."""
    thoughts: str = NATIVE


def decoder_for(head: Head, expected: Expected) -> Decoder:
    if head.content_type in (STREAM, ""):
        return StreamDecoder(expected)
    return NoStream(head, expected.refusals)


@dataclass(slots=True)
class _Citing:
    """A stretch of text and its source."""

    citation: Citation
    said: list[str] = field(default_factory=list)


class StreamDecoder:
    """Implements `core.commands.Decoder`."""

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        self._heard = expected.heard
        self._reader = SseDecoder()
        self._composer = Composer()
        self._speech = Speech(
            self._composer,
            stop=expected.stop,
            max_tokens=expected.max_tokens,
            tags=expected.tags() if expected.tags is not None else None,
            new_id=expected.new_id,
            thoughts=expected.thoughts,
        )
        self._artifacts = Artifacts()
        self._inputs: dict[int, list[str]] = {}
        """Of the artifacts that are being written, by index of their block."""
        self._citing: dict[str, _Citing] = {}
        self._tally = Tally()
        self._stop_reason: str | None = None
        self._noted: set[str] = set()

    def feed(self, chunk: bytes) -> list[Event]:
        try:
            frames = self._reader.feed(chunk)
        except SseFrameTooLarge as error:
            self._broken("the upstream sent an event that is too large", str(error))
        else:
            self._frames(frames)
        if self._reader.saw_comment:
            self._reader.saw_comment = False
            self._composer.keep_alive()
        return self._composer.take()

    def close(self) -> list[Event]:
        if not self._composer.ended:
            self._frames(self._reader.finish())
        self._broken("the upstream's answer broke off before its end")
        return self._composer.take()

    def _frames(self, frames: list[Frame]) -> None:
        for frame in frames:
            if self._composer.ended:
                return
            if not frame.data:
                continue
            try:
                event = msgspec.json.decode(frame.data)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                event = None
            if not isinstance(event, dict):
                shown = frame.data[:MAX_SHOWN].decode("utf-8", "replace")
                self._broken("the upstream sent an event that cannot be read", shown)
                return
            event.setdefault("type", frame.event.decode("utf-8", "replace"))
            self._event(event)
            if self._speech.cut is not None:
                self._end()

    def _event(self, event: Row) -> None:
        match event:
            case {"type": "content_block_delta", "delta": {"type": "text_delta", "text": str(text)}}:
                self._text(text)
            case {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": str(text)}}:
                self._speech.thinking(text)
            case {"type": "content_block_delta", "index": int(index), "delta": {"type": str()} as delta}:
                self._delta(index, delta)
            case {
                "type": "content_block_start",
                "index": int(index),
                "content_block": {"type": str()} as block,
            }:
                self._block(index, block)
            case {"type": "content_block_stop", "index": int(index)}:
                self._block_ended(index, event)
            case {"type": "message_start", "message": dict() as message}:
                self._started(message)
            case {"type": "message_delta", "delta": dict() as change}:
                if isinstance(reason := change.get("stop_reason"), str):
                    self._stop_reason = reason
                self._tally.hear(event.get("usage"))
            case {"type": "message_limit", "message_limit": dict() as limit}:
                self._heard.limit = limit
            case {"type": "message_stop"}:
                self._heard.whole = True
                self._end()
            case {"type": "error"}:
                self._composer.fail(self._expected.refusals.told(event))
            case {"completion": str(text)}:
                self._completion(text, event)
            case {"type": "ping"}:
                self._composer.keep_alive()
            case {"type": "model_fallback"}:
                self._note("model_fallback", "the service let another model answer")
            case {"type": type} if type in IGNORED:
                pass
            case other:
                self._note("unknown_event", str(other.get("type") or "without a type"))

    def _started(self, message: Row) -> None:
        model, id = message.get("model"), message.get("uuid")
        self._heard.answer_id = id if isinstance(id, str) else None
        self._composer.start(model=model if isinstance(model, str) and model else None)
        self._tally.hear(message.get("usage"))

    def _text(self, text: str) -> None:
        for citing in self._citing.values():
            citing.said.append(text)
        self._speech.text(text)

    def _block(self, index: int, block: Row) -> None:
        match block:
            case {"type": "text"}:
                self._speech.end_thought()
                if isinstance(text := block.get("text"), str) and text:
                    self._text(text)
            case {"type": "thinking"}:
                self._speech.end_thought()
                if isinstance(text := block.get("thinking"), str) and text:
                    self._speech.thinking(text)
            case {"type": "tool_use", "name": name} if name == ARTIFACTS:
                self._inputs[index] = []
            case {"type": "tool_use" | "tool_result" | "redacted_thinking"}:
                pass  # run by the service, for itself
            case _:
                self._note("unknown_block", str(block["type"]))

    def _delta(self, index: int, delta: Row) -> None:
        match delta:
            case {"type": "input_json_delta", "partial_json": str(fragment)}:
                if index in self._inputs:
                    self._inputs[index].append(fragment)
            case {"type": "citation_start_delta", "citation": {"url": str(url)} as citation}:
                title = citation.get("title")
                self._citing[str(citation.get("uuid"))] = _Citing(
                    Citation(url, title if isinstance(title, str) else "")
                )
            case {"type": "citation_end_delta"}:
                self._cite(self._citing.pop(str(delta.get("citation_uuid")), None))
            case {"type": type} if type in IGNORED_DELTAS:
                pass
            case _:
                self._note("unknown_delta", str(delta["type"]))

    def _block_ended(self, index: int, event: Row) -> None:
        self._speech.end_thought()
        citing, self._citing = self._citing, {}
        for each in citing.values():
            self._cite(each)
        if (fragments := self._inputs.pop(index, None)) is None:
            return
        whole = event.get("buffered_input")
        text = self._artifacts.told("".join(fragments) or (whole if isinstance(whole, str) else ""))
        if text is None:
            self._note("artifact", "a change that cannot be shown as a whole")
        else:
            self._speech.text(text)

    def _cite(self, citing: _Citing | None) -> None:
        """Behind the text that it is the source of."""
        if citing is not None and self._speech.cut is None:
            source = citing.citation
            self._composer.cite(Citation(source.url, source.title, "".join(citing.said)))

    def _completion(self, text: str, event: Row) -> None:
        """The older rendering."""
        if isinstance(model := event.get("model"), str):
            self._composer.start(model=model or None)
        self._speech.text(text)
        if isinstance(limit := event.get("messageLimit"), dict):
            self._heard.limit = limit
        if event.get("exception"):
            self._broken(
                "the upstream ended its answer with an exception", str(event["exception"])[:MAX_SHOWN]
            )
        elif isinstance(reason := event.get("stop_reason"), str):
            self._stop_reason = "max_tokens" if event.get("truncated") else reason
            self._heard.whole = True
            self._end()

    def _end(self) -> None:
        """The answer is over, by itself or by a cut of ours."""
        reason, refusals = self._stop_reason, self._expected.refusals
        self._speech.finish()
        self._heard.said = "".join(self._speech.said)
        if self._speech.cut is None:
            if reason == "error":
                self._composer.fail(refusals.refused(cases.SERVER, detail="stop reason error"))
                return
            if reason == FULL and not self._speech.said_anything:
                words = "the conversation has no room left"
                self._composer.fail(refusals.refused(cases.TOO_LONG, detail=FULL, words=words))
                return
        self._composer.stop(*self._stop(reason))
        if (usage := self._tally.usage(cut=self._speech.cut is not None)) is not None:
            self._composer.usage(usage)
        self._composer.finish()

    def _stop(self, reason: str | None) -> tuple[Stop, str | None, str | None]:
        match self._speech.cut:
            case Cut.STOP_STRING:
                return Stop.STOP_SEQUENCE, self._speech.stop_string, None
            case Cut.LENGTH:
                self._composer.note("max_tokens", "enforced by an estimate")
                return Stop.MAX_TOKENS, None, None
            case None:
                pass
        if reason is not None and reason not in STOPS:
            self._note("unknown_stop_reason", reason)
        stop = STOPS.get(reason or "", Stop.END_TURN)
        return stop, None, reason if stop is Stop.REFUSAL and reason != "refusal" else None

    def _broken(self, message: str, detail: str = "") -> None:
        self._composer.fail(UpstreamProtocolError(message, detail=detail))

    def _note(self, what: str, detail: str) -> None:
        """Each once."""
        if (key := f"{what}: {detail}") not in self._noted and len(self._noted) < MAX_NOTED:
            self._noted.add(key)
            self._composer.note(what, detail[:MAX_SHOWN])


class NoStream:
    """Implements `core.commands.Decoder`: for a body that says itself that it is something else."""

    def __init__(self, head: Head, refusals: Refusals) -> None:
        self._head = head
        self._refusals = refusals
        self._body = b""

    def feed(self, chunk: bytes) -> list[Event]:
        if len(self._body) < MAX_REFUSAL_BYTES:
            self._body += chunk[:MAX_REFUSAL_BYTES]
        return []

    def close(self) -> list[Event]:
        return [Failed(self._refusals.classify(self._head, self._body))]
