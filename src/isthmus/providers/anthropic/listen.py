"""Reads along while a Messages answer goes through untouched: for its usage, how it stopped, and whether it failed.

Nearly all frames of a stream are deltas of content. They are counted without being decoded, a chunk at a time; only the
frames that open and end a message, and errors, are looked into.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from isthmus.core.commands import Head, Listener
from isthmus.core.errors import UpstreamError, UpstreamProtocolError
from isthmus.core.usage import Usage
from isthmus.providers.anthropic.schema import ERROR_DETAIL, EVENT, MESSAGE, ErrorDetail, Event, is_given
from isthmus.providers.anthropic.tally import Tally
from isthmus.wire.sse import SseDecoder, SseFrameTooLarge

ENDED_EARLY: Final = "upstream stream ended early"
NO_ANSWER: Final = "the upstream's answer is not a Messages answer"
NOT_STREAMED: Final = "the upstream answered a stream request with a plain body"
_DELTA_BYTES: Final = len(
    b"event: content_block_delta\n"
    b'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""}}\n\n'
)

Told = Callable[[ErrorDetail], UpstreamError]


class StreamListener:
    """Of a stream."""

    def __init__(self, told: Told) -> None:
        self.usage: Usage | None = None
        self.stop: str | None = None
        self.error: UpstreamError | None = None
        self.speaking = False
        self.output_text_bytes = 0
        self._told = told
        self._tally = Tally()
        self._sse = SseDecoder()
        self._torn = False
        self._ended = False

    def feed(self, frames: bytes) -> None:
        whole = frames.endswith((b"\n\n", b"\r\n\r\n")) and not self._torn
        self._torn = not frames.endswith((b"\n\n", b"\r\n\r\n"))
        if whole and self.speaking and b"message_" not in frames and b"error" not in frames:
            self.output_text_bytes += max(0, len(frames) - _DELTA_BYTES * frames.count(b"data:"))
            return
        try:
            heard = self._sse.feed(frames)
        except SseFrameTooLarge as error:
            self._fail(UpstreamProtocolError(f"the upstream's stream is unreadable: {error}"))
            return
        for frame in heard:
            self._hear(frame.event, frame.data)

    def close(self) -> UpstreamError | None:
        for frame in self._sse.finish():
            self._hear(frame.event, frame.data)
        if self._ended or self.error is not None:
            return self.error if not self.speaking else None
        return UpstreamProtocolError(ENDED_EARLY)

    def _hear(self, name: bytes, data: bytes) -> None:
        if name == b"content_block_delta":
            self.speaking = True
            self.output_text_bytes += max(0, len(data) - _DELTA_BYTES // 2)
            return
        try:
            event = EVENT.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        match event.type:
            case "message_start":
                self._begin(event)
            case "content_block_start" | "content_block_delta":
                self.speaking = True
            case "message_delta":
                self._count(event.usage, final=True)
                if event.delta is not None:
                    self.stop = event.delta.stop_reason or self.stop
            case "message_stop":
                self.speaking = self._ended = True
            case "error":
                self._fail(self._told(detail_of(event.error)))
            case _:
                pass

    def _begin(self, event: Event) -> None:
        try:
            self._count(MESSAGE.decode(event.message).usage, final=False)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return

    def _count(self, counts: msgspec.Raw, *, final: bool) -> None:
        if self._tally.add(counts, final=final):
            self.usage = self._tally.usage

    def _fail(self, error: UpstreamError) -> None:
        if self.error is None and not self._ended:
            self.error = error


class PlainListener:
    """Of a plain body: a message, or with `any_object` whatever JSON object it is."""

    def __init__(self, told: Told, *, any_object: bool = False, refused: str | None = None) -> None:
        self.usage: Usage | None = None
        self.stop: str | None = None
        self.error: UpstreamError | None = None
        self.speaking = False
        self.output_text_bytes = 0
        self._told = told
        self._any_object = any_object
        self._refused = refused
        """Why a body that is a message would still not do."""
        self._pieces: list[bytes] = []

    def feed(self, frames: bytes) -> None:
        self._pieces.append(frames)

    def close(self) -> UpstreamError | None:
        body = b"".join(self._pieces)
        try:
            message = MESSAGE.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.error = UpstreamProtocolError(NO_ANSWER)
            return self.error
        if message.type == "error" or is_given(message.error):
            self.error = self._told(detail_of(message.error))
        elif not self._any_object and not is_given(message.content):
            self.error = UpstreamProtocolError(NO_ANSWER)
        elif self._refused is not None:
            self.error = UpstreamProtocolError(self._refused)
        else:
            tally = Tally()
            tally.add(message.usage, final=True)
            self.usage, self.stop, self.speaking = tally.usage, message.stop_reason, True
            self.output_text_bytes = len(message.content)
        return self.error


def listener_for(head: Head, told: Told, *, stream: bool) -> Listener:
    """By what the upstream says it sends; where it says nothing, by what was asked for."""
    kind = head.content_type
    if stream and kind not in {"application/json", "text/html"}:
        return StreamListener(told)
    if not stream and kind == "text/event-stream":
        return StreamListener(told)
    return PlainListener(told, refused=NOT_STREAMED if stream else None)


def detail_of(error: msgspec.Raw) -> ErrorDetail:
    try:
        return ERROR_DETAIL.decode(error)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ErrorDetail("api_error", "")
