"""A Messages answer, streamed or whole → events.

Tolerant of what is unknown, since blocks, deltas and events are added all the time: it is noted and passed by. Strict
about the end: an answer that stops without saying so has failed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from isthmus.core.commands import Decoder, Head
from isthmus.core.conversation import ANTHROPIC, Opaque
from isthmus.core.errors import UpstreamProtocolError
from isthmus.core.events import Event
from isthmus.providers.anthropic import schema
from isthmus.providers.anthropic.listen import ENDED_EARLY, NO_ANSWER, Told
from isthmus.providers.anthropic.schema import REDACTED, is_given
from isthmus.providers.anthropic.speaker import UNREADABLE, Speaker, input_of
from isthmus.wire.sse import SseDecoder, SseFrameTooLarge


@dataclass(slots=True)
class _Open:
    """A block between its start and its stop."""

    key: object
    kind: str
    start: msgspec.Raw
    said: list[str] = field(default_factory=list)
    """The input of a server's tool call, whose block is handed on whole."""
    spoke: bool = False
    given: str = ""
    """Input that stood in the start itself."""


class StreamDecoder:
    """Of a stream."""

    def __init__(self, told: Told, *, unfenced: bool = False) -> None:
        self._speaker = Speaker(told, unfenced=unfenced)
        self._composer = self._speaker.composer
        self._plain_text = not unfenced
        self._sse = SseDecoder()
        self._open: dict[int, _Open] = {}
        self._serial = 0

    def feed(self, chunk: bytes) -> list[Event]:
        try:
            frames = self._sse.feed(chunk)
        except SseFrameTooLarge as error:
            self._composer.fail(UpstreamProtocolError(f"the upstream's stream is unreadable: {error}"))
            return self._composer.take()
        for frame in frames:
            self._read(frame.data)
        return self._composer.take()

    def close(self) -> list[Event]:
        for frame in self._sse.finish():
            self._read(frame.data)
        composer = self._composer
        if not composer.ended and composer.stop_heard is not None:
            # It said why it stopped: nothing is missing but the farewell.
            composer.note("no_message_stop")
            composer.finish()
        composer.fail(UpstreamProtocolError(ENDED_EARLY))
        return composer.take()

    def _read(self, data: bytes) -> None:
        if not data:
            return
        try:
            event = schema.EVENT.decode(data)
        except UNREADABLE:
            if data.strip() != b"[DONE]":
                self._composer.note("unreadable_event", data[:200].decode("utf-8", "replace"))
            return
        if event.type == "content_block_delta":
            delta = event.delta
            if delta is not None and delta.text and self._plain_text and event.index in self._open:
                self._composer.text(delta.text)
            elif delta is not None:
                self._delta(event.index, delta)
        else:
            self._rare(event)

    def _rare(self, event: schema.Event) -> None:
        speaker = self._speaker
        match event.type:
            case "content_block_start":
                self._start(event.index, event.content_block)
            case "content_block_stop":
                self._stop(event.index)
            case "ping":
                self._composer.keep_alive()
            case "message_start":
                speaker.begin(event.message)
            case "message_delta":
                speaker.count(event.usage)
                if event.delta is not None:
                    speaker.close_text()
                    delta = event.delta
                    speaker.stop(delta.stop_reason, delta.stop_sequence, delta.stop_details)
            case "message_stop":
                speaker.close_text()
                self._composer.finish()
            case "error":
                speaker.fail(event.error)
            case other:
                self._composer.note("unknown_event", other)

    def _start(self, index: int, raw: msgspec.Raw) -> None:
        try:
            block = schema.BLOCK.decode(raw)
        except UNREADABLE:
            self._composer.note("unreadable_block", bytes(raw)[:200].decode("utf-8", "replace"))
            return
        self._serial += 1
        opened = self._open[index] = _Open(self._serial, block.type, raw)
        match block.type:
            case "text":
                self._speaker.close_text()
                self._speaker.text(block.text or "")
            case "thinking":
                self._speaker.thinking(block)
            case "redacted_thinking":
                self._composer.opaque(Opaque(ANTHROPIC, REDACTED, block.data or ""))
            case "tool_use":
                opened.given = input_of(block)
                self._composer.open_tool(opened.key, block.id or "", block.name or "")
            case _:
                pass

    def _delta(self, index: int, delta: schema.Delta) -> None:
        opened = self._open.get(index)
        kind = "" if opened is None else opened.kind
        match delta.type:
            case "text_delta":
                self._speaker.text(delta.text or "")
            case "thinking_delta":
                self._composer.thinking(delta.thinking or "")
            case "signature_delta":
                self._speaker.sign(delta.signature)
            case "input_json_delta" if opened is not None and kind == "tool_use":
                opened.spoke = opened.spoke or bool(delta.partial_json)
                self._composer.arguments(opened.key, delta.partial_json or "")
            case "input_json_delta" if opened is not None:
                opened.said.append(delta.partial_json or "")
            case "citations_delta":
                self._speaker.cite(delta.citation)
            case other:
                self._composer.note("unknown_delta", f"{other} in {kind or 'no block'}")

    def _stop(self, index: int) -> None:
        opened = self._open.pop(index, None)
        if opened is None:
            self._composer.note("stray_block_stop", str(index))
            return
        match opened.kind:
            case "text":
                self._speaker.close_text()
            case "tool_use":
                if not opened.spoke:
                    self._composer.arguments(opened.key, opened.given)
                self._composer.close_tool(opened.key)
            case "thinking" | "redacted_thinking":
                pass
            case kind:
                self._composer.opaque(
                    Opaque(ANTHROPIC, kind, _with_input(opened.start, "".join(opened.said)))
                )


