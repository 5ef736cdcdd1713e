"""A vendor's Chat Completions answer → events, whatever the vendor makes of the format.

Within one chunk thoughts come first, then text, then calls, then the reason to stop: one chunk may hold all of them. The
end is said at `[DONE]` or when the body ends, since usage may follow the reason to stop.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from isthmus.core.compose import Composer
from isthmus.core.errors import UpstreamProtocolError
from isthmus.core.events import Citation, Event, Stop
from isthmus.core.stop_strings import StopStrings
from isthmus.core.think_tags import Kind, TagSplitter
from isthmus.providers.openai_compatible.errors import classify_frame
from isthmus.providers.openai_compatible.schema import Choice, Chunk, Delta, NotAChunk, read_chunk
from isthmus.providers.openai_compatible.tool_calls import ToolCalls
from isthmus.providers.openai_compatible.vendor import Vendor
from isthmus.wire.json_text import whole_characters
from isthmus.wire.sse import Frame, SseDecoder, SseFrameTooLarge

MAX_PLAIN_BYTES: Final = 64 << 20

STOPS: Final = {
    "stop": Stop.END_TURN,
    "eos": Stop.END_TURN,
    "end_turn": Stop.END_TURN,
    "tool_calls": Stop.TOOL_USE,
    "function_call": Stop.TOOL_USE,
    "tool_use": Stop.TOOL_USE,
    "length": Stop.MAX_TOKENS,
    "max_tokens": Stop.MAX_TOKENS,
    "model_length": Stop.MAX_TOKENS,
    "content_filter": Stop.REFUSAL,
    "sensitive": Stop.REFUSAL,
    "stop_sequence": Stop.STOP_SEQUENCE,
}
FAILURES: Final = frozenset({"network_error", "insufficient_system_resource", "error", "abort"})


@dataclass(frozen=True, slots=True)
class Expectations:
    """What the request asked for that the answer must be read by."""

    provider: str
    vendor: Vendor
    stop_strings: tuple[str, ...] = ()
    """Stop sequences the vendor was not told of: the answer is cut at them here."""


class ChatDecoder:
    """Implements `core.commands.Decoder`. What the body is, it tells by its first character, not by its content type."""

    def __init__(self, expected: Expectations) -> None:
        vendor = expected.vendor
        self._expected = expected
        self._sse = SseDecoder()
        self._composer = Composer()
        self._calls = ToolCalls(
            self._composer, cumulative=vendor.cumulative_args, glued=vendor.buffer_tool_args
        )
        tagged = vendor.think_tags or vendor.leading_think_close
        self._tags = TagSplitter(opened=vendor.leading_think_close) if tagged else None
        self._stops = StopStrings(expected.stop_strings) if expected.stop_strings else None
        self._plain_text = self._tags is None and self._stops is None
        self._body: list[bytes] | None = None
        self._size = 0
        self._begun = False
        self._heard = False
        self._done = False
        self._blank_reason = False
        self._refusal: list[str] = []
        self._half = ""

    def feed(self, chunk: bytes) -> list[Event]:
        if not self._begun:
            self._begin(chunk)
        if self._body is not None:
            self._gather(chunk)
            return self._composer.take()
        try:
            frames = self._sse.feed(chunk)
        except SseFrameTooLarge as error:
            self._fail(str(error))
            return self._composer.take()
        for frame in frames:
            self._frame(frame)
        return self._composer.take()

    def close(self) -> list[Event]:
        if self._body is not None:
            self._read_whole(b"".join(self._body))
        else:
            for frame in self._sse.finish():
                self._frame(frame)
        if self._done or self._blank_reason or self._composer.stop_heard is not None:
            self._finish()
        elif self._heard:
            self._fail("upstream stream ended early")
        else:
            self._fail("the upstream sent an empty answer")
        return self._composer.take()

    def _begin(self, chunk: bytes) -> None:
        first = chunk.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if first:
            self._begun = True
            if first in b"{[<":
                self._body = []

    def _gather(self, chunk: bytes) -> None:
        assert self._body is not None
        self._size += len(chunk)
        if self._size > MAX_PLAIN_BYTES:
            self._fail("the upstream's answer is too large")
            return
        self._body.append(chunk)

    def _read_whole(self, body: bytes) -> None:
        """A plain answer, also to a request for a stream."""
        try:
            chunk = read_chunk(body.strip())
        except NotAChunk:
            self._fail("the upstream answered with something that is no Chat Completions answer")
            return
        if self._stops is not None and chunk.usage is not None and (usage := chunk.usage.usage()) is not None:
            # First, since a stop string may end the answer before the rest of the body is looked at.
            self._composer.usage(usage)
        self._chunk(chunk)
        self._done = self._heard

    def _frame(self, frame: Frame) -> None:
        data = frame.data
        if not data or self._done:
            return
        if data[0] == 91 and data.strip() == b"[DONE]":  # 91 is `[`
            self._done = True
            self._finish()
            return
        try:
            chunk = read_chunk(data)
        except NotAChunk as error:
            self._fail("the upstream sent a frame that is no Chat Completions chunk", detail=str(error))
            return
        self._chunk(chunk)

    def _chunk(self, chunk: Chunk) -> None:
        if chunk.choices:
            if not self._heard:
                self._heard = True
                self._composer.start(model=chunk.model)
            first = chunk.choices[0]
            self._choice(first if not first.index else _numbered_first(chunk.choices))
        elif chunk.error is not None or chunk.object == "error" or (chunk.message and chunk.code):
            self._composer.fail(classify_frame(self._expected.provider, chunk.error or _flat_error(chunk)))
            return
        if chunk.usage is not None and (usage := chunk.usage.usage()) is not None:
            self._heard = True
            self._composer.usage(usage)

    def _choice(self, choice: Choice | None) -> None:
        if choice is None:
            return
        delta = choice.delta or choice.message
        if delta is not None and self._composer.stop_heard is None:
            self._delta(delta)
        # Some servers write an empty reason into every chunk: it says nothing, unless nothing follows.
        self._blank_reason = choice.finish_reason == ""
        if choice.finish_reason and self._composer.stop_heard is None:
            self._stop(choice)

    def _delta(self, delta: Delta) -> None:
        if thought := self._thought(delta):
            self._composer.thinking(thought)
        content = delta.content
        if content:
            if isinstance(content, str):
                self._text(content)
            else:
                self._parts(content)
        if delta.refusal:
            self._refusal.append(delta.refusal)
            self._composer.text(delta.refusal)
        if delta.annotations:
            self._cite(delta.annotations)
        if delta.tool_calls:
            self._calls.feed(delta.tool_calls)
        elif delta.function_call is not None:
            self._calls.feed_legacy(delta.function_call)

    def _thought(self, delta: Delta) -> str:
        """The first field that holds one: vendors repeat the same thought under several names."""
        if delta.reasoning_content is None and delta.reasoning is None and delta.reasoning_details is None:
            return ""
        if delta.reasoning_content:
            return delta.reasoning_content
        if delta.reasoning and isinstance(delta.reasoning, str):
            return delta.reasoning
        return "".join(_detail_text(each) for each in delta.reasoning_details or ())

    def _text(self, text: str) -> None:
        if self._half or not text.isascii():
            text = self._whole_characters(text)
        if self._plain_text:
            self._composer.text(text)
        elif self._tags is None:
            self._shown(text)
        else:
            self._sort(self._tags.feed(text))
            if self._tags.done:
                self._tags = None
                self._plain_text = self._stops is None

    def _sort(self, pieces: Iterable[tuple[Kind, str]]) -> None:
        for kind, piece in pieces:
            if kind is Kind.THOUGHT:
                self._composer.thinking(piece)
            else:
                self._shown(piece)

    def _shown(self, text: str) -> None:
        if self._stops is None:
            self._composer.text(text)
            return
        shown, found = self._stops.feed(text)
        self._composer.text(shown)
        if found is not None:
            self._composer.stop(Stop.STOP_SEQUENCE, found)
            self._done = True
            self._finish()

    def _parts(self, parts: list[Any]) -> None:
        """Content as a list of parts (Mistral's reasoning models)."""
        for part in parts:
            match part:
                case {"type": "thinking", "thinking": str(thought)}:
                    self._composer.thinking(thought)
                case {"type": "thinking", "thinking": list(thoughts)}:
                    for thought in thoughts:
                        self._composer.thinking(_detail_text(thought))
                case {"text": str(text)} | str(text):
                    self._text(text)
                case _:
                    self._composer.note("unknown_content_part")

    def _cite(self, annotations: list[Any]) -> None:
        for annotation in annotations:
            match annotation:
                case {"url_citation": {"url": str(url), **rest}}:
                    self._composer.cite(
                        Citation(url, str(rest.get("title") or ""), str(rest.get("content") or ""))
                    )
                case _:
                    self._composer.note("unknown_annotation")

    def _stop(self, choice: Choice) -> None:
        reason = (choice.finish_reason or "").lower()
        if reason in FAILURES:
            self._fail(f"the upstream broke off its answer ({reason})")
            return
        self._flush()
        if self._composer.stop_heard is not None:
            return
        stop = STOPS.get(reason)
        if stop is None:
            self._composer.note("unknown_finish_reason", reason)
            stop = Stop.END_TURN
        named = next(
            (each for each in (choice.matched_stop, choice.stop_reason) if isinstance(each, str) and each),
            None,
        )
        if self._refusal:
            self._composer.stop(Stop.REFUSAL, None, "".join(self._refusal))
        elif stop is Stop.END_TURN and named is not None and not self._calls:
            self._composer.stop(Stop.STOP_SEQUENCE, named)
        else:
            self._composer.stop(stop)

    def _flush(self) -> None:
        """What was held back for what might have followed."""
        if self._half:
            half, self._half = self._half, ""
            self._composer.text(whole_characters(half))
        if self._tags is not None:
            self._sort(self._tags.finish())
        if self._stops is not None:
            self._composer.text(self._stops.finish())
        self._calls.finish()

    def _finish(self) -> None:
        if not self._composer.ended:
            self._flush()
            if self._refusal:
                self._composer.stop(Stop.REFUSAL, None, "".join(self._refusal))
            self._composer.finish()

    def _fail(self, message: str, detail: str = "") -> None:
        self._composer.fail(UpstreamProtocolError(message, detail=detail))

    def _whole_characters(self, text: str) -> str:
        """Joins a character whose halves came in two chunks, each as an escape of its own."""
        if self._half:
            text, self._half = self._half + text, ""
        elif not _has_half(text):
            return text
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return whole_characters(text)


def _numbered_first(choices: list[Choice]) -> Choice | None:
    """Of several answers to one request only the first is read; it need not come first."""
    return next((each for each in choices if not each.index), None)


def _has_half(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _detail_text(detail: Any) -> str:
    match detail:
        case {"text": str(text)} | {"summary": str(text)}:
            return text
        case _:
            return ""


def _flat_error(chunk: Chunk) -> dict[str, Any]:
    """vLLM and SiliconFlow: the error's fields stand at the top."""
    return {"message": chunk.message or "", "code": chunk.code}
