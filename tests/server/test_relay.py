from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.commands import Listener
from isthmus.core.errors import GatewayError, UpstreamError, UpstreamProtocolError
from isthmus.core.events import (
    BLOCK_STOPPED,
    TEXT_STARTED,
    BlockStarted,
    Event,
    Failed,
    Finished,
    Noted,
    Started,
    Stop,
    TextDelta,
    ToolHead,
)
from isthmus.core.usage import Usage
from isthmus.server.relay import MAX_HELD_BYTES, PlainRelay, RawRelay, TranslatedRelay, frames_end


class Script:
    """A decoder that says the next batch of events at each chunk."""

    def __init__(self, *batches: list[Event]) -> None:
        self.batches = list(batches)

    def feed(self, chunk: bytes) -> list[Event]:
        return self.batches.pop(0)

    def close(self) -> list[Event]:
        return self.batches.pop(0) if self.batches else []


class Plainspoken:
    """A dialect and encoder in one, whose words show what reached it."""

    def encode(self, events: list[Event]) -> bytes:
        return b"".join(f"<{_word(event)}>".encode() for event in events)

    def keep_alive(self) -> bytes:
        return b"<ping>"

    def error_frame(self, error: GatewayError, request_id: str) -> bytes:
        return f"<error {error.message} {request_id}>".encode()


def _word(event: Event) -> str:
    match event:
        case TextDelta(text):
            return text
        case BlockStarted(ToolHead(_, name)):
            return f"call {name}"
        case Finished(reason, usage):
            return f"{reason} {usage.input_tokens if usage else '?'}/{usage.output_tokens if usage else '?'}"
        case _:
            return type(event).__name__


def translated(*batches: list[Event], names: dict[str, str] | None = None) -> TranslatedRelay:
    plain = Plainspoken()
    return TranslatedRelay(Script(*batches), plain, plain, "req_1", 100, names or {})  # type: ignore[arg-type]


def test_events_become_bytes_chunk_by_chunk() -> None:
    relay = translated(
        [Started(), TEXT_STARTED, TextDelta("a"), TextDelta("b")], [BLOCK_STOPPED, Finished(Stop.END_TURN)]
    )
    assert relay.feed(b"1") == b"<Started><BlockStarted><a><b>"
    assert relay.speaking
    assert not relay.ended
    assert relay.feed(b"2") == b"<BlockStopped><end_turn 100/1>"
    assert relay.ended


def test_nothing_is_said_before_there_is_something_to_show() -> None:
    relay = translated([Started(model="m")], [Failed(UpstreamError("sick"))])
    relay.feed(b"1")
    assert not relay.speaking
    assert relay.feed(b"2") == b""
    assert relay.failure is not None
    assert relay.failure.message == "sick"


def test_a_failure_after_the_first_words_is_told_in_the_stream() -> None:
    relay = translated([Started(), TEXT_STARTED, TextDelta("a")], [Failed(UpstreamError("sick"))])
    relay.feed(b"1")
    assert relay.feed(b"2") == b"<Failed>"
    assert relay.failure is None
    assert relay.ended
    assert relay.heard.error is not None
    assert relay.heard.error.message == "sick"


def test_a_failure_is_seen_before_it_is_told() -> None:
    def mask(error: UpstreamError) -> None:
        error.message = error.message.replace("sk-1", "***")

    plain = Plainspoken()
    script = Script([Started(), TEXT_STARTED, TextDelta("a"), Failed(UpstreamError("key sk-1"))])
    relay = TranslatedRelay(script, plain, plain, "req_1", 100, {}, mask)  # type: ignore[arg-type]
    relay.feed(b"1")
    assert script.batches == []
    failing = TranslatedRelay(
        Script([Failed(error := UpstreamError("key sk-1"))]), plain, plain, "r", 0, {}, mask
    )  # type: ignore[arg-type]
    failing.feed(b"1")
    assert error.message == "key ***"


def test_measured_usage_is_kept_and_missing_usage_is_estimated_and_marked() -> None:
    measured = translated([Started(), Finished(Stop.END_TURN, Usage(7, output_tokens=2))])
    assert b"7/2" in measured.feed(b"")
    assert not measured.heard.usage_so_far(100).estimated
    missing = translated(
        [Started(), TEXT_STARTED, TextDelta("12345"), BLOCK_STOPPED, Finished(Stop.END_TURN)]
    )
    assert b"100/2" in missing.feed(b"")
    assert missing.heard.usage_so_far(100).input_estimated
    assert missing.heard.usage_so_far(100).output_estimated
    credits_alone = Usage(0, micro_credits=9, input_estimated=True, output_estimated=True)
    paid = translated([Started(), Finished(Stop.END_TURN, credits_alone)])
    assert b"100/0" in paid.feed(b"")
    assert paid.heard.usage_so_far(100).micro_credits == 9


def test_a_renamed_tool_comes_home_under_its_own_name() -> None:
    call = BlockStarted(ToolHead("id", "short"))
    relay = translated([Started(), call], names={"short": "a very long name"})
    assert relay.feed(b"") == b"<Started><call a very long name>"
    plain = PlainRelay(
        Script([Started(), call, BLOCK_STOPPED, Finished(Stop.TOOL_USE)]), 0, {"short": "long"}
    )
    plain.feed(b"")
    assert plain.answer().blocks[0].name == "long"  # type: ignore[union-attr]


