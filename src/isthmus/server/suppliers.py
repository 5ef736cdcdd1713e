"""A provider with its accounts: which of them takes a request, who waits for a place, and what is told to whom when none can."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from isthmus.core.commands import Spare
from isthmus.core.errors import Kind, Next, Scope, UpstreamError
from isthmus.core.losses import Policy
from isthmus.routing.pool import (
    AccountId,
    Change,
    Exhausted,
    Lease,
    Member,
    Pool,
    PoolRules,
    Strategy,
    Why,
)
from isthmus.server.cache import AnswerCache
from isthmus.server.sources import Source

MIN_WAIT_S: Final = 0.01


class Journal(Protocol):
    """Keeps what becomes of accounts. Called while requests run: it must neither wait nor raise."""

    def changed(self, provider: str, account: AccountId, change: Change) -> None: ...

    def used(
        self, account: AccountId, tokens_in: int, tokens_out: int, failure: UpstreamError | None
    ) -> None: ...


class NoJournal:
    """Nobody wants to know: for a gateway without a database."""

    def changed(self, provider: str, account: AccountId, change: Change) -> None:
        pass

    def used(
        self, account: AccountId, tokens_in: int, tokens_out: int, failure: UpstreamError | None
    ) -> None:
        pass


@dataclass(slots=True)
class Supplier:
    """One provider. `face` speaks for it where no account is chosen: abilities, model lists."""

    face: Source
    pool: Pool
    open: Callable[[AccountId], Source]
    """The provider as one account reaches it. Asked once per account and kept until `renew`."""
    journal: Journal = field(default_factory=NoJournal)
    max_attempts: int = 5
    queue_timeout_s: float = 10.0
    made_of: Mapping[AccountId, object] = field(default_factory=dict)
    """What an account's source is made of. As long as that stays equal, `renew` keeps the source, with all it has learned."""
    keyed: bool = True
    """Whether conversations are kept on an account: with one account, or another strategy, nobody need say which is which."""
    cache: AnswerCache | None = None
    """Of answers that may be given again."""
    failover_timeout_s: float = 15.0
    """How long a request that fails is tried again."""
    _sources: dict[AccountId, Source] = field(default_factory=dict, init=False)
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque, init=False)

    @property
    def name(self) -> str:
        return self.face.name

    @property
    def policy(self) -> Policy:
        return self.face.policy

    def source(self, account: AccountId) -> Source:
        source = self._sources.get(account)
        if source is None:
            source = self._sources[account] = self.open(account)
        return source

    def renew(self, changed: Supplier) -> None:
        """Becomes `changed`, but keeps the pool with all that is under way, and the sources that would be made the same."""
        self.face, self.open = changed.face, changed.open
        self.max_attempts, self.queue_timeout_s = changed.max_attempts, changed.queue_timeout_s
        self.keyed, self.cache = changed.keyed, changed.cache
        self.failover_timeout_s = changed.failover_timeout_s
        before, self.made_of = self.made_of, changed.made_of
        self._sources = {
            id: source
            for id, source in self._sources.items()
            if id in before and before[id] == self.made_of.get(id)
        }
        self._wake(everybody=True)

    async def lease(
        self,
        model: str,
        affinity: str | None,
        tokens: int,
        tried: Collection[AccountId],
        *,
        within_s: float | None = None,
    ) -> Lease | Exhausted:
        """A place at an account. When all are busy, waits for one as long as requests may queue, and no longer than `within_s`."""
        queue_s = self.queue_timeout_s if within_s is None else min(self.queue_timeout_s, within_s)
        chosen = self.pool.choose(time.time(), model, affinity=affinity, tokens=tokens, excluded=tried)
        if isinstance(chosen, Lease) or chosen.why is not Why.BUSY or queue_s <= 0:
            return chosen
        loop = asyncio.get_running_loop()
        until = loop.time() + queue_s
        while isinstance(chosen, Exhausted) and chosen.why is Why.BUSY and (left := until - loop.time()) > 0:
            await self._turn(left if chosen.retry_after_s is None else min(left, chosen.retry_after_s))
            chosen = self.pool.choose(time.time(), model, affinity=affinity, tokens=tokens, excluded=tried)
        return chosen

    def answered(self, lease: Lease) -> None:
        """The first byte of a good answer is here."""
        if change := self.pool.answered(lease, time.time()):
            self.journal.changed(self.name, lease.account, change)
            self._wake(everybody=True)

    def release(
        self,
        lease: Lease,
        failure: UpstreamError | None,
        tokens_in: int = 0,
        tokens_out: int = 0,
        *,
        rest: UpstreamError | None = None,
        spare: Spare | None = None,
    ) -> None:
        """The attempt is over. `failure` is the upstream's; None also for a client that left. `rest` is why the account should
        rest although it answered, `spare` how long others should go before it."""
        now_s = time.time()
        if spare is not None:
            self.pool.spare(lease, spare, now_s)
        judged = failure or rest
        if judged is not None and (change := self.pool.failed(lease, judged, now_s)):
            self.journal.changed(self.name, lease.account, change)
        self.pool.release(lease, now_s, tokens_in + tokens_out if failure is None else None)
        if lease.is_answered or failure is not None:
            self.journal.used(lease.account, tokens_in, tokens_out, failure)
        self._wake()

    def refusal(
        self, exhausted: Exhausted, failure: UpstreamError | None, model: str = "this model"
    ) -> UpstreamError:
        """What the client is told when nobody can take its request. `failure` is that of the last account tried."""
        if failure is not None and not _is_of_the_account(failure):
            return failure
        wait_s = exhausted.retry_after_s
        if failure is not None and failure.kind is Kind.RATE_LIMIT and wait_s is not None:
            failure.retry_after_s = wait_s
            return failure
        match exhausted.why:
            case Why.LIMITED | Why.ALL_TRIED if wait_s is not None:
                said = f"every account of provider {self.name!r} is at its limit"
                scope = Scope.ACCOUNT if exhausted.is_spent else Scope.MODEL
                return _refusal(said, Kind.RATE_LIMIT, wait_s, exhausted, scope)
            case Why.SICK:
                said = f"every account of provider {self.name!r} rests after failures of the upstream"
                return _refusal(said, Kind.OVERLOADED, wait_s, exhausted)
            case Why.LACKING if failure is None:
                said = f"provider {self.name!r} does not have {model}"
                return _refusal(said, Kind.MODEL_NOT_FOUND, None, exhausted)
            case Why.BUSY:
                said = f"every account of provider {self.name!r} is busy"
                return _refusal(said, Kind.OVERLOADED, wait_s, exhausted)
            case _ if failure is not None:
                return failure
            case _:
                said = f"provider {self.name!r} has no account that may be used: add one, or switch one on"
                return _refusal(said, Kind.UPSTREAM, None, exhausted)

    async def _turn(self, at_most_s: float) -> None:
        """Until a place may have come free, or `at_most_s` have passed."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await asyncio.wait((turn,), timeout=max(at_most_s, MIN_WAIT_S))
        except asyncio.CancelledError:
            if turn.done():
                self._wake()  # Whoever left had been given the turn.
            raise
        finally:
            turn.cancel()

    def _wake(self, *, everybody: bool = False) -> None:
        """Lets the first of those who wait look again, or all of them."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                if not everybody:
                    return


def _is_of_the_account(failure: UpstreamError) -> bool:
    """Whether it says something of the account that was asked, and so nothing of the others."""
    lacks_model = failure.kind is Kind.MODEL_NOT_FOUND and failure.next is Next.OTHER_ACCOUNT
    return lacks_model or failure.kind is Kind.RATE_LIMIT or failure.scope is not Scope.MODEL


def _refusal(
    said: str, kind: Kind, wait_s: float | None, exhausted: Exhausted, scope: Scope = Scope.MODEL
) -> UpstreamError:
    return UpstreamError(
        said, kind=kind, next=Next.NOTHING, scope=scope, retry_after_s=wait_s, detail=exhausted.text
    )


def alone(source: Source, *, id: str | None = None, max_attempts: int = 5) -> Supplier:
    """A provider with the one credential that its settings have."""
    account = AccountId(id or f"config:{source.name}")
    pool = Pool(Strategy.PRIORITY, [Member(account, read_only=True)], PoolRules())
    return Supplier(source, pool, lambda _: source, max_attempts=max_attempts, keyed=False)
