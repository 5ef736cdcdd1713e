"""One account's access renewed, by one gateway of all that share the database.

    the row ── somebody has renewed it ──────▶ taken over
    the lease `renew:ID` ── held elsewhere ──▶ the row is looked at until it is new, or the lease is ours
    the token service ──▶ new tokens ──▶ committed ──▶ used

The order of the last line is what matters. Services that rotate refresh tokens let the former one die when its successor, or
the access token that came with it, is first used. Nothing of an answer is used before it is durable, so whenever a process is
killed, what the row says still works. A service that forgets the former one as it answers can lose it to a kill between that
moment and the commit; no client can help that.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from isthmus.control.access import AccessNow, Trouble, shown
from isthmus.control.account_views import is_configured
from isthmus.control.steps import carry_out
from isthmus.core.commands import Call, Reply
from isthmus.core.errors import UpstreamError
from isthmus.core.logins import REFRESH_TOKEN, Access, Holder, LoginError, LoginProblem, Logins
from isthmus.core.secret import Secret
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.errors import StorageError
from isthmus.storage.leases import LeaseStore

log = structlog.get_logger("isthmus")

LEASE_S: Final = 20.0
"""A gateway that was killed holds up the others no longer than a request waits (`PATIENCE_S`)."""
LOOK_AGAIN_S: Final = 0.3
"""How often the row is looked at while another gateway renews it."""
FIRST_WAIT_S: Final = 2.0
LONGEST_WAIT_S: Final = 300.0
"""After failures that may pass, where the service names no time."""
DATABASE_AGAIN_S: Final = 5.0
_TOKENS: Final = 3
"""Tries within one renewal, each with another refresh token that somebody has stored meanwhile."""
_FORMER: Final = 2
"""So many credentials of the past are still masked in the log, since requests may be under way with them."""

Secrets = Callable[[Iterable[Secret]], None]


@dataclass(frozen=True, slots=True)
class Reach:
    """What renewing needs of the world beside the database."""

    logins: Callable[[str], Logins | None]
    """By name of the provider; None where accounts do not sign in."""
    ask: Callable[[Account, Call], Awaitable[Reply]]
    """Sends a request the way that this account takes. Raises `UpstreamError` when no answer came."""
    know: Secrets = lambda _: None
    """Secrets that came up, to be masked in logs."""
    forget: Secrets = lambda _: None
    mask: Callable[[str], str] = lambda text: text
    """A text without those secrets, for what is written down of an upstream's words."""
    configured: Callable[[str], Account | None] = lambda _: None
    """By id: an account that the configuration file declares. Nothing is stored of those."""


async def find_account(id: str, stored: AccountStore, reach: Reach) -> Account | None:
    """Wherever it is declared. Raises `StorageError`."""
    return reach.configured(id) if is_configured(id) else await stored.find(id)


