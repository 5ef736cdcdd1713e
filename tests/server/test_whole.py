from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from isthmus.core.commands import Exchange, Forward
from isthmus.transport.http import Http
from one_answer import Stage
from plainly import FrameListener, classify, frames, lines, upstream, words


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as opened:
        yield opened


async def test_a_plain_answer_is_the_fold_of_the_stream(http: Http) -> None:
    stage = Stage(http, stream=False)
    async with upstream(lines("begin", "hello ", "world", "end")) as up:
        client = await stage.run(words(up.url))
    assert client.status == 200
    assert b'"text":"hello world"' in client.body
    assert client.headers["content-length"] == str(len(client.body))


async def test_a_raw_plain_answer_goes_through_untouched(http: Http) -> None:
    stage = Stage(http, stream=False)
    async with upstream(web.Response(body=b'{"end" :1}', content_type="application/json")) as up:
        client = await stage.run(frames(up.url))
    assert client.body == b'{"end" :1}'
    assert client.headers["content-type"].startswith("application/json")


async def test_a_raw_plain_answer_without_usage_is_estimated_too(http: Http) -> None:
    class Silent(FrameListener):
        def feed(self, frames: bytes) -> None:
            super().feed(frames)
            self.usage = None

    def plain(url: str) -> Exchange:
        yield Forward("POST", url, (), b"x" * 400, lambda head: Silent(), classify)

    stage = Stage(http, stream=False)
    async with upstream(web.Response(body=b'{"end" :1}', content_type="application/json")) as up:
        await stage.run(plain(up.url))
    assert stage.record.usage is not None and stage.record.usage.estimated
    assert (stage.record.usage.input_tokens, stage.record.usage.output_tokens) == (100, 3)
