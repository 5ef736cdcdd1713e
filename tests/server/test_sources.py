from __future__ import annotations

import pytest
from aiohttp import web

from isthmus.core.commands import Authorize, Call, Exchange, Grant
from isthmus.core.losses import Policy
from isthmus.core.secret import Secret
from isthmus.providers.dummy import Dummy
from isthmus.server.sources import MAX_KNOWN, Source, unauthorized
from isthmus.transport.http import Http, Limits
from plainly import upstream


async def test_a_source_goes_by_its_providers_name_and_repairs_by_default() -> None:
    async with Http() as http:
        source = Source(Dummy("mine"), http.channel(Limits()))
        assert source.name == "mine"
        assert source.policy is Policy.REPAIR


async def test_records_are_remembered_and_their_number_is_bounded() -> None:
    async with Http() as http:
        source = Source(Dummy("mine"), http.channel(Limits()))
        assert source.abilities("m") is source.abilities("m")
        for number in range(MAX_KNOWN + 5):
            source.abilities(f"m{number}")
        assert len(source._known) <= MAX_KNOWN


async def test_a_call_is_made_with_the_access_it_asks_for() -> None:
    async def authorize(refused: Secret | None) -> Grant:
        return Grant("builder_id", Secret("fresh" if refused is None else "another"))

    def exchange(url: str) -> Exchange:
        first = yield Authorize()
        assert isinstance(first, Grant)
        second = yield Authorize(refused=first.token)
        assert isinstance(second, Grant)
        yield Call("GET", url, (("authorization", f"{first.token.reveal()} {second.token.reveal()}"),))

    async with Http() as http, upstream(web.Response(text="list")) as up:
        source = Source(Dummy("mine"), http.channel(Limits()), authorize=authorize)
        reply = await source.ask(exchange(up.url))
        assert reply.body == b"list"
        assert up.headers[0]["authorization"] == "fresh another"


async def test_a_provider_without_accounts_has_no_access_to_ask_for() -> None:
    with pytest.raises(AssertionError):
        await unauthorized(None)
