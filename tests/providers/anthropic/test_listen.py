import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.commands import Head
from isthmus.core.errors import Kind, UpstreamProtocolError
from isthmus.core.usage import Usage
from isthmus.providers.anthropic.errors import Refusals
from isthmus.providers.anthropic.listen import PlainListener, StreamListener, listener_for
from providers.anthropic.transcripts import cut, end, error, event, start, text

TOLD = Refusals("claude", lambda: 0.0).told
STREAM = (
    start(usage={"input_tokens": 15, "cache_read_input_tokens": 75, "output_tokens": 1})
    + event({"type": "ping"})
    + text(0, "Hello", ' an "error" and message_stop', ".")
    + end("max_tokens")
)


def listened(*chunks: bytes) -> StreamListener:
    listener = StreamListener(TOLD)
    for chunk in chunks:
        listener.feed(chunk)
    return listener


def frames(data: bytes) -> list[bytes]:
    return [frame + b"\n\n" for frame in data.split(b"\n\n")[:-1]]


def test_usage_and_stop_are_heard() -> None:
    listener = listened(*frames(STREAM))
    assert listener.close() is None
    assert listener.usage == Usage(15, 75, 0, 5)
    assert (listener.stop, listener.error, listener.speaking) == ("max_tokens", None, True)


def test_speaking_begins_with_the_first_block() -> None:
    listener = listened(start(), event({"type": "ping"}))
    assert not listener.speaking
    listener.feed(text(0, "x"))
    assert listener.speaking


def test_an_answer_without_blocks_is_one() -> None:
    listener = listened(start(), end())
    assert listener.speaking
    assert listener.close() is None


@pytest.mark.parametrize("whole", [True, False])
def test_about_how_much_was_said(whole: bool) -> None:
    said = text(0, *["abcdefghij"] * 100)
    listener = listened(start() + text(0, "x"), *([said] if whole else frames(said)))
    assert 700 < listener.output_text_bytes < 1300


@pytest.mark.parametrize("stream", [b"", start(), start() + text(0, "half")])
def test_an_answer_that_ends_early_must_be_told(stream: bytes) -> None:
    told = listened(stream).close()
    assert isinstance(told, UpstreamProtocolError)


def test_output_of_an_answer_cut_short_is_an_estimate_to_be() -> None:
    usage = listened(start(), text(0, "half")).usage
    assert usage is not None
    assert usage.output_estimated


def test_an_error_before_anything_was_said() -> None:
    listener = listened(start(), error("overloaded_error", "Overloaded"))
    assert listener.error is not None
    assert listener.error.kind is Kind.OVERLOADED
    assert not listener.speaking
    assert listener.close() is listener.error


def test_an_error_the_client_has_seen_is_not_told_twice() -> None:
    listener = listened(start(), text(0, "half"), error("api_error", "x"))
    assert listener.error is not None
    assert listener.close() is None


def test_an_error_after_the_end_is_none() -> None:
    listener = listened(STREAM, error("api_error", "x"))
    assert listener.error is None
    assert listener.close() is None


def test_a_frame_in_pieces_is_still_read() -> None:
    big = text(0, "x" * 1000)
    listener = listened(start(), *cut(big + end(), range(0, len(big), 97)))
    assert listener.close() is None
    assert listener.stop == "end_turn"


def test_frames_without_event_lines_are_understood() -> None:
    listener = listened(*(frame.partition(b"\n")[2] for frame in frames(STREAM)))
    assert listener.close() is None
    assert listener.usage == Usage(15, 75, 0, 5)


def test_crlf() -> None:
    listener = listened(*(frame.replace(b"\n", b"\r\n") for frame in frames(STREAM)))
    assert listener.close() is None
    assert listener.stop == "max_tokens"


@given(st.binary(max_size=300))
def test_any_bytes_can_be_listened_to(noise: bytes) -> None:
    listener = listened(start(), noise, b"\n\n" + text(0, "x"))
    listener.close()
    assert listener.usage is not None
    assert listener.usage.input_tokens == 10


MESSAGE = {
    "type": "message",
    "id": "msg_1",
    "content": [{"type": "text", "text": "hi"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 2},
}


def test_a_plain_answer() -> None:
    listener = PlainListener(TOLD)
    for piece in cut(msgspec.json.encode(MESSAGE), [10, 50]):
        listener.feed(piece)
    assert listener.close() is None
    assert (listener.usage, listener.stop, listener.speaking) == (Usage(3, 0, 0, 2), "end_turn", True)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"type":"error","error":{"type":"overloaded_error","message":"x"}}', Kind.OVERLOADED),
        (b'{"error":{"message":"x"}}', Kind.UPSTREAM),
        (b"<html></html>", Kind.UPSTREAM),
        (b"", Kind.UPSTREAM),
        (b'{"choices":[]}', Kind.UPSTREAM),
        (b'{"type":"error","error":"odd"}', Kind.UPSTREAM),
    ],
)
def test_a_plain_body_that_is_no_answer(body: bytes, kind: Kind) -> None:
    listener = PlainListener(TOLD)
    listener.feed(body)
    told = listener.close()
    assert told is not None
    assert told is listener.error
    assert told.kind is kind
    assert not listener.speaking


def test_a_count_is_any_object() -> None:
    listener = PlainListener(TOLD, any_object=True)
    listener.feed(b'{"input_tokens":7}')
    assert listener.close() is None


@pytest.mark.parametrize(
    ("content_type", "stream", "kind"),
    [
        ("text/event-stream; charset=utf-8", True, StreamListener),
        ("", True, StreamListener),
        ("application/json", False, PlainListener),
        ("", False, PlainListener),
        ("text/event-stream", False, StreamListener),
        ("application/json", True, PlainListener),
        ("text/html", True, PlainListener),
    ],
)
def test_which_listener(content_type: str, stream: bool, kind: type) -> None:
    assert isinstance(listener_for(Head(200, {"content-type": content_type}), TOLD, stream=stream), kind)


def test_a_plain_answer_to_a_stream_request_will_not_do() -> None:
    listener = listener_for(Head(200, {"content-type": "application/json"}), TOLD, stream=True)
    listener.feed(msgspec.json.encode(MESSAGE))
    told = listener.close()
    assert told is not None
    assert "plain body" in told.message
