"""Framing, against the published example and a reader of the tests' own."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.simulators.amazon_q import frames
from simulators.amazon_q.asking import read_frames

VECTOR = bytes.fromhex(
    "0000007c0000005c3bddcf780b3a6576656e742d74797065070016617373697374616e74526573706f6e73654576656e74"
    "0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d7479706507000565"
    "76656e747b22636f6e74656e74223a224869227db02babdc"
)
"""As botocore's `eventstream.py` accepts it: an event `assistantResponseEvent` that says "Hi"."""


def test_the_example_is_written_byte_for_byte() -> None:
    assert frames.event("assistantResponseEvent", {"content": "Hi"}) == VECTOR


@given(
    st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=50), max_size=5),
    st.binary(max_size=200),
)
def test_what_is_written_can_be_read(headers: dict[str, str], payload: bytes) -> None:
    assert list(read_frames(frames.frame(headers, payload) * 2)) == [(headers, payload)] * 2


def test_exceptions_and_errors_have_headers_of_their_own() -> None:
    [(headers, payload)] = read_frames(frames.exception("throttlingException", {"message": "wait"}))
    assert (headers[":message-type"], headers[":exception-type"]) == ("exception", "throttlingException")
    assert payload == b'{"message":"wait"}'
    [(headers, payload)] = read_frames(frames.error("InternalError", "no"))
    assert headers == {":error-code": "InternalError", ":error-message": "no", ":message-type": "error"}
    assert payload == b""


def test_broken_checksums_are_broken_where_they_say() -> None:
    whole = frames.event("e", {})
    with pytest.raises(AssertionError, match="prelude"):
        list(read_frames(frames.broken_prelude(whole)))
    with pytest.raises(AssertionError, match="the checksum is wrong"):
        list(read_frames(frames.broken_message(whole)))
    assert zlib.crc32(frames.broken_message(whole)[:8]) == zlib.crc32(whole[:8])