@dataclass(slots=True)
class Held:
    """An account as this process knows it."""

    account: Account
    access: AccessNow
    renewable: bool
    forget: Secrets
    renewal: asyncio.Task[None] | None = None
    refused: Secret | None = None
    """The last token that the upstream would not take."""
    trouble: Trouble | None = None
    """Why the last renewal failed; None when it went well."""
    strikes: int = 0
    _former: list[list[Secret]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.account.id

    def has(self, members: Mapping[str, Secret]) -> bool:
        """Whether the credential has these values already."""
        return all(self.account.credential.get(name) == value for name, value in members.items())

    def follow(self, row: Account) -> bool:
        """Takes over a row that was read. Whether it has another access token than was known."""
        found = AccessNow.of(row)
        if (
            row.updated_ms != self.account.updated_ms
        ):  # An operator's doing, which may have mended what was wrong.
            self.trouble, self.strikes, self.refused = None, 0, None
        elif any(found.token in some for some in self._former):
            # It was read before the last renewal was written. The ends of both would not tell: one may be unknown, and a
            # service may give a shorter life than before.
            return False
        is_new = found.token != self.access.token or found.expires_s != self.access.expires_s
        self.use(row, found if is_new else self.access)
        return is_new

    def use(self, row: Account, access: AccessNow) -> None:
        kept = {*row.credential.values()}
        if former := [each for each in self.account.credential.values() if each not in kept]:
            self._former.append(former)
            self.forget(each for some in self._former[:-_FORMER] for each in some)
            del self._former[:-_FORMER]
        self.account, self.access = row, access


class Renewer:
    def __init__(
        self, accounts: AccountStore, leases: LeaseStore, reach: Reach, now_s: Callable[[], float]
    ) -> None:
        self._accounts = accounts
        self._leases = leases
        self._reach = reach
        self._now_s = now_s
        self._owner = secrets.token_hex(16)

    async def renew(self, held: Held) -> None:
        """Gives `held` new access, or `trouble`. Raises nothing."""
        try:
            trouble = await self._carefully(held)
        except StorageError as error:
            trouble = self.away(error)
        except Exception:
            # A bug in what a provider makes of its service's words. Those who wait are told of trouble that passes, and other
            # accounts are renewed.
            log.exception("renewing an account's access failed", account=held.id)
            trouble = Trouble("an error of the gateway's own: see its log", self._later_s(held, None))
        held.trouble = trouble
        if trouble is None:
            held.strikes = 0
        else:
            log.warning("an account's access was not renewed", account=held.id, reason=trouble.reason)

    def away(self, error: StorageError) -> Trouble:
        return Trouble(f"the database does not answer: {error}", self._now_s() + DATABASE_AGAIN_S)

    async def _carefully(self, held: Held) -> Trouble | None:
        name = f"renew:{held.id}"
        while True:
            if (row := await self._accounts.find(held.id)) is None:
                return gone(self._now_s())
            if self._is_new(held, row):
                return None
            if await self._leases.acquire(name, self._owner, round(LEASE_S * 1000), self._now_ms()):
                break
            await asyncio.sleep(LOOK_AGAIN_S)
        keeping = asyncio.create_task(self._keep_lease(name))
        try:
            return await self._under_lease(held)
        finally:
            keeping.cancel()
            with suppress(StorageError):
                await self._leases.release(name, self._owner)

    async def _under_lease(self, held: Held) -> Trouble | None:
        lost: Trouble | None = None
        asked: set[Secret | None] = set()
        for _ in range(_TOKENS):
            # Again: whoever had the lease before may have written since, and a token that is lost may have a successor.
            if (row := await self._accounts.find(held.id)) is None:
                return gone(self._now_s())
            if self._is_new(held, row):
                return None
            used = held.account.credential.get(REFRESH_TOKEN)
            if used in asked:
                break
            asked.add(used)
            try:
                access = await self._ask(held.account)
            except LoginError as error:
                lost = self._trouble(held, error)
                if not lost.lost:
                    return lost
            except UpstreamError as error:
                return Trouble(error.detail or error.message, self._later_s(held, error.retry_after_s))
            else:
                return await self._keep(held, used, access)
        return lost

    def _is_new(self, held: Held, row: Account) -> bool:
        """Whether the row, which is taken over, has a good access token that others have got meanwhile."""
        return held.follow(row) and held.access.is_good(self._now_s(), held.refused)

    async def _ask(self, account: Account) -> Access:
        logins = self._reach.logins(account.provider)
        if logins is None:
            said = f"provider {account.provider!r} has no accounts that sign in"
            raise LoginError(LoginProblem.REFUSED, said)
        holder = Holder(account.kind, account.credential, account.details)

        async def ask(call: Call) -> Reply:
            return await self._reach.ask(account, call)

        return await carry_out(logins.renew(holder), ask)

    async def exchange(self, held: Held, used: Secret, members: Mapping[str, Secret]) -> None:
        """Keeps what the upstream gave, by itself, in place of the token `used`. Raises nothing."""
        try:
            self._reach.know(members.values())
            if is_configured(held.id):
                self._use_unstored(held, used, shown(members))
                return
            kept = await self._saved(held.id, lambda: self._accounts.keep(held.id, used, members))
            if kept is not None:
                held.use(kept, AccessNow.of(kept))
                log.info("an account has another credential", account=kept.id, provider=kept.provider)
        except Exception:
            # A bug, as an absent database is waited for. Nobody awaits this task for its result: it is said here or nowhere.
            log.exception("keeping an account's new credential failed", account=held.id)

    def _use_unstored(self, held: Held, used: Secret, token: Secret) -> None:
        """The file is its operator's to write: they are told, and meanwhile the account goes on."""
        credential = held.account.credential
        if used not in credential.values():
            return
        changed = {name: token if value == used else value for name, value in credential.items()}
        account = replace(held.account, credential=changed)
        held.use(account, AccessNow.of(account))
        log.warning(
            "an account of the configuration file has another credential, which is lost when this gateway ends: "
            "add the account with `isthmus accounts add`, so that it is kept",
            account=account.id,
            provider=account.provider,
        )

    async def _keep(self, held: Held, used: Secret | None, access: Access) -> Trouble | None:
        """Writes down what may be the only good token. Then, and not before, it is used."""
        self._reach.know(access.credential.values())
        got_s = self._now_s()
        kept = await self._saved(held.id, lambda: self._accounts.renew(held.id, used, access))
        if kept is None:
            return gone(self._now_s())
        held.use(kept, AccessNow.of(kept, got_s))
        log.info("an account's access was renewed", account=kept.id, provider=kept.provider)
        return None

    async def _saved(self, id: str, save: Callable[[], Awaitable[Account | None]]) -> Account | None:
        """However long the database is away."""
        wait_s = 0.5
        while True:
            try:
                return await save()
            except StorageError as error:
                log.warning("a new access cannot be saved, and waits", account=id, error=str(error))
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, 15.0)

    async def _keep_lease(self, name: str) -> None:
        while True:
            await asyncio.sleep(LEASE_S / 3)
            with suppress(StorageError):
                await self._leases.renew(name, self._owner, round(LEASE_S * 1000), self._now_ms())

    def _trouble(self, held: Held, error: LoginError) -> Trouble:
        match error.problem:
            case LoginProblem.LOST | LoginProblem.EXPIRED | LoginProblem.DENIED:
                return Trouble(error.message, lost=True)
            case LoginProblem.REFUSED:
                return Trouble(error.message, self._later_s(held, LONGEST_WAIT_S), at_fault=True)
            case LoginProblem.PASSING:
                return Trouble(error.message, self._later_s(held, error.wait_s))

    def _later_s(self, held: Held, wait_s: float | None) -> float:
        """A little longer each time, unless the service says."""
        held.strikes += 1
        longer_s = min(FIRST_WAIT_S * 2.0 ** min(held.strikes - 1, 16), LONGEST_WAIT_S)
        return self._now_s() + (wait_s or longer_s)

    def _now_ms(self) -> int:
        return round(self._now_s() * 1000)


def gone(now_s: float) -> Trouble:
    return Trouble("the account was removed", now_s + LONGEST_WAIT_S, at_fault=True)
