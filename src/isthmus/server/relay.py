"""Upstream bytes in, client bytes out, for both lanes. Pure: whoever owns the sockets pushes and writes.

A relay is fed whatever the network delivered, once per chunk, and returns what to write, joined. So nothing is done per
event that can be done per chunk, and any transport can drive it, from a callback or from a coroutine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, Protocol

from isthmus.core.commands import Decoder, Listener
from isthmus.core.errors import GatewayError, UpstreamError
from isthmus.core.events import (
    ArgumentsDelta,
    BlockStarted,
    Event,
    Failed,
    Finished,
    Noted,
    Started,
    TextDelta,
    ThinkingDelta,
    ToolHead,
    UsageReport,
)
from isthmus.core.fold import Answer, Folder
from isthmus.core.interfaces import Dialect, StreamEncoder
from isthmus.core.usage import Usage

CHARACTERS_PER_TOKEN: Final = 4
"""For estimating what was said when the upstream gives no usage; always marked as an estimate."""
MAX_HELD_BYTES: Final = 256 * 1024
MAX_NOTES: Final = 20


class Heard:
    """What the log wants to know of an answer."""

    __slots__ = ("characters", "error", "model", "notes", "stop", "usage")

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.stop: str | None = None
        self.model: str | None = None
        self.characters = 0
        self.error: UpstreamError | None = None
        """What ended the answer after it had begun to be said."""
        self.notes: list[str] = []

    def usage_so_far(self, input_estimate: int) -> Usage:
        """What the upstream measured, or estimates marked as such where it said nothing."""
        said = -(-self.characters // CHARACTERS_PER_TOKEN)
        if self.usage is None:
            return Usage(
                input_tokens=input_estimate,
                output_tokens=said,
                input_estimated=True,
                output_estimated=True,
            )
        usage = self.usage
        if usage.input_estimated and not usage.all_input_tokens:
            # An upstream that tells credits, but no tokens.
            usage = replace(usage, input_tokens=input_estimate)
        if usage.output_estimated:
            return usage.with_output_estimate(max(said, usage.output_tokens))
        return usage


class Hearing(Protocol):
    """Whoever else wants to hear what is said."""

    def hear(self, events: list[Event]) -> None:
        """What it changes in the list is what the client is told."""
        ...


class Relay(Protocol):
    """One answer on its way. `failure` is set, and nothing returned, when it failed before anything was said."""

    @property
    def heard(self) -> Heard: ...

    speaking: bool
    """Something a client can show has been said: from here on errors can only be told inside the stream."""
    ended: bool
    failure: UpstreamError | None

    def feed(self, chunk: bytes) -> bytes: ...

    def close(self) -> bytes:
        """The upstream's body ended; brings the client's stream to its end."""
        ...

    def fail(self, error: GatewayError) -> bytes:
        """The frame that ends a stream which has begun and cannot go on."""
        ...

    def keep_alive(self) -> bytes:
        """A frame every client ignores, or nothing where one cannot stand now."""
        ...


class TranslatedRelay:
    """Decode, restore tool names, encode."""

    __slots__ = (
        "_before_telling",
        "_decoder",
        "_dialect",
        "_encoder",
        "_estimate",
        "_hearing",
        "_names",
        "_request_id",
        "ended",
        "failure",
        "heard",
        "speaking",
    )

    def __init__(
        self,
        decoder: Decoder | None,
        encoder: StreamEncoder,
        dialect: Dialect,
        request_id: str,
        input_estimate: int,
        original_tool_names: Mapping[str, str],
        before_telling: Callable[[UpstreamError], None] | None = None,
        hearing: Hearing | None = None,
    ) -> None:
        """`before_telling` sees every failure before the client does, and may take secrets out of it."""
        self._decoder = decoder
        self._encoder = encoder
        self._dialect = dialect
        self._request_id = request_id
        self._estimate = input_estimate
        self._names = original_tool_names
        self._before_telling = before_telling
        self._hearing = hearing
        self.heard = Heard()
        self.speaking = False
        self.ended = False
        self.failure: UpstreamError | None = None

    def feed(self, chunk: bytes) -> bytes:
        return self.say(self._decoder.feed(chunk)) if self._decoder is not None else b""

    def close(self) -> bytes:
        return self.say(self._decoder.close()) if self._decoder is not None and not self.ended else b""

    def fail(self, error: GatewayError) -> bytes:
        self.ended = True
        return self._dialect.error_frame(error, self._request_id)

    def keep_alive(self) -> bytes:
        return b"" if self.ended else self._encoder.keep_alive()

    def say(self, events: list[Event]) -> bytes:
        heard = self.heard
        for at, event in enumerate(events):
            # `type(…) is` rather than isinstance: this loop runs once per token.
            if type(event) is TextDelta or type(event) is ThinkingDelta:
                heard.characters += len(event.text)
            elif type(event) is ArgumentsDelta:
                heard.characters += len(event.json)
            elif type(event) is BlockStarted:
                self.speaking = True
                if self._names:
                    events[at] = restore_name(event, self._names)
            elif isinstance(event, Finished):
                self.speaking = self.ended = True
                heard.usage = event.usage or heard.usage
                heard.stop = event.reason.value
                events[at] = replace(event, usage=heard.usage_so_far(self._estimate))
            elif isinstance(event, Failed):
                self.ended = True
                if self._before_telling is not None:
                    self._before_telling(event.error)
                if not self.speaking:
                    self.failure = event.error
                    return b""
                heard.error = event.error
            else:
                observe(event, heard)
        if self._hearing is not None:
            self._hearing.hear(events)
        return self._encoder.encode(events)


class RawRelay:
    """The upstream's own bytes, in whole frames, while the listener reads along."""

    __slots__ = (
        "_dialect",
        "_heard",
        "_held",
        "_listener",
        "_request_id",
        "_veil",
        "_whole_frames",
        "ended",
        "failure",
        "speaking",
    )

    def __init__(
        self,
        listener: Listener,
        dialect: Dialect,
        request_id: str,
        veil: Callable[[bytes], bytes] | None = None,
    ) -> None:
        """`veil` takes secrets out of the frames in which the upstream says what went wrong."""
        self._veil = veil
        self._listener = listener
        self._dialect = dialect
        self._request_id = request_id
        self._held = b""
        self._whole_frames = True
        self._heard = Heard()
        self.speaking = False
        self.ended = False
        self.failure: UpstreamError | None = None

    @property
    def heard(self) -> Heard:
        self._heard.usage = self._listener.usage
        self._heard.stop = self._listener.stop
        self._heard.characters = self._listener.output_text_bytes
        if self.speaking:
            self._heard.error = self._heard.error or self._listener.error
        return self._heard

    def feed(self, chunk: bytes) -> bytes:
        data = self._held + chunk if self._held else chunk
        end = frames_end(data)
        if end == len(data):
            self._held = b""
        elif len(data) - end > MAX_HELD_BYTES:
            # One gigantic frame: let it through in pieces; no keep-alive may stand until it is whole.
            self._held, self._whole_frames = b"", False
            return self._pass(data)
        else:
            data, self._held = data[:end], data[end:]
        if data:
            self._whole_frames = True
            return self._pass(data)
        return b""

    def close(self) -> bytes:
        rest, self._held = self._held, b""
        listener = self._listener
        if rest:
            listener.feed(rest + b"\n\n")
        error = listener.close()
        self.ended = True
        if error is None:
            # Official TypeScript clients lose a last event that lacks its blank line.
            return self._veiled(rest) + b"\n\n" if rest else b""
        if not self.speaking:
            self.failure = error
            return b""
        self._heard.error = error
        return self._dialect.error_frame(error, self._request_id)

    def fail(self, error: GatewayError) -> bytes:
        self.ended = True
        separator = b"" if self._whole_frames else b"\n\n"
        return separator + self._dialect.error_frame(error, self._request_id)

    def keep_alive(self) -> bytes:
        return self._dialect.keep_alive() if self._whole_frames and not self.ended else b""

    def _pass(self, frames: bytes) -> bytes:
        listener = self._listener
        listener.feed(frames)
        if not self.speaking:
            self.speaking = listener.speaking
            if listener.error is not None and not self.speaking:
                self.failure = listener.error
                self.ended = True
                return b""
        return self._veiled(frames)

    def _veiled(self, frames: bytes) -> bytes:
        if self._veil is None or self._listener.error is None:
            return frames
        return self._veil(frames)


