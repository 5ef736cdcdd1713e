"""The event-stream framing, against the HTML Standard's own algorithm and under every cut of the network."""

from __future__ import annotations

import re
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.wire.sse import BOM, Frame, SseDecoder, SseFrameTooLarge, comment, frame, numbered_frames

FIXTURES = sorted((Path(__file__).parent / "sse").glob("*.sse"))

line_ends = st.sampled_from([b"\n", b"\r\n", b"\r"])
values = st.text(
    st.one_of(
        st.characters(exclude_characters="\r\n", codec="utf-8"), st.sampled_from(" :é漢🙂\u2028\u0085\ufeff")
    ),
    max_size=12,
).map(str.encode)
lines = st.one_of(
    st.builds(lambda value: b"data: " + value, values),
    st.builds(lambda value: b"data:" + value, values),
    st.builds(lambda value: b"event: " + value, values),
    st.builds(lambda value: b": " + value, values),
    st.sampled_from(
        [b"", b"", b"", b"data", b"event", b"id: 7", b"retry: 10", b":", b"data:", b"datax: 1", b" data: 1"]
    ),
    values,
)
transcripts = st.builds(
    lambda bom, pairs, rest: bom + b"".join(line + end for line, end in pairs) + rest,
    st.sampled_from([b"", b"", BOM, BOM + BOM]),
    st.lists(st.tuples(lines, line_ends), max_size=14),
    st.one_of(st.just(b""), lines),
)
fractions = st.lists(st.floats(0, 1), max_size=12)


def cut(body: bytes, at: list[float]) -> list[bytes]:
    places = [0, *sorted(round(place * len(body)) for place in at), len(body)]
    return [body[start:end] for start, end in pairwise(places)]


def decode(chunks: list[bytes]) -> list[Frame]:
    decoder = SseDecoder()
    frames = [frame for chunk in chunks for frame in decoder.feed(chunk)]
    return frames + decoder.finish()


def by_the_standard(body: bytes) -> list[Frame]:
    """The standard's algorithm word for word, slow and whole, plus our one addition at the end."""
    frames: list[Frame] = []
    data, event = b"", b""
    for line in [*re.split(rb"\r\n|\n|\r", body.removeprefix(BOM)), b""]:
        if line == b"":
            if data != b"":
                frames.append(Frame(event, data[:-1]))
            data, event = b"", b""
        elif line[0:1] == b":":
            continue
        else:
            name, value = line, b""
            if b":" in line:
                name, value = line[: line.index(b":")], line[line.index(b":") + 1 :]
                if value[0:1] == b" ":
                    value = value[1:]
            if name == b"event":
                event = value
            elif name == b"data":
                data += value + b"\n"
    return frames


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"data: {}\n\n", [Frame(b"", b"{}")]),
        (b"data:[DONE]\n\n", [Frame(b"", b"[DONE]")]),
        (b"data:  two spaces\n\n", [Frame(b"", b" two spaces")]),
        (b"event: ping\ndata: {}\n\n", [Frame(b"ping", b"{}")]),
        (b"event:ping\r\ndata:{}\r\n\r\n", [Frame(b"ping", b"{}")]),
        (b"data: 1\rdata: 2\r\r", [Frame(b"", b"1\n2")]),
        (b"data: late\nevent: name\n\n", [Frame(b"name", b"late")]),
        (b"event: a\nevent: b\ndata: x\n\n", [Frame(b"b", b"x")]),
        (b"id: 3\nretry: 5\nother: 1\ndata: x\n\n", [Frame(b"", b"x")]),
        (b"event: alone\n\ndata: x\n\n", [Frame(b"", b"x")]),
        (b"event: alone\n\n", []),
        (b"event: no line after", []),
        (b"data:\n\n", [Frame(b"", b"")]),
        (b"data\n\n", [Frame(b"", b"")]),
        (b"data: a\ndata\n\n", [Frame(b"", b"a\n")]),
        (b": keep-alive\n\n", []),
        (BOM + b"data: x\n\n", [Frame(b"", b"x")]),
        (b"data: x\n\n" + BOM + b"data: y\n\n", [Frame(b"", b"x")]),
        (b"\n\n\n\ndata: x\n\n\n\n", [Frame(b"", b"x")]),
        (b"data: no blank line\n", [Frame(b"", b"no blank line")]),
        (b"data: no line end", [Frame(b"", b"no line end")]),
        ("data: a\u2028b\u0085c\n\n".encode(), [Frame(b"", "a\u2028b\u0085c".encode())]),
        (b"", []),
    ],
)
def test_rows_of_the_framing(body: bytes, expected: list[Frame]) -> None:
    assert decode([body]) == expected
    assert decode([body[at : at + 1] for at in range(len(body))]) == expected


