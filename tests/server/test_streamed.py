from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from isthmus.core.commands import Exchange, Forward
from isthmus.core.errors import UpstreamError
from isthmus.dialects.anthropic import lint
from isthmus.transport.http import Http
from one_answer import Stage
from plainly import FrameListener, classify, frames, lines, upstream, words


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as opened:
        yield opened


async def test_a_streamed_answer_leaves_event_by_event(http: Http) -> None:
    stage = Stage(http)
    async with upstream(lines("begin", "hello", 0.05, "world", "end")) as up:
        client = await stage.run(words(up.url))
    assert client.status == 200
    assert client.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert client.headers["x-accel-buffering"] == "no"
    assert client.headers["request-id"] == "req_1"
    assert lint(client.body) == []
    assert b'"text":"hello"' in client.messages[1]["body"]
    assert client.complete
    assert stage.record.usage is not None
    assert stage.record.usage.output_tokens == 3
    assert stage.record.first_token_s is not None


@pytest.mark.parametrize("said", [("oops",), ("begin", "oops"), ("begin", "ping", "oops")])
async def test_a_failure_in_the_stream_before_the_first_word_is_a_true_status(
    http: Http, said: tuple[str, ...]
) -> None:
    stage = Stage(http)
    async with upstream(lines(*said)) as up:
        with pytest.raises(UpstreamError, match="choked"):
            await stage.run(words(up.url))
    assert stage.client.messages == []


async def test_a_failure_after_the_first_word_ends_the_stream_honestly(http: Http) -> None:
    stage = Stage(http)
    async with upstream(lines("begin", "hello", "oops")) as up:
        client = await stage.run(words(up.url))
    assert client.status == 200
    assert b"event: error" in client.body
    assert b"message_stop" not in client.body
    assert b"content_block_stop" not in client.body
    assert client.complete
    assert (stage.record.status, stage.record.error) == (200, "overloaded")
    assert stage.record.error_text == "the upstream choked"


async def test_a_raw_stream_that_just_stops_is_logged_as_failed(http: Http) -> None:
    stage = Stage(http)
    async with upstream(lines("data: hello\n")) as up:
        client = await stage.run(frames(up.url))
    assert b"ended early" in client.body
    assert (stage.record.error, stage.record.error_text) == ("upstream", "upstream stream ended early")


async def test_a_stream_that_just_stops_ends_in_an_error(http: Http) -> None:
    stage = Stage(http)
    async with upstream(lines("begin", "hello")) as up:
        client = await stage.run(words(up.url))
    assert b"ended early" in client.body
    assert stage.record.usage is not None
    assert stage.record.usage.estimated


async def test_raw_bytes_go_through_untouched(http: Http) -> None:
    async def play(response: web.StreamResponse) -> None:
        await response.write(b'event: a\r\ndata: {"x":  1}\r\n\r\nevent: end\r\n')
        await asyncio.sleep(0.02)
        await response.write(b"data: 2\r\n\r\n")

    stage = Stage(http)
    async with upstream(play) as up:
        client = await stage.run(frames(up.url))
    assert client.body == b'event: a\r\ndata: {"x":  1}\r\n\r\nevent: end\r\ndata: 2\r\n\r\n'
    assert stage.record.stop == "end_turn"


async def test_a_slow_reader_slows_the_upstream_down_and_loses_nothing(http: Http) -> None:
    stage = Stage(http)
    stage.client.slow_s = 0.01
    said = [f"word{number} " for number in range(50)]
    async with upstream(lines("begin", *said, "end")) as up:
        client = await stage.run(words(up.url))
    assert lint(client.body) == []
    assert all(word.strip().encode() in client.body for word in said)


async def test_the_length_of_an_unread_request_is_its_estimate(http: Http) -> None:
    def longer(url: str) -> Exchange:
        yield Forward("POST", url, (), b"x" * 400, lambda head: FrameListener(), classify)

    stage = Stage(http)
    stage.job.signing = None
    async with upstream(lines("data: hello\n")) as up:
        await stage.run(longer(up.url))
    assert stage.record.usage is not None
    assert (stage.record.usage.input_tokens, stage.record.usage.input_estimated) == (100, True)
