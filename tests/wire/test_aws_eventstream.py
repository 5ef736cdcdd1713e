"""The framing of AWS event streams: against a known vector, against botocore, and under every cut of the network."""

from __future__ import annotations

import base64
import struct
import zlib
from uuid import UUID

import pytest
from botocore.eventstream import EventStreamBuffer, ParserError
from hypothesis import given
from hypothesis import strategies as st

from event_frames import cut, event, frame, raw_frame, string
from isthmus.wire.aws_eventstream import (
    MAX_CACHED_HEADERS,
    MAX_HEADERS_BYTES,
    MAX_PAYLOAD_BYTES,
    EventStreamDamaged,
    Frame,
    FrameReader,
)

# Written by a service's own encoder, read by botocore 1.44.5.
VECTOR = bytes.fromhex(
    "0000007c0000005c3bddcf780b3a6576656e742d74797065070016617373697374616e74526573706f6e73654576656e74"
    "0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d7479706507000565"
    "76656e747b22636f6e74656e74223a224869227db02babdc"
)
HEADERS = {
    ":event-type": "assistantResponseEvent",
    ":content-type": "application/json",
    ":message-type": "event",
}

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
values = st.one_of(
    st.tuples(st.sampled_from([0, 1]), st.just(b"")),
    st.tuples(st.just(2), st.binary(min_size=1, max_size=1)),
    st.tuples(st.just(3), st.binary(min_size=2, max_size=2)),
    st.tuples(st.just(4), st.binary(min_size=4, max_size=4)),
    st.tuples(st.sampled_from([5, 8]), st.binary(min_size=8, max_size=8)),
    st.tuples(st.just(6), st.binary(max_size=30).map(lambda value: struct.pack("!H", len(value)) + value)),
    st.tuples(st.just(7), st.text(st.characters(codec="utf-8"), max_size=30).map(string)),
    st.tuples(st.just(9), st.binary(min_size=16, max_size=16)),
)
header_lists = st.lists(st.tuples(names, values), max_size=5, unique_by=lambda pair: pair[0])
messages = st.builds(
    lambda headers, payload: raw_frame([(name, *value) for name, value in headers], payload),
    header_lists,
    st.binary(max_size=60),
)
places = st.lists(st.integers(0, 10_000), max_size=8)


def read(chunks: list[bytes]) -> tuple[list[Frame], str | int]:
    """The frames, and how it ended: what is damaged, or how many bytes were left."""
    reader, frames = FrameReader(), []
    for chunk in chunks:
        try:
            frames += reader.feed(chunk)
        except EventStreamDamaged as damage:
            return frames + damage.before, str(damage)
    return frames, reader.close()


def sealed(total: int, headers: int, rest: bytes = b"") -> bytes:
    """A beginning whose own checksum is right."""
    prelude = struct.pack("!II", total, headers)
    return prelude + struct.pack("!I", zlib.crc32(prelude)) + rest


def test_a_known_frame() -> None:
    assert read([VECTOR]) == ([Frame(HEADERS, b'{"content":"Hi"}')], 0)
    assert frame(HEADERS, b'{"content":"Hi"}') == VECTOR


def test_every_cut_in_two() -> None:
    body = VECTOR + frame({}) + event("x", {"text": "é漢🙂"})
    whole = read([body])
    assert len(whole[0]) == 3
    for at in range(len(body) + 1):
        assert read([body[:at], body[at:]]) == whole
    assert read([bytes([byte]) for byte in body]) == whole


@given(st.lists(messages, max_size=5), places)
def test_where_the_network_cuts_the_bytes_does_not_matter(frames: list[bytes], at: list[int]) -> None:
    body = b"".join(frames)
    whole = read([body])
    assert len(whole[0]) == len(frames)
    assert read(cut(body, at)) == whole


@given(st.lists(messages, max_size=3), st.binary(max_size=80), places)
def test_any_bytes_give_frames_or_the_error(frames: list[bytes], rest: bytes, at: list[int]) -> None:
    body = b"".join(frames) + rest
    whole = read([body])
    assert len(whole[0]) >= len(frames)
    assert read(cut(body, at)) == whole


@given(messages)
def test_botocore_reads_the_same(message: bytes) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(message)
    theirs = next(iter(buffer))
    (ours,), _ = read([message])
    assert ours.payload == theirs.payload
    assert ours.headers.keys() == theirs.headers.keys()
    for name, value in theirs.headers.items():
        assert ours.headers[name] in as_text(value)