@given(transcripts, fractions)
def test_where_the_network_cuts_the_bytes_does_not_matter(transcript: bytes, at: list[float]) -> None:
    assert decode(cut(transcript, at)) == decode([transcript])


@given(transcripts)
def test_every_single_cut_gives_what_the_standard_says(transcript: bytes) -> None:
    expected = by_the_standard(transcript)
    for place in range(len(transcript) + 1):
        assert decode([transcript[:place], transcript[place:]]) == expected


@given(st.lists(st.one_of(st.binary(max_size=20), st.sampled_from([b"\n", b"\r", b"data:", b":", BOM]))))
def test_any_bytes_are_read_as_the_standard_says(chunks: list[bytes]) -> None:
    assert decode(chunks) == by_the_standard(b"".join(chunks))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_captured_shapes_survive_every_cut(path: Path) -> None:
    body = path.read_bytes()
    expected = by_the_standard(body)
    assert len(expected) >= 3
    for place in range(len(body) + 1):
        assert decode([body[:place], body[place:]]) == expected
    assert decode([body[at : at + 1] for at in range(len(body))]) == expected


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_frame_is_given_as_soon_as_its_blank_line_is_there(end: bytes) -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: x" + end) == []
    assert decoder.feed(end[:1]) == [Frame(b"", b"x")]
    assert decoder.feed(end[1:] + b"data: y" + end + end) == [Frame(b"", b"y")]
    assert decoder.finish() == []


def test_a_line_feed_after_an_empty_chunk_still_belongs_to_its_carriage_return() -> None:
    assert decode([b"data: a\r", b"", b"\ndata: b\r\n\r\n"]) == [Frame(b"", b"a\nb")]
    assert decode([b"data: a\r", b"\n", b"\n", b"data: b\n\n"]) == [Frame(b"", b"a"), Frame(b"", b"b")]


@pytest.mark.parametrize(
    ("chunks", "seen"),
    [
        ([b": ping\n\n"], True),
        ([b": pi", b"ng\n"], True),
        ([b":\r"], True),
        ([b"data: x\n:\n\n"], True),
        ([b"data: x\n\n"], False),
        ([b": pi"], False),
        ([b"event: x\n\n"], False),
        ([b"\n\n"], False),
    ],
)
def test_comments_give_no_frame_but_are_noticed(chunks: list[bytes], seen: bool) -> None:
    decoder = SseDecoder()
    for chunk in chunks:
        decoder.feed(chunk)
    assert decoder.saw_comment is seen


def test_a_noticed_comment_can_be_cleared() -> None:
    decoder = SseDecoder()
    decoder.feed(b": ping\n\n")
    decoder.saw_comment = False
    decoder.feed(b"data: x\n\n")
    assert not decoder.saw_comment
    decoder.feed(b": ping\n\n")
    assert decoder.saw_comment


