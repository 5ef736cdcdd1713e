from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_frames import DONE, USAGE, chunk, decode, sse, usage_only
from isthmus.core.commands import Head
from isthmus.core.errors import Kind
from isthmus.core.events import Failed, Finished
from isthmus.core.usage import Usage
from isthmus.providers.openai_compatible.listen import ChatListener

STREAM = Head(200, {"content-type": "text/event-stream"})
JSON = Head(200, {"content-type": "application/json"})


def heard(*frames: bytes, head: Head = STREAM) -> ChatListener:
    listener = ChatListener("silicon", head, stream=head is STREAM)
    for each in frames:
        listener.feed(each)
    return listener


def test_usage_and_stop_are_overheard() -> None:
    listener = heard(
        sse(chunk(role="assistant", content=""), chunk(content="hello"), chunk("length"), usage_only()) + DONE
    )
    assert listener.close() is None
    assert listener.usage == Usage(15, 75, 10, 20, 5)
    assert listener.stop == "length"
    assert listener.speaking
    assert listener.output_text_bytes > 0


@pytest.mark.parametrize("end", [DONE, sse(chunk("stop")), sse(chunk("stop")).rstrip()])
def test_done_or_a_reason_is_an_end(end: bytes) -> None:
    assert heard(sse(chunk(content="x")) + end).close() is None


def test_a_stream_with_neither_ended_early() -> None:
    error = heard(sse(chunk(content="x"))).close()
    assert error is not None
    assert "ended early" in error.message
    empty = heard().close()
    assert empty is not None
    assert "empty" in empty.message


def test_an_error_before_the_first_word_is_kept_for_a_true_status() -> None:
    listener = heard(sse({"error": {"message": "busy", "code": 503}}))
    assert not listener.speaking
    assert listener.error is not None
    assert listener.error.kind is Kind.OVERLOADED
    assert listener.close() is listener.error


def test_an_error_after_it_has_been_told_by_the_upstream_itself() -> None:
    listener = heard(sse(chunk(content="x"), {"error": {"message": "busy"}}))
    assert listener.error is not None
    assert listener.close() is None


@pytest.mark.parametrize("body", [b"data: <html>\n\n", b"data: {\n\n"])
def test_what_is_no_chunk_is_an_error_only_before_the_first_word(body: bytes) -> None:
    assert heard(body).close() is not None
    assert heard(sse(chunk(content="x")) + body + DONE).close() is None


def test_a_plain_answer() -> None:
    body = {"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}], "usage": USAGE}
    listener = heard(json.dumps(body).encode(), head=JSON)
    assert listener.close() is None
    assert (listener.stop, listener.usage) == ("stop", Usage(15, 75, 10, 20, 5))
    embeddings = heard(b'{"object":"list","data":[],"usage":{"prompt_tokens":3}}', head=JSON)
    assert embeddings.close() is None
    assert embeddings.usage == Usage(3)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<html>", "text/html"),
        (b"{", "application/json"),
        (b"", "application/json"),
        (b"oops", "text/plain"),
    ],
)
def test_a_plain_answer_that_is_none(body: bytes, content_type: str) -> None:
    assert heard(body, head=Head(200, {"content-type": content_type})).close() is not None


_words = st.text(max_size=5)
_ends: st.SearchStrategy[Any] = st.sampled_from(
    [b"", DONE, sse(chunk("stop")), sse(chunk("length"), usage_only()) + DONE]
)


@given(st.lists(_words.map(lambda word: sse(chunk(content=word))), max_size=6), _ends)
def test_the_listener_hears_what_the_decoder_says(said: list[bytes], end: bytes) -> None:
    stream = b"".join(said) + end
    last = decode(stream)[-1]
    listener = heard(stream)
    error = listener.close()
    assert (error is not None) is isinstance(last, Failed)
    if isinstance(last, Finished):
        assert listener.usage == last.usage


def test_the_length_of_a_plain_answer_is_about_that_of_its_text() -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "word " * 400}, "finish_reason": "stop"}
    listener = heard(json.dumps({"object": "chat.completion", "choices": [choice]}).encode(), head=JSON)
    assert 1500 < listener.output_text_bytes < 2500
    embedded = heard(b'{"object":"list","data":[{"embedding":[1,2]}]}', head=JSON)
    assert embedded.output_text_bytes == 0