def as_text(value: object) -> set[str]:
    """botocore does not say whether 16 bytes were an id or just bytes."""
    match value:
        case bool():
            return {str(value).lower()}
        case bytes():
            plain = base64.b64encode(value).decode()
            return {plain, str(UUID(bytes=value))} if len(value) == 16 else {plain}
        case _:
            return {str(value)}


@given(messages, st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_is_never_read_by_us_where_botocore_refuses(message: bytes, at: int, by: int) -> None:
    changed = bytearray(message)
    changed[at % len(message)] ^= by
    buffer = EventStreamBuffer()
    buffer.add_data(bytes(changed))
    try:
        theirs = [each.payload for each in buffer]
    except (ParserError, UnicodeDecodeError):
        theirs = []
    frames, end = read([bytes(changed)])
    assert [each.payload for each in frames] == theirs == []
    assert end != 0


@pytest.mark.parametrize(
    ("headers", "read_as"),
    [
        ([("a", 0, b""), ("b", 1, b"")], {"a": "true", "b": "false"}),
        ([("a", 2, b"\xff")], {"a": "-1"}),
        ([("a", 3, b"\x01\x00")], {"a": "256"}),
        ([("a", 4, b"\xff\xff\xff\xfe")], {"a": "-2"}),
        ([("a", 5, struct.pack("!q", 1 << 40))], {"a": str(1 << 40)}),
        ([("a", 6, b"\x00\x02hi")], {"a": "aGk="}),
        ([("a", 7, string("漢"))], {"a": "漢"}),
        ([("a", 8, struct.pack("!q", 1_785_542_400_000))], {"a": "1785542400000"}),
        ([("a", 9, bytes(15) + b"\x01")], {"a": "00000000-0000-0000-0000-000000000001"}),
    ],
)
def test_every_type_of_header(headers: list[tuple[str, int, bytes]], read_as: dict[str, str]) -> None:
    assert read([raw_frame(headers)]) == ([Frame(read_as, b"")], 0)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><body>Bad gateway", "beginning"),
        (VECTOR[:20] + b"X" + VECTOR[21:], "checksum of a frame is wrong"),
        (VECTOR[:-1] + b"\x00", "checksum of a frame is wrong"),
        (sealed(15, 0), "too short"),
        (sealed(100, 90), "too short"),
        (sealed(MAX_HEADERS_BYTES + 100, MAX_HEADERS_BYTES + 1), "bytes of headers"),
        (sealed(MAX_PAYLOAD_BYTES + 17, 0), "bytes of payload"),
        (raw_frame([("a", 10, b"")]), "unknown type 10"),
        (raw_frame([("a", 0, b""), ("a", 1, b"")]), "twice"),
        (raw_frame([("a", 5, b"123")]), "in the middle"),
        (raw_frame([("a", 7, b"\x00\x09abc")]), "in the middle"),
        (raw_frame([("a", 7, b"\x00\x01\xff")]), "not UTF-8"),
    ],
)
def test_damage_is_told_and_what_came_before_is_kept(body: bytes, said: str) -> None:
    for before in (b"", VECTOR):
        frames, end = read([before + body])
        assert len(frames) == (1 if before else 0)
        assert said in str(end)


def test_a_damaged_reader_stays_so() -> None:
    reader = FrameReader()
    with pytest.raises(EventStreamDamaged):
        reader.feed(b"plain text, not an event stream")
    with pytest.raises(EventStreamDamaged):
        reader.feed(VECTOR)


def test_what_is_left_of_a_frame_is_counted() -> None:
    assert read([VECTOR[:-3]]) == ([], len(VECTOR) - 3)
    assert read([VECTOR + VECTOR[:5]])[1] == 5


def test_a_large_frame_in_small_pieces() -> None:
    payload = bytes(3 << 20)
    body = frame({"a": "b"}, payload)
    frames, left = read([body[at : at + 4096] for at in range(0, len(body), 4096)])
    assert [len(each.payload) for each in frames] == [len(payload)]
    assert left == 0


def test_headers_that_never_repeat_are_not_kept() -> None:
    reader = FrameReader()
    for number in range(MAX_CACHED_HEADERS * 2):
        assert reader.feed(frame({"n": str(number)}))[0].headers == {"n": str(number)}
    assert len(reader._known) == MAX_CACHED_HEADERS
