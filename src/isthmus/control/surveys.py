"""What upstreams say about their accounts: read when an account is used and what is known is old, or when an operator asks.

Requests see what is in memory (docs/decisions/0007); a survey that is missing or old is read behind them. Gateways on one
database share what they read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final, Protocol

import structlog

from isthmus.control.account_views import is_configured
from isthmus.control.failures import Conflict, NotFound, Throttled, Unavailable
from isthmus.control.renewing import Reach, find_account
from isthmus.control.steps import carry_out
from isthmus.core.commands import Call, Grant, Keep, Reply
from isthmus.core.errors import AccessEnded, NoAccess, Scope, UpstreamError
from isthmus.core.logins import Logins
from isthmus.core.secret import Secret
from isthmus.core.survey import KeptSurvey, Quota, Survey
from isthmus.routing.cooldown import Change, CoolingReason, words_of
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.errors import StorageError
from isthmus.storage.surveys import SurveyStore

log = structlog.get_logger("isthmus")

OLD_S: Final = 3600.0
"""A survey of that age is read anew behind the next request."""
WRITE_AFTER_S: Final = 5.0
"""What answers say of allowances is written so much later, so that a busy account costs few writes."""
LEAST_APART_S: Final = 300.0
"""Two surveys of one account are at least so far apart, whoever wants them."""
AT_A_TIME: Final = 4
PERCENT: Final = "%"


class Granting(Protocol):
    async def grant(self, account: str, refused: Secret | None) -> Grant:
        """Raises `UpstreamError`."""
        ...

    def keep(self, account: str, told: Keep) -> None:
        """Neither waits nor raises."""
        ...


class Surveys:
    """Everything happens on one event loop. `run` beside it reads what requests found missing."""

    def __init__(
        self,
        store: SurveyStore,
        accounts: AccountStore,
        keeper: Granting,
        reach: Reach,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._keeper = keeper
        self._reach = reach
        self._now_s = now_s
        self._kept: dict[str, KeptSurvey] = {}
        self._wanted: dict[str, int] = {}
        """Account → the survey must have been read since."""
        self._tried_ms: dict[str, int] = {}
        self._asked = asyncio.Event()
        self._news: set[str] = set()
        """Accounts whose allowances an answer told, not written yet."""
        self._heard = asyncio.Event()

    # For requests

    async def load(self) -> None:
        """What was read before. Raises `StorageError`."""
        self._kept = await self._store.load_all()

    def show(self, account: str) -> Survey | None:
        """What is known of an account that is about to be used."""
        kept = self._of_present(account, self._kept.get(account))
        since_ms = self._now_ms() - round(OLD_S * 1000)
        if kept is None or kept.read_ms < since_ms:
            self._want(account, since_ms)
        return None if kept is None else kept.survey

    def changed(self, provider: str, account: str, change: Change) -> None:
        """What becomes of accounts, as a journal hears it: one that lacks a model may have another list by now."""
        if change.cooling is not None and change.cooling.reason is CoolingReason.NO_MODEL:
            self._want(account, self._now_ms())

    def heard(self, account: str, quotas: Sequence[Quota]) -> None:
        """Allowances that came with an answer, in place of those of the same name. Where nothing is known, all of it is read."""
        kept = self._of_present(account, self._kept.get(account))
        if kept is None:
            self._want(account, self._now_ms())
            return
        all_quotas = {each.name: each for each in (*kept.survey.quotas, *quotas)}
        self._kept[account] = replace(kept, survey=replace(kept.survey, quotas=tuple(all_quotas.values())))
        self._news.add(account)
        self._heard.set()

    async def run(self) -> None:
        """Reads what is wanted and writes what is heard, until it is cancelled."""
        await asyncio.gather(self._read_wanted(), self._write_heard())

    async def _write_heard(self) -> None:
        while True:
            await self._heard.wait()
            self._heard.clear()
            await asyncio.sleep(WRITE_AFTER_S)
            news, self._news = self._news, set()
            for id in news:
                with suppress(StorageError):  # It will be read again.
                    await self._store.save(id, self._kept[id])

    async def _read_wanted(self) -> None:
        places = asyncio.Semaphore(AT_A_TIME)

        async def read(id: str, since_ms: int) -> None:
            async with places:
                await self._read_behind(id, since_ms)

        while True:
            await self._asked.wait()
            self._asked.clear()
            wanted, self._wanted = self._wanted, {}
            await asyncio.gather(*(read(id, since_ms) for id, since_ms in wanted.items()))

    # For operators

    async def last(self, id: str) -> KeptSurvey | None:
        """The last one, whichever gateway read it. None: there is none yet. Raises `NotFound` and `Conflict`."""
        await self._surveyed(id)
        return (await self.last_of([id])).get(id)

    async def last_of(self, ids: Sequence[str]) -> dict[str, KeptSurvey]:
        """Of those that have one."""
        found = await self._store.load(ids)
        return {id: kept for id, kept in found.items() if self._of_present(id, kept) is not None}

    async def read_now(self, id: str) -> KeptSurvey:
        """Raises `NotFound`, `Conflict`, `Throttled` when the last one is too new, and `Unavailable` with the upstream's words."""
        account, logins = await self._surveyed(id)
        last = (await self.last_of([id])).get(id)
        if last is not None and last.read_ms >= account.updated_ms:
            again_s = last.read_ms / 1000 + LEAST_APART_S - self._now_s()
            if again_s > 0:
                raise Throttled(
                    f"account {id} was asked less than {LEAST_APART_S / 60:g} minutes ago: read what it said, or ask later",
                    again_s,
                )
        try:
            return await self._read(account, logins)
        except UpstreamError as error:
            said = f"{error.message} ({error.detail})" if error.detail else error.message
            raise Unavailable(f"account {id} cannot be surveyed: {self._reach.mask(said)}") from None

    # How

    def _want(self, id: str, since_ms: int) -> None:
        if self._now_ms() - self._tried_ms.get(id, 0) >= LEAST_APART_S * 1000:
            self._wanted[id] = since_ms
            self._asked.set()

    async def _surveyed(self, id: str) -> tuple[Account, Logins]:
        account = await self._find(id)
        if account is None:
            raise NotFound(f"no account {id!r}: the list of accounts has the ids that exist")
        logins = self._reach.logins(account.provider)
        if logins is None:
            raise Conflict(
                f"account {id} is not surveyed: provider {account.provider!r} tells nothing of its accounts"
            )
        return account, logins

    async def _read_behind(self, id: str, since_ms: int) -> None:
        self._tried_ms[id] = self._now_ms()
        try:
            others = (await self.last_of([id])).get(id)
            if others is not None and others.read_ms >= since_ms:
                self._kept[id] = others
                return
            account = await self._find(id)
            logins = None if account is None else self._reach.logins(account.provider)
            if account is not None and logins is not None:
                await self._read(account, logins)
        except (UpstreamError, StorageError) as error:
            log.info("an account was not surveyed", account=id, error=str(error))
        except Exception:
            # A bug in what one provider makes of its service's words. Surveys of all others, which run in the same task, go on.
            log.exception("surveying an account failed", account=id)

    async def _read(self, account: Account, logins: Logins) -> KeptSurvey:
        try:
            survey = await ask_for_survey(account, logins, self._keeper, self._reach)
        except UpstreamError as error:
            if error.scope is Scope.CREDENTIAL:
                await self._switch_off(account, self._reach.mask(words_of(error)))
            raise
        kept = KeptSurvey(survey, self._now_ms(), account.fingerprint if is_configured(account.id) else None)
        with suppress(StorageError):  # Others will read it themselves.
            await self._store.save(account.id, kept)
        self._kept[account.id] = kept
        return kept

    async def _find(self, id: str) -> Account | None:
        return await find_account(id, self._accounts, self._reach)

    def _of_present(self, id: str, kept: KeptSurvey | None) -> KeptSurvey | None:
        """None for what was said of an account that the configuration file declared before, in place of the present one."""
        if kept is None or not is_configured(id):
            return kept
        declared = self._reach.configured(id)
        return kept if declared is not None and declared.fingerprint == kept.read_with else None

    async def _switch_off(self, account: Account, reason: str) -> None:
        """As if a request had met the refusal; unless an operator has changed the account since it was read. One of the
        configuration file can only rest, once a request meets it."""
        with suppress(StorageError):  # A request that meets it says so again.
            row = await self._accounts.find(account.id)
            if row is not None and row.enabled and row.updated_ms == account.updated_ms:
                log.error("account switched off", account=account.id, text=reason)
                await self._accounts.switch_off(account.id, reason, self._now_ms())

    def _now_ms(self) -> int:
        return round(self._now_s() * 1000)


