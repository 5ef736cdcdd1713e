"""Accounts asked whether they work, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.control.account_checks import off_reason
from isthmus.storage.accounts import Account

AT_A_TIME: Final = 8


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What came of a real, minimal call. `error` holds no secret."""

    ok: bool
    latency_ms: int = 0
    model: str | None = None
    """That was asked."""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    account: Account
    result: ProbeResult


Probe = Callable[[Account], Awaitable[ProbeResult]]
"""Asks the upstream of one account. Never raises for what the upstream does. Ids of configured ones begin with `config:`."""


async def try_all(
    accounts: Sequence[Account], types: Mapping[str, str], probe: Probe
) -> AsyncGenerator[Trial, None]:
    """Each account's result, as soon as it is there. Whoever stops listening stops the rest."""
    places = asyncio.Semaphore(AT_A_TIME)

    async def attempt(account: Account) -> Trial:
        hindrance = _hindrance(account, types)
        if hindrance is not None:
            return Trial(account, ProbeResult(ok=False, error=hindrance))
        async with places:
            return Trial(account, await probe(account))

    tasks = [asyncio.create_task(attempt(account)) for account in accounts]
    try:
        for next_one in asyncio.as_completed(tasks):
            yield await next_one
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _hindrance(account: Account, types: Mapping[str, str]) -> str | None:
    type = types.get(account.provider)
    if type is None:
        return f"there is no provider {account.provider!r}: create it, or remove the account"
    return off_reason(type)
