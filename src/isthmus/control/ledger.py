"""What requests leave behind, gathered in memory and written behind them: rests and counters of accounts, use of keys.

Rests and dead accounts are written at once, counters every few seconds. What could not be written is kept and tried again,
so that a database that is away for a while costs nothing but freshness; all of it is bounded by the number of accounts and
keys. Nothing here is waited for by a request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, Self

import structlog

from isthmus.control.clock import now_ms
from isthmus.core.errors import UpstreamError
from isthmus.routing.account import AccountId
from isthmus.routing.cooldown import Change, Cooling, words_of
from isthmus.storage.accounts import AccountStore, Counts
from isthmus.storage.cooldowns import CooldownKey, CooldownRow, CooldownStore
from isthmus.storage.key_usage import KeyUsageStore, Used, UsedOnDay, day_of
from isthmus.storage.keys import KeyStore

log = structlog.get_logger("isthmus")

COUNT_EVERY_S: Final = 3.0
AGAIN_AFTER_S: Final = 5.0
CLOSE_WITHIN_S: Final = 5.0


@dataclass(slots=True)
class LedgerStores:
    accounts: AccountStore
    cooldowns: CooldownStore
    key_usage: KeyUsageStore
    keys: KeyStore


class Ledger:
    """Use as `async with`: leaving it writes what is left, within a bounded time. Everything happens on one event loop."""

    def __init__(self, stores: LedgerStores, redact: Callable[[str], str]) -> None:
        """`redact` masks secrets in a text, since an upstream may quote what it was sent."""
        self._stores = stores
        self._redact = redact
        self._rests: dict[CooldownKey, CooldownRow | None] = {}
        """None: the rest is over."""
        self._dead: dict[AccountId, str] = {}
        self._counts: dict[AccountId, Counts] = {}
        self._used: dict[tuple[str, str], Used] = {}
        self._last_used: dict[str, int] = {}
        self._urgent = asyncio.Event()
        self._closed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()
        self.failing: str | None = None
        """Why the last attempt to write failed; None when it went well."""
        self.listeners: list[Callable[[str, AccountId, Change], None]] = []
        """Hear of every change of an account. They neither wait nor raise."""

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="ledger")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed.set()
        self._urgent.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=CLOSE_WITHIN_S)
            self._task.cancel()
            await asyncio.wait([self._task])

    def changed(self, provider: str, account: AccountId, change: Change) -> None:
        """An account rests, is well again, or is dead."""
        if change.cooling is not None:
            row = self._row(change.cooling)
            self._rests[row.key] = row
            log.warning(
                "account rests",
                provider=provider,
                account=account,
                model=row.model,
                reason=row.reason,
                seconds=round((row.until_ms - now_ms()) / 1000, 1),
                text=row.text,
            )
        for id, model in change.cleared:
            self._rests[id, model] = None
            log.info("account is well again", provider=provider, account=id, model=model)
        if change.disabled is not None:
            self._dead[account] = self._redact(change.disabled)
            log.error("account switched off", provider=provider, account=account, text=self._dead[account])
        self._urgent.set()
        for listener in self.listeners:
            listener(provider, account, change)

    def used(
        self, account: AccountId, tokens_in: int, tokens_out: int, failure: UpstreamError | None
    ) -> None:
        """One attempt with an account is over."""
        now = now_ms()
        counts = self._counts.get(account) or Counts(account)
        if failure is None:
            counts = (
                Counts(  # Spelt out, as this is done for every request: `replace` takes half as long again.
                    account,
                    successes=counts.successes + 1,
                    failures=counts.failures,
                    input_tokens=counts.input_tokens + tokens_in,
                    output_tokens=counts.output_tokens + tokens_out,
                    last_used_ms=now,
                    last_error=counts.last_error,
                    last_error_ms=counts.last_error_ms,
                )
            )
        else:
            counts = replace(
                counts,
                failures=counts.failures + 1,
                last_used_ms=now,
                last_error=self._redact(words_of(failure)),
                last_error_ms=now,
            )
        self._counts[account] = counts

    def key_used(self, key: str, used: Used) -> None:
        """One request with a key is over."""
        now = now_ms()
        at = (key, day_of(now))
        before = self._used.get(at)
        self._used[at] = used if before is None else before + used
        self._last_used[key] = now

    async def flush(self) -> None:
        """Writes all there is. Raises what the database raises; then nothing is lost."""
        async with self._writing:
            await self._write_rests()
            await self._write_dead()
            await self._write_counts()
            await self._write_uses()

    async def _run(self) -> None:
        last = False
        while not last:
            await _wait(self._urgent, COUNT_EVERY_S)
            last = self._closed.is_set()
            self._urgent.clear()
            try:
                await self.flush()
                self.failing = None
            except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
                if self.failing is None:
                    log.warning(
                        "the state of accounts cannot be written, and is kept in memory", error=str(error)
                    )
                self.failing = str(error)
                await _wait(self._closed, AGAIN_AFTER_S)

    async def _write_rests(self) -> None:
        taken, self._rests = self._rests, {}
        rows = [row for row in taken.values() if row is not None]
        over = [key for key, row in taken.items() if row is None]

        async def write() -> None:
            await self._stores.cooldowns.save(rows)
            await self._stores.cooldowns.remove(over)

        await _or_restore(write, lambda: self._rests.update({**taken, **self._rests}))

    async def _write_dead(self) -> None:
        for account, reason in list(self._dead.items()):
            await self._stores.accounts.switch_off(account, reason, now_ms())
            del self._dead[account]

    async def _write_counts(self) -> None:
        taken, self._counts = self._counts, {}

        def restore() -> None:
            for id, before in taken.items():
                self._counts[id] = _sum(before, self._counts[id]) if id in self._counts else before

        await _or_restore(lambda: self._stores.accounts.add_counts(list(taken.values())), restore)

    async def _write_uses(self) -> None:
        taken, self._used = self._used, {}
        last_used, self._last_used = self._last_used, {}

        def restore() -> None:
            for at, before in taken.items():
                self._used[at] = before + self._used[at] if at in self._used else before
            self._last_used = {**last_used, **self._last_used}

        async def write() -> None:
            rows = [UsedOnDay(key, day, used) for (key, day), used in taken.items()]
            await self._stores.key_usage.add(rows)

        await _or_restore(write, restore)
        await self._stores.keys.mark_used(last_used)

    def _row(self, cooling: Cooling) -> CooldownRow:
        return CooldownRow(
            cooling.account,
            cooling.model,
            round(cooling.until_s * 1000),
            cooling.reason.value,
            self._redact(cooling.text),
            cooling.strikes,
        )


def _sum(before: Counts, after: Counts) -> Counts:
    return replace(
        after,
        successes=before.successes + after.successes,
        failures=before.failures + after.failures,
        input_tokens=before.input_tokens + after.input_tokens,
        output_tokens=before.output_tokens + after.output_tokens,
        last_error=after.last_error or before.last_error,
        last_error_ms=after.last_error_ms or before.last_error_ms,
    )


async def _or_restore(write: Callable[[], Awaitable[None]], restore: Callable[[], None]) -> None:
    try:
        await write()
    except BaseException:
        restore()
        raise


async def _wait(event: asyncio.Event, within_s: float) -> None:
    try:
        async with asyncio.timeout(within_s):
            await event.wait()
    except TimeoutError:
        pass
