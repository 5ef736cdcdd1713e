"""The reader of answers: where the network cuts does not matter, and a wrong answer is never counted."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import answers
from bench.client import Body
from bench.workload import Dialect

TEXT = b"0\r\n\r\ndata: one\r\n\r\n" * 3
CHUNKED = answers.STREAM_HEAD + answers.http_chunk(TEXT) + answers.http_chunk(b"x") + answers.LAST_CHUNK
PLAIN = b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello"
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello"


def read(response: bytes, cuts: list[int]) -> tuple[bytes, Body]:
    body = Body()
    edges = [0, *sorted(cut % (len(response) + 1) for cut in cuts), len(response)]
    pieces = [response[a:b] for a, b in pairwise(edges)]
    return b"".join(body.feed(piece) for piece in pieces if piece), body


@given(st.lists(st.integers(0, 10_000), max_size=12))
def test_where_the_network_cuts_does_not_matter(cuts: list[int]) -> None:
    text, body = read(CHUNKED, cuts)
    assert (text, body.status, body.ended) == (TEXT + b"x", 200, True)
    text, body = read(PLAIN, cuts)
    assert (text, body.status, body.ended) == (b"hello", 404, True)


@pytest.mark.parametrize("missing", range(1, len(CHUNKED)))
def test_a_cut_stream_is_not_taken_for_ended(missing: int) -> None:
    assert not read(CHUNKED[:-missing], [])[1].ended


def test_a_body_without_length_is_open_until_the_connection_ends() -> None:
    text, body = read(UNTIL_CLOSED, [])
    assert (text, body.ended) == (b"hello", False)


def test_a_plain_answer_says_its_length() -> None:
    text, body = read(answers.plain_answer(Dialect.CHAT, "bench-plain"), [3, 90])
    assert body.ended
    assert text.count(b" tok") == answers.PLAIN_WORDS
