"""Errands over a real upstream on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from isthmus.core.commands import Call, Errand, Keep, Pause
from isthmus.core.errors import UpstreamError
from isthmus.core.secret import Secret
from isthmus.server import errands as module
from isthmus.server.errands import Errands, run_errand
from isthmus.transport.http import Http, Limits
from plainly import lines, upstream


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as opened:
        yield opened


def delete(url: str, tries: int = 1) -> Errand:
    """Until it is gone, or it has been tried so often."""
    for _ in range(tries):
        reply = yield Call("DELETE", url)
        assert reply is not None
        if reply.head.status < 400:
            return
        yield Pause(0.01)
    raise UpstreamError("it is still there")


async def test_it_is_done_in_the_background(http: Http) -> None:
    errands = Errands()
    async with upstream(web.Response(text="gone")) as up:
        errands.begin(http.channel(Limits()), delete(up.url))
        assert up.asked == 0
        await errands.close()
        assert up.asked == 1


async def test_it_may_try_again(http: Http) -> None:
    async with upstream(web.Response(status=500), web.Response(status=500), web.Response()) as up:
        await run_errand(delete(up.url, tries=3), http.channel(Limits()))
        assert up.asked == 3


async def test_what_is_told_of_the_account_meanwhile_is_kept(http: Http) -> None:
    told, kept = Keep({"session_key": Secret("new")}, used=Secret("old")), list[Keep]()

    def telling() -> Errand:
        yield told

    errands = Errands()
    errands.begin(http.channel(Limits()), telling(), kept.append)
    errands.begin(http.channel(Limits()), telling())
    await errands.close()
    assert kept == [told]


async def test_a_failure_is_logged_and_shown_to_nobody(http: Http) -> None:
    errands = Errands()
    with capture_logs() as logged:
        async with upstream(web.Response(status=500)) as up:
            errands.begin(http.channel(Limits()), delete(up.url))
            errands.begin(http.channel(Limits(connect_s=1)), delete("http://127.0.0.1:1/"))
            await errands.close()
    assert [entry["event"] for entry in logged] == ["tidying up failed"] * 2
    assert "it is still there" in [entry["error"] for entry in logged]


async def test_an_errand_hears_that_no_answer_came(http: Http) -> None:
    heard: list[UpstreamError] = []

    def careful() -> Errand:
        try:
            yield Call("DELETE", "http://127.0.0.1:1/")
        except UpstreamError as error:
            heard.append(error)

    await run_errand(careful(), http.channel(Limits(connect_s=1)))
    assert len(heard) == 1


async def test_the_end_does_not_wait_for_one_that_hangs(http: Http) -> None:
    errands = Errands()
    with capture_logs() as logged:
        async with upstream(lines("begin", 30.0)) as up:
            errands.begin(http.channel(Limits()), delete(up.url))
            while up.asked == 0:
                await asyncio.sleep(0.01)
            await asyncio.wait_for(errands.close(within_s=0.05), 10)
    assert [entry["event"] for entry in logged] == ["tidying up was broken off"]


async def test_they_do_not_pile_up(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 1)
    errands = Errands()
    with capture_logs() as logged:
        async with upstream(web.Response()) as up:
            for _ in range(2):
                errands.begin(http.channel(Limits()), delete(up.url))
            await errands.close()
            assert up.asked == 1
    assert [entry["event"] for entry in logged] == ["tidying up was left out"]


async def test_a_bug_in_one_is_logged(http: Http) -> None:
    def wrong() -> Errand:
        yield Pause(0.0)
        raise ZeroDivisionError

    errands = Errands()
    with capture_logs() as logged:
        errands.begin(http.channel(Limits()), wrong())
        await errands.close()
    [entry] = logged
    assert (entry["event"], entry["exc_info"]) == ("tidying up failed", True)
