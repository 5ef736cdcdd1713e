"""Accounts kept signed in: every request is given an access token that is good at that moment.

What is good in memory is given out, and the database is not asked (docs/decisions/0007). What is about to end, or was refused,
is renewed once for all who wait in this process (`control/renewing.py`: once for all processes), and mostly before anybody has
to wait at all, in the background.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

import structlog

from isthmus.control.access import AccessNow, Trouble
from isthmus.control.account_views import is_configured
from isthmus.control.renewing import Held, Reach, Renewer, find_account, gone
from isthmus.core.commands import Grant, Keep
from isthmus.core.errors import NoAccess
from isthmus.core.logins import Logins
from isthmus.core.secret import Secret
from isthmus.core.survey import Quota, Survey
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.errors import StorageError
from isthmus.storage.leases import LeaseStore

log = structlog.get_logger("isthmus")

PATIENCE_S: Final = 30.0
"""The longest a request waits for a renewal, which goes on without it."""
AT_A_TIME: Final = 4
"""Renewals in the background."""
LOOK_EVERY_S: Final = 60.0
"""The background looks at least so often, for clocks that were set and machines that slept."""
CLOSE_WITHIN_S: Final = 10.0


class AccessKeeper:
    """A `server.sources.Keeper`. Everything happens on one event loop; `run` beside it renews before requests notice."""

    def __init__(
        self,
        accounts: AccountStore,
        leases: LeaseStore,
        reach: Reach,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self.survey_of: Callable[[str], Survey | None] = lambda _: None
        """What is known of an account that a request is about to use."""
        self.heard: Callable[[str, Sequence[Quota]], None] = lambda account, quotas: None
        """Is told of allowances that came with an answer."""
        self._accounts = accounts
        self._reach = reach
        self._renewer = Renewer(accounts, leases, reach, now_s)
        self._now_s = now_s
        self._held: dict[str, Held] = {}
        self._changed = asyncio.Event()

    def seed(self, accounts: Iterable[Account]) -> None:
        """Follows the database: accounts as they were just read, all of them. Those of the configuration file are asked for when
        they are wanted, and stay as long as their credential does."""
        known: dict[str, Logins | None] = {}
        before = self._held
        self._held = {id: held for id, held in before.items() if self._is_declared(held.account)}
        for account in accounts:
            if account.provider not in known:
                known[account.provider] = self._reach.logins(account.provider)
            held = before.get(account.id) or self._holding(account)
            held.renewable = _is_renewable(known[account.provider], account)
            held.follow(account)
            self._held[account.id] = held
        self._changed.set()

    async def grant(self, account: str, refused: Secret | None) -> Grant:
        """The access of an account. Shown a token that was refused, it gives another.

        Raises `UpstreamError`: with scope `CREDENTIAL` for an account that must sign in again. Whoever stops waiting leaves the
        renewal to those who wait with them.
        """
        held = self._held.get(account) or await self._fetched(account)
        if held.access.is_good(self._now_s(), refused):
            return self._grant(held)
        if not held.renewable:
            if refused is not None:
                await self._look_again(held)
            if held.access.is_valid(self._now_s(), refused):
                return self._grant(held)
            raise NoAccess
        for _ in range(2):  # The renewal that was under way may end in the very token that is refused now.
            trouble = held.trouble
            if trouble is None or not trouble.holds(self._now_s()):
                trouble = await self._renewed(held, refused)
            if held.access.is_valid(self._now_s(), refused) and not (trouble and trouble.lost):
                return self._grant(held)
            if trouble is not None:
                raise trouble.error(self._now_s())
        raise NoAccess

    def keep(self, account: str, told: Keep) -> None:
        """Stores behind the request what its upstream told of the account. Neither waits nor raises."""
        if told.quotas:
            self.heard(account, told.quotas)
        held = self._held.get(account)
        if held is None or told.used is None or held.has(told.credential):
            return
        if (
            held.renewal is None or held.renewal.done()
        ):  # Who comes with the same meanwhile brings nothing new.
            keeping = self._renewer.exchange(held, told.used, told.credential)
            held.renewal = asyncio.create_task(keeping, name=f"keep {account}")

    async def run(self) -> None:
        """Renews what is about to end, until it is cancelled."""
        places = asyncio.Semaphore(AT_A_TIME)

        async def renew(held: Held) -> None:
            async with places:
                trouble = await self._renewed(held, None)
            if trouble is not None and (trouble.lost or trouble.at_fault):
                await self._switch_off(held, trouble)

        while True:
            self._changed.clear()
            waiting = [(at, held) for held in self._held.values() if (at := _due_s(held)) is not None]
            now_s = self._now_s()
            await asyncio.gather(*(renew(held) for at, held in waiting if at <= now_s))
            ahead_s = [at - now_s for at, _ in waiting if at > now_s]
            await self._until_changed(min([*ahead_s, LOOK_EVERY_S]) if waiting else None)

    async def close(self) -> None:
        """Waits for what is under way, within a bounded time: an answer that is on its way may hold the only good token."""
        running = [held.renewal for held in self._held.values() if held.renewal is not None]
        if running:
            _, late = await asyncio.wait(running, timeout=CLOSE_WITHIN_S)
            for each in late:
                each.cancel()

    def _grant(self, held: Held) -> Grant:
        return Grant(
            held.account.kind, held.access.token, held.account.details, self.survey_of(held.account.id)
        )

    def _is_declared(self, account: Account) -> bool:
        """Whether the configuration file still says the same of it."""
        declared = self._reach.configured(account.id) if is_configured(account.id) else None
        return declared is not None and declared.fingerprint == account.fingerprint

    def _holding(self, account: Account) -> Held:
        return Held(account, AccessNow.of(account), renewable=False, forget=self._reach.forget)

    async def _fetched(self, id: str) -> Held:
        """An account that was added a moment ago, or that the configuration file declares."""
        try:
            account = await find_account(id, self._accounts, self._reach)
        except StorageError as error:
            raise self._renewer.away(error).error(self._now_s()) from None
        if account is None:
            raise gone(self._now_s()).error(self._now_s())
        self._reach.know(account.credential.values())
        held = self._held.setdefault(id, self._holding(account))
        held.renewable = _is_renewable(self._reach.logins(account.provider), account)
        return held

    async def _renewed(self, held: Held, refused: Secret | None) -> Trouble | None:
        """Joins the renewal under way, or begins one."""
        if refused is not None:
            held.refused = refused
        if held.renewal is None or held.renewal.done():
            held.renewal = asyncio.create_task(self._renewer.renew(held), name=f"renew {held.id}")
            held.renewal.add_done_callback(lambda _: self._changed.set())
        done, _ = await asyncio.wait([held.renewal], timeout=PATIENCE_S)
        return held.trouble if done else Trouble(f"no new access token came within {PATIENCE_S:g} s")

    async def _look_again(self, held: Held) -> None:
        """A token that nobody renews was refused: the upstream may have exchanged it, here or for another gateway."""
        if held.renewal is not None:
            await asyncio.wait([held.renewal], timeout=PATIENCE_S)
        with suppress(StorageError):
            if (row := await find_account(held.id, self._accounts, self._reach)) is not None:
                self._reach.know(row.credential.values())
                held.follow(row)

    async def _switch_off(self, held: Held, trouble: Trouble) -> None:
        """An account that no request has met yet. Where the settings are at fault, what it holds is used to its end."""
        if trouble.at_fault and held.access.is_valid(self._now_s()):
            return
        reason = self._reach.mask(trouble.off_reason)
        log.error("account switched off", account=held.id, text=reason)
        with suppress(StorageError):  # A request that meets it says so again.
            await self._accounts.switch_off(held.id, reason, round(self._now_s() * 1000))

    async def _until_changed(self, within_s: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._changed.wait()


def _due_s(held: Held) -> float | None:
    """When it is the background's turn to renew it; None for what it leaves alone."""
    at, trouble = held.access.due_s, held.trouble
    if not (held.account.enabled and held.renewable) or at is None or (trouble is not None and trouble.lost):
        return None
    return at if trouble is None else max(at, trouble.until_s)


def _is_renewable(logins: Logins | None, account: Account) -> bool:
    return logins is not None and account.kind in logins.kinds and logins.kinds[account.kind].renewable