class PlainRelay:
    """Gathers a whole answer from events."""

    def __init__(
        self,
        decoder: Decoder | None,
        input_estimate: int,
        original_tool_names: Mapping[str, str],
        hearing: Hearing | None = None,
    ) -> None:
        self._decoder = decoder
        self._estimate = input_estimate
        self._names = original_tool_names
        self._hearing = hearing
        self._folder = Folder()
        self.heard = Heard()

    def feed(self, chunk: bytes) -> None:
        """Raises `UpstreamError` when the answer failed."""
        if self._decoder is not None:
            self.say(self._decoder.feed(chunk))

    def close(self) -> None:
        if self._decoder is not None and not self._folder.finished:
            self.say(self._decoder.close())

    def say(self, events: list[Event]) -> None:
        heard = self.heard
        for event in events:
            if isinstance(event, TextDelta | ThinkingDelta):
                heard.characters += len(event.text)
            elif isinstance(event, ArgumentsDelta):
                heard.characters += len(event.json)
            else:
                observe(event, heard)
        if self._names:
            events = [restore_name(event, self._names) for event in events]
        if self._hearing is not None:
            self._hearing.hear(events)
        self._folder.feed(events)

    def answer(self) -> Answer:
        answer = self._folder.answer()
        self.heard.stop = answer.reason.value
        self.heard.usage = answer.usage
        return replace(answer, usage=self.heard.usage_so_far(self._estimate))


def observe(event: Event, heard: Heard) -> None:
    match event:
        case Started(_, model, usage):
            heard.model = model
            heard.usage = usage or heard.usage
        case UsageReport(usage):
            heard.usage = usage
        case Noted(what, detail) if len(heard.notes) < MAX_NOTES:
            heard.notes.append(f"{what}: {detail}" if detail else what)
        case _:
            pass


def restore_name(event: Event, names: Mapping[str, str]) -> Event:
    """A call of a tool that had to be renamed for the upstream goes back under the client's own name."""
    if isinstance(event, BlockStarted) and isinstance(event.head, ToolHead) and event.head.name in names:
        return BlockStarted(replace(event.head, name=names[event.head.name]))
    return event


def frames_end(data: bytes) -> int:
    """Where the last whole SSE frame in `data` ends."""
    if data.endswith((b"\n\n", b"\r\n\r\n")):
        return len(data)
    return max(
        data.rfind(b"\n\n") + 2 if b"\n\n" in data else 0,
        data.rfind(b"\r\n\r\n") + 4 if b"\r\n\r\n" in data else 0,
        data.rfind(b"\r\r") + 2 if b"\r\r" in data else 0,
    )
