"""Many accounts are asked a few at a time, and each result comes as soon as it is there."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from isthmus.control.account_probing import AT_A_TIME, ProbeResult, try_all
from isthmus.core.secret import Secret
from isthmus.storage.accounts import Account

TYPES = {"p": "dummy", "web": "of-later"}


def account(id: str, provider: str = "p") -> Account:
    return Account(id, provider, "api_key", id, {"api_key": Secret("")}, 1, 1)


async def test_a_few_are_asked_at_a_time() -> None:
    running, most = 0, 0

    async def probe(_: Account) -> ProbeResult:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return ProbeResult(ok=True)

    many = [account(str(number)) for number in range(50)]
    trials = [each async for each in try_all(many, TYPES, probe)]
    assert sorted(each.account.id for each in trials) == sorted(each.id for each in many)
    assert most == AT_A_TIME


async def test_the_quick_do_not_wait_for_the_slow() -> None:
    slow = asyncio.Event()

    async def probe(account: Account) -> ProbeResult:
        if account.id == "slow":
            await slow.wait()
        return ProbeResult(ok=True)

    order = []
    async for trial in try_all([account("slow"), account("quick")], TYPES, probe):
        order.append(trial.account.id)
        slow.set()
    assert order == ["quick", "slow"]


async def test_whoever_stops_listening_stops_the_rest() -> None:
    ended = []

    async def probe(account: Account) -> ProbeResult:
        try:
            await asyncio.sleep(0 if account.id == "quick" else 60)
        finally:
            ended.append(account.id)
        return ProbeResult(ok=True)

    async with aclosing(try_all([account("slow"), account("quick")], TYPES, probe)) as trials:
        async for _ in trials:
            break
    assert ended == ["quick", "slow"]


async def test_nobody_is_asked_where_nobody_can_answer() -> None:
    async def probe(_: Account) -> ProbeResult:
        raise AssertionError("asked")

    some = [account("a", "web"), account("b", "gone")]
    errors = {each.account.id: each.result.error async for each in try_all(some, TYPES, probe)}
    assert "of-later" in str(errors["a"])
    assert "no provider 'gone'" in str(errors["b"])
