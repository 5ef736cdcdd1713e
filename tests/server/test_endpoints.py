"""What endpoints do for clients is shown through the whole application in `test_gateway`; here is what does not show there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from isthmus.core.commands import Call, Fetch, Fetched
from isthmus.dialects import anthropic, openai_chat
from isthmus.limiting.memory import MemoryLimiter
from isthmus.routing.directory import Directory
from isthmus.routing.model_map import ModelMap
from isthmus.server.admission import Admission
from isthmus.server.callers import Callers
from isthmus.server.endpoints import Endpoints, ModelPages, Offer
from isthmus.server.sources import Source
from isthmus.server.suppliers import alone
from isthmus.transport.http import Http, Limits
from plainly import Wordy, upstream


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as opened:
        yield opened


def endpoints(source: Source) -> Endpoints:
    async def fetch(command: Fetch) -> Fetched:
        raise AssertionError

    return Endpoints(
        Offer.of({source.name: alone(source)}, Directory({source.name: ModelMap()}, {}, source.name)),
        Admission(MemoryLimiter(), Callers()),
        ModelPages(openai_chat.models_page, openai_chat.model_object),
        anthropic.dialect.parse_for_count,
        fetch,
    )


async def test_what_is_put_off_is_done_in_the_background(http: Http) -> None:
    async with upstream(web.Response(text="gone")) as up:
        source = Source(Wordy(up.url), http.channel(Limits()))
        served = endpoints(source)
        served._do_later(source.channel, Call("DELETE", up.url))
        assert up.asked == 0
        await asyncio.gather(*served._later)
        assert up.asked == 1


async def test_a_failed_tidying_up_is_logged_and_shown_to_nobody(http: Http) -> None:
    source = Source(Wordy("http://127.0.0.1:1/"), http.channel(Limits(connect_s=1)))
    served = endpoints(source)
    with capture_logs() as logged:
        served._do_later(source.channel, Call("DELETE", "http://127.0.0.1:1/"))
        await asyncio.gather(*served._later)
    assert [entry["event"] for entry in logged] == ["tidying up failed"]