class PlainDecoder:
    """Of a whole answer, whatever was asked for; also of a body that is no answer at all."""

    def __init__(self, told: Told, *, unfenced: bool = False) -> None:
        self._speaker = Speaker(told, unfenced=unfenced)
        self._pieces: list[bytes] = []

    def feed(self, chunk: bytes) -> list[Event]:
        self._pieces.append(chunk)
        return []

    def close(self) -> list[Event]:
        composer = self._speaker.composer
        if not composer.ended:
            self._read(b"".join(self._pieces))
        return composer.take()

    def _read(self, body: bytes) -> None:
        speaker, composer = self._speaker, self._speaker.composer
        try:
            message = schema.MESSAGE.decode(body)
            if message.type == "error" or is_given(message.error):
                speaker.fail(message.error)
                return
            blocks = schema.RAWS.decode(message.content)
        except UNREADABLE:
            composer.fail(UpstreamProtocolError(NO_ANSWER))
            return
        speaker.tally.add(message.usage, final=True)
        composer.start(message.id, message.model, speaker.tally.usage)
        for number, raw in enumerate(blocks):
            self._say(number, raw)
        speaker.stop(message.stop_reason, message.stop_sequence, message.stop_details)
        composer.finish()

    def _say(self, number: int, raw: msgspec.Raw) -> None:
        speaker, composer = self._speaker, self._speaker.composer
        try:
            block = schema.BLOCK.decode(raw)
        except UNREADABLE:
            composer.note("unreadable_block", bytes(raw)[:200].decode("utf-8", "replace"))
            return
        match block.type:
            case "text":
                speaker.text(block.text or "")
                self._cite(block.citations)
                speaker.close_text()
            case "thinking":
                speaker.thinking(block)
            case "redacted_thinking":
                composer.opaque(Opaque(ANTHROPIC, REDACTED, block.data or ""))
            case "tool_use":
                composer.open_tool(number, block.id or "", block.name or "")
                composer.arguments(number, input_of(block))
                composer.close_tool(number)
            case kind:
                composer.opaque(Opaque(ANTHROPIC, kind, bytes(raw).decode("utf-8", "replace")))

    def _cite(self, citations: msgspec.Raw) -> None:
        if is_given(citations):
            try:
                rows = schema.RAWS.decode(citations)
            except UNREADABLE:
                rows = []
            for row in rows:
                self._speaker.cite(row)


def decoder_for(head: Head, told: Told, *, stream: bool, unfenced: bool = False) -> Decoder:
    """By what the upstream says it sends; where it says nothing, by what was asked for."""
    kind = head.content_type
    if kind == "text/event-stream" or (stream and kind not in {"application/json", "text/html"}):
        return StreamDecoder(told, unfenced=unfenced)
    return PlainDecoder(told, unfenced=unfenced)


def _with_input(start: msgspec.Raw, said: str) -> str:
    """A block as it was started, with the input that came in pieces."""
    text = bytes(start).decode("utf-8", "replace")
    if not said:
        return text
    try:
        block: dict[str, Any] = msgspec.json.decode(start)
        block["input"] = msgspec.json.decode(said)
    except (*UNREADABLE, TypeError):
        return text
    return msgspec.json.encode(block).decode()