@given(fractions, st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_a_frame_of_just_the_limit_passes_and_one_byte_more_does_not(at: list[float], end: bytes) -> None:
    def run(size: int) -> list[Frame]:
        decoder = SseDecoder(max_frame_bytes=20)
        body = b"data: " + b"x" * (size - 6) + end + end + b"data: y" + end + end
        return [frame for chunk in cut(body, at) for frame in decoder.feed(chunk)]

    assert run(20) == [Frame(b"", b"x" * 14), Frame(b"", b"y")]
    with pytest.raises(SseFrameTooLarge, match="larger than 20 bytes"):
        run(21)


def test_an_endless_frame_is_refused_before_its_end() -> None:
    decoder = SseDecoder(max_frame_bytes=1000)
    for _ in range(125):
        decoder.feed(b"data: x\n")
    decoder.feed(b"d")  # by its length alone it could be the start of the blank line
    with pytest.raises(SseFrameTooLarge):
        decoder.feed(b"a")


def test_many_frames_in_one_chunk_may_together_pass_the_limit() -> None:
    assert len(SseDecoder(max_frame_bytes=10).feed(b"data: x\n\n" * 50)) == 50


def _seconds_for(pieces: int) -> float:
    chunk = b"x" * 512
    decoder = SseDecoder()
    began = time.process_time()
    decoder.feed(b"data: ")
    for _ in range(pieces):
        decoder.feed(chunk)
    (only,) = decoder.feed(b"\n\n")
    assert len(only.data) == pieces * 512
    return time.process_time() - began


def test_one_huge_frame_in_many_chunks_costs_in_proportion() -> None:
    small = min(_seconds_for(2_000) for _ in range(3))
    large = min(_seconds_for(20_000) for _ in range(3))
    # Ten times the pieces, about ten times the work. A decoder that looks again at what it has needs a hundred.
    assert large < 40 * small + 0.02


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), values.filter(bool)),
            st.lists(values, min_size=1, max_size=3).map(b"\n".join),
        )
    )
)
def test_what_is_encoded_is_decoded_the_same(events: list[tuple[bytes | None, bytes]]) -> None:
    body = b"".join(frame(event, data) + comment(b"ping") for event, data in events)
    assert decode([body]) == [Frame(event or b"", data) for event, data in events]


def test_encoded_bytes_are_plain() -> None:
    assert frame(None, b"{}") == b"data: {}\n\n"
    assert frame(b"ping", b"{}") == b"event: ping\ndata: {}\n\n"
    assert frame(None, b"a\r\nb\rc\nd") == b"data: a\ndata: b\ndata: c\ndata: d\n\n"
    assert comment(b"ping") == b": ping\n\n"
    assert comment(b"a\ndata: b") == b": a\n: data: b\n\n"


@pytest.mark.parametrize("name", [b"a\nb", b"a\rb"])
def test_a_name_that_would_be_another_field_is_refused(name: bytes) -> None:
    with pytest.raises(ValueError, match="line end"):
        frame(name, b"")


@given(transcripts)
def test_numbered_frames_are_the_decoders_frames(transcript: bytes) -> None:
    numbered = [Frame(each.event, each.data) for each in numbered_frames(transcript) if each.data is not None]
    assert numbered == decode([transcript])


@given(transcripts)
def test_every_number_points_at_its_line(transcript: bytes) -> None:
    lines = re.split(rb"\r\n|\n|\r", transcript.removeprefix(BOM))
    fields = [field for each in numbered_frames(transcript) for field in each.raw_fields]
    assert [field.line for field in fields] == [number for number, line in enumerate(lines, 1) if line]
    for field in fields:
        assert lines[field.line - 1].startswith(field.name) and lines[field.line - 1].endswith(field.value)


def test_numbered_frames_show_what_clients_do_not_see() -> None:
    body = b"\n: hi\n\nevent: a\n\n\nevent: b\r\ndata: 1\r\ndata: 2\r\n\r\ndata: 3\n"
    found = list(numbered_frames(body))
    assert [(each.line, each.event, each.data, each.ended) for each in found] == [
        (2, b"", None, True),
        (4, b"a", None, True),
        (7, b"b", b"1\n2", True),
        (11, b"", b"3", False),
    ]
    assert found[0].raw_fields == ((2, b"", b"hi"),)
    assert found[2].raw_fields == ((7, b"event", b"b"), (8, b"data", b"1"), (9, b"data", b"2"))


@pytest.mark.parametrize(
    ("body", "ended"),
    [
        (b"data: x\n\n", True),
        (b"data: x\r\r", True),
        (b"data: x\n", False),
        (b"data: x", False),
        (b"data: x\r\n", False),
    ],
)
def test_a_missing_last_blank_line_is_told(body: bytes, ended: bool) -> None:
    (only,) = numbered_frames(body)
    assert only.ended is ended