def test_notes_are_kept_for_the_log_within_reason() -> None:
    relay = translated([Noted("odd", str(number)) for number in range(100)])
    relay.feed(b"")
    assert relay.heard.notes[0] == "odd: 0"
    assert len(relay.heard.notes) == 20


def test_a_plain_answer_that_failed_is_raised() -> None:
    plain = PlainRelay(
        Script([Started(), TEXT_STARTED, TextDelta("a"), Failed(UpstreamError("sick"))]), 0, {}
    )
    with pytest.raises(UpstreamError, match="sick"):
        plain.feed(b"")


def test_a_plain_answer_without_end_is_no_answer() -> None:
    plain = PlainRelay(Script([Started()]), 0, {})
    plain.feed(b"")
    with pytest.raises(UpstreamProtocolError):
        plain.answer()


class Ears:
    """A listener that hears `speak`, `end` and `error` in frames."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.stop: str | None = None
        self.error: UpstreamError | None = None
        self.speaking = False
        self.output_text_bytes = 0
        self.frames = b""

    def feed(self, frames: bytes) -> None:
        self.frames += frames
        self.speaking = self.speaking or b"speak" in frames
        if b"error" in frames:
            self.error = UpstreamError("reported")

    def close(self) -> UpstreamError | None:
        if self.error is not None or b"end" in self.frames:
            return None
        return UpstreamProtocolError("ended early")


def raw() -> tuple[RawRelay, Ears]:
    ears: Listener = Ears()
    assert isinstance(ears, Ears)
    return RawRelay(ears, Plainspoken(), "req_1"), ears  # type: ignore[arg-type]


@given(st.lists(st.integers(0, 60), max_size=8), st.sampled_from([b"\n\n", b"\r\n\r\n", b"\r\r"]))
def test_raw_bytes_go_through_untouched_wherever_they_are_cut(cuts: list[int], blank: bytes) -> None:
    body = b"data: speak" + blank + b"data: more" + blank + b"data: end" + blank
    relay, ears = raw()
    edges = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    assert b"".join(relay.feed(body[a:b]) for a, b in pairwise(edges)) + relay.close() == body
    assert ears.frames.startswith(body)
    assert relay.failure is None


def test_only_whole_frames_leave_so_that_a_keep_alive_never_splits_one() -> None:
    relay, _ = raw()
    assert relay.feed(b"data: speak\n\ndata: ha") == b"data: speak\n\n"
    assert relay.keep_alive() == b"<ping>"
    assert relay.feed(b"lf\n\n") == b"data: half\n\n"


def test_one_gigantic_frame_passes_in_pieces_and_no_keep_alive_splits_it() -> None:
    relay, _ = raw()
    relay.feed(b"data: speak\n\n")
    assert relay.feed(b"data: " + b"x" * MAX_HELD_BYTES) != b""
    assert relay.keep_alive() == b""
    relay.feed(b"\n\n")
    assert relay.keep_alive() == b"<ping>"


def test_a_cut_raw_stream_ends_in_an_error_and_drops_the_half_frame() -> None:
    relay, _ = raw()
    relay.feed(b"data: speak\n\ndata: ha")
    assert relay.close() == b"<error ended early req_1>"


def test_a_raw_stream_that_never_spoke_fails_with_a_true_status() -> None:
    relay, _ = raw()
    assert relay.feed(b"data: error\n\n") == b""
    assert relay.failure is not None
    silent, _ = raw()
    silent.feed(b"data: start\n\n")
    silent.close()
    assert isinstance(silent.failure, UpstreamProtocolError)


def test_an_error_the_upstream_told_is_not_told_twice() -> None:
    relay, _ = raw()
    assert relay.feed(b"data: speak\n\ndata: error\n\n") == b"data: speak\n\ndata: error\n\n"
    assert relay.close() == b""


def test_what_the_upstream_tells_of_an_error_is_veiled_and_nothing_else() -> None:
    relay = RawRelay(Ears(), Plainspoken(), "req_1", lambda data: data.replace(b"key", b"***"))  # type: ignore[arg-type]
    assert relay.feed(b"data: speak of a key\n\n") == b"data: speak of a key\n\n"
    assert relay.feed(b"data: error key\n\ndata: key") == b"data: error ***\n\n"
    assert relay.close() == b"data: ***\n\n"


def test_a_last_event_without_blank_line_gets_one() -> None:
    relay, _ = raw()
    relay.feed(b"data: speak\n\ndata: end")
    assert relay.close() == b"data: end\n\n"


@pytest.mark.parametrize(
    ("data", "end"),
    [(b"", 0), (b"a", 0), (b"a\n\n", 3), (b"a\n\nb", 3), (b"a\r\n\r\nb\n", 5), (b"a\r\rb", 3), (b"a\n", 0)],
)
def test_the_last_whole_frame_is_found(data: bytes, end: int) -> None:
    assert frames_end(data) == end
