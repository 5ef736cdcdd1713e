"""One poll at a time, and what it brings is kept, whoever has left meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from desk import ANNA
from isthmus.control.failures import NotFound
from isthmus.control.login_views import LoginState
from isthmus.control.logins import LoginService
from isthmus.core.commands import Call, Reply
from isthmus.core.errors import UpstreamError
from isthmus.core.secret import Secret
from isthmus.storage.database import Database
from isthmus.storage.vault import Vault
from signing_accounts import Desk, open_desk


@pytest.fixture
async def desk(sqlite: Database, vault: Vault) -> AsyncIterator[Desk]:
    async with open_desk(sqlite, vault) as desk:
        yield desk


class Gate:
    """Lets a question through when it is told to."""

    def __init__(self, desk: Desk) -> None:
        self.arrived, self.opened = asyncio.Event(), asyncio.Event()
        self._send = desk.logins.send

    async def __call__(self, provider: str, proxy: Secret | None, call: Call) -> Reply:
        if call.url.endswith("/token"):
            self.arrived.set()
            await self.opened.wait()
        return await self._send(provider, proxy, call)


def gated(desk: Desk) -> tuple[Gate, LoginService]:
    gate = Gate(desk)
    service = LoginService(desk.logins.logins, desk.accounts, lambda: desk.providers, gate, desk.clock.now_ms)
    return gate, service


async def test_two_who_poll_at_once_ask_once(desk: Desk) -> None:
    begun = await desk.start()
    desk.simulator.approve(begun.code)
    gate, here = gated(desk)
    desk.clock.now_s += 1
    first = asyncio.create_task(here.poll(begun.id))
    await gate.arrived.wait()
    asked = len(desk.sent)
    assert (await desk.logins.poll(begun.id)).state is LoginState.WAITING, "another gateway"
    assert len(desk.sent) == asked
    gate.opened.set()
    assert (await first).state is LoginState.APPROVED


async def test_whoever_asked_may_leave_before_the_answer(desk: Desk) -> None:
    begun = await desk.start()
    desk.simulator.approve(begun.code)
    gate, service = gated(desk)
    desk.clock.now_s += 1
    asking = asyncio.create_task(service.poll(begun.id))
    await gate.arrived.wait()
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking
    gate.opened.set()
    async with asyncio.timeout(20):
        while (await service.get(begun.id)).owner is None:
            await asyncio.sleep(0.01)
    assert (await service.get(begun.id)).state is LoginState.APPROVED


async def test_what_was_cancelled_meanwhile_is_not_brought_back(desk: Desk) -> None:
    begun = await desk.start()
    desk.simulator.approve(begun.code)
    gate, service = gated(desk)
    desk.clock.now_s += 1
    asking = asyncio.create_task(service.poll(begun.id))
    await gate.arrived.wait()
    await desk.logins.cancel(ANNA, begun.id)
    gate.opened.set()
    with pytest.raises(NotFound):
        await asking
    assert await desk.logins.logins.load_all() == []


async def test_a_gateway_that_died_while_asking_holds_nobody_up_for_long(desk: Desk) -> None:
    begun = await desk.start()
    desk.simulator.approve(begun.code)
    now_ms = desk.clock.now_ms()
    assert await desk.logins.logins.claim(begun.id, "waiting", now_ms + 1_000, now_ms + 121_000)
    assert (await desk.poll(begun.id, after_s=60)).state is LoginState.WAITING
    assert (await desk.poll(begun.id, after_s=61)).state is LoginState.APPROVED


async def test_a_service_out_of_reach_is_asked_again(desk: Desk) -> None:
    begun = await desk.start()

    async def nobody(provider: str, proxy: Secret | None, call: Call) -> Reply:
        raise UpstreamError("the upstream cannot be reached")

    service = LoginService(
        desk.logins.logins, desk.accounts, lambda: desk.providers, nobody, desk.clock.now_ms
    )
    desk.clock.now_s += 1
    view = await service.poll(begun.id)
    assert (view.state, view.problem) == (LoginState.WAITING, "the upstream cannot be reached")
    desk.simulator.approve(begun.code)
    assert (await desk.poll(begun.id)).state is LoginState.APPROVED