async def ask_for_survey(account: Account, logins: Logins, keeper: Granting, reach: Reach) -> Survey:
    """With another token, once, where the first has ended. What the upstream exchanges meanwhile is kept. Raises `UpstreamError`:
    with scope `CREDENTIAL` when the account is of no use as it is."""

    async def ask(call: Call) -> Reply:
        return await reach.ask(account, call)

    def keep(told: Keep) -> None:
        keeper.keep(account.id, told)

    grant = await keeper.grant(account.id, None)
    try:
        return await carry_out(logins.survey(grant), ask, keep)
    except AccessEnded as ended:
        try:
            another = await keeper.grant(account.id, grant.token)
        except NoAccess:
            raise ended from None  # The upstream's own words say more.
    return await carry_out(logins.survey(another), ask, keep)


def allowance(survey: Survey) -> Quota | None:
    """All that counts, added up as one; no limit where a part has none. Of percentages it is the highest, as they cannot be
    added. None: nothing is known."""
    counted = [each for each in survey.quotas if each.counts]
    if not counted:
        return None
    same = [each for each in counted if each.unit == counted[0].unit]
    if counted[0].unit == PERCENT:
        return max(same, key=lambda each: each.used)
    limits = [each.limit for each in same if each.limit is not None]
    return Quota(
        same[0].name,
        sum(each.used for each in same),
        sum(limits) if len(limits) == len(same) else None,
        same[0].unit,
        survey.resets_ms or same[0].resets_ms,
    )


Last = Callable[[Sequence[str]], Awaitable[dict[str, KeptSurvey]]]
"""Of several accounts, those that have one."""


async def none_known(ids: Sequence[str]) -> dict[str, KeptSurvey]:
    return {}
