from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from isthmus.core.abilities import Abilities
from isthmus.core.errors import UpstreamError
from isthmus.routing.directory import Directory
from isthmus.routing.model_map import ModelMap
from isthmus.server.models import ModelLists, fetch_models
from isthmus.server.sources import Source
from isthmus.server.suppliers import alone
from isthmus.transport.http import Http, Limits
from plainly import Wordy, upstream


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as opened:
        yield opened


def lists(*sources: Source, maps: dict[str, ModelMap] | None = None) -> ModelLists:
    named = {source.name: alone(source) for source in sources}
    directory = Directory({name: (maps or {}).get(name, ModelMap()) for name in named}, {}, next(iter(named)))
    return ModelLists(directory, named)


async def test_a_map_is_the_list_and_the_upstream_is_not_asked(http: Http) -> None:
    source = Source(Wordy("http://127.0.0.1:1/", record=Abilities(context_window=5)), http.channel(Limits()))
    models = lists(source, maps={"wordy": ModelMap({"a": "b", "c*": "d"})})
    (info,) = await models.of(None, for_discovery=False)
    assert (info.id, info.context_window, info.owner) == ("a", 5, "wordy")


async def test_without_a_map_the_upstream_is_asked_once_for_everybody(http: Http) -> None:
    async with upstream(web.Response(text="m1 m2")) as up:
        models = lists(Source(Wordy(up.url), http.channel(Limits())))
        for _ in range(3):
            assert [info.id for info in await models.of("wordy", for_discovery=False)] == ["m1", "m2"]
        assert up.asked == 1


async def test_beside_others_a_models_name_says_whose_it_is(http: Http) -> None:
    async with upstream(web.Response(text="m1")) as up:
        channel = http.channel(Limits())
        models = lists(Source(Wordy(up.url, "first"), channel), Source(Wordy(up.url, "second"), channel))
        assert [info.id for info in await models.of(None, for_discovery=False)] == ["m1", "second/m1"]
        assert [info.id for info in await models.of("second", for_discovery=False)] == ["m1"]


async def test_foreign_models_get_a_name_that_claude_code_shows(http: Http) -> None:
    async with upstream(web.Response(text="m1 claude-2")) as up:
        models = lists(Source(Wordy(up.url), http.channel(Limits())))
        ids = [info.id for info in await models.of(None, for_discovery=True)]
        assert ids == ["m1", "claude-wordy-m1", "claude-2"]
        alias = await models.one(None, "claude-wordy-m1")
        assert alias is not None
        assert alias.display_name == "m1"
        assert await models.one(None, "none") is None


async def test_an_upstream_out_of_reach_has_no_models_and_breaks_nothing(http: Http) -> None:
    source = Source(Wordy("http://127.0.0.1:1/"), http.channel(Limits(connect_s=1)))
    assert await lists(source).of(None, for_discovery=False) == []
    with pytest.raises(UpstreamError):
        await fetch_models(source)


async def test_a_refused_list_is_told_to_whoever_checks(http: Http) -> None:
    async with upstream(web.Response(status=401, text="no")) as up:
        with pytest.raises(UpstreamError, match="401"):
            await fetch_models(Source(Wordy(up.url), http.channel(Limits())))


async def test_a_slow_upstream_is_left_out_until_it_has_answered(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isthmus.server.models.BRIEF_S", 0.05)
    come = asyncio.Event()

    async def late(response: web.StreamResponse) -> None:
        await come.wait()
        await response.write(b"m1")

    async with upstream(late) as up:
        models = lists(Source(Wordy(up.url), http.channel(Limits())))
        assert await models.of(None, for_discovery=False) == []
        assert await models.of("wordy", for_discovery=True) == []
        patient = asyncio.create_task(models.of("wordy", for_discovery=False))
        await asyncio.sleep(0.1)
        come.set()
        assert [info.id for info in await patient] == ["m1"]
        assert [info.id for info in await models.of(None, for_discovery=False)] == ["m1"]
        assert up.asked == 1
