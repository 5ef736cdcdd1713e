"""What happened lately: requests by the minute, and the addresses they came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.control.clock import now_ms
from isthmus.control.failures import FieldProblem, Invalid
from isthmus.control.ips import rules_of
from isthmus.control.logs import OwnKeys
from isthmus.control.people import Person
from isthmus.routing.ip_rules import Block
from isthmus.storage.ips import BlockStore
from isthmus.storage.log_filter import LogFilter
from isthmus.storage.recent import MINUTE_MS, Address, Minute, RecentRequests

MAX_MINUTES: Final = 180
DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Course:
    """The last minutes, each of them, with or without requests."""

    since_ms: int
    until_ms: int
    minutes: Sequence[Minute]
    complete: bool
    """False: more requests than are looked at; what is missing is the oldest."""


@dataclass(frozen=True, slots=True)
class Caller:
    """An address, and whether it is refused now."""

    address: Address
    block: Block | None


@dataclass(frozen=True, slots=True)
class Callers:
    since_ms: int
    until_ms: int
    callers: Sequence[Caller]
    complete: bool


@dataclass(frozen=True, slots=True)
class RecentService:
    requests: RecentRequests
    blocks: BlockStore
    own_keys: OwnKeys
    now_ms: Callable[[], int] = now_ms

    async def course(
        self,
        person: Person,
        minutes: int,
        provider: str | None = None,
        model: str | None = None,
        key_id: str | None = None,
    ) -> Course:
        """Up to the minute that has just begun. A holder's own requests."""
        own, now = await self.own_keys(person), self.now_ms()
        since = now - now % MINUTE_MS - (min(minutes, MAX_MINUTES) - 1) * MINUTE_MS
        keys = None if own is None else frozenset(own)
        wanted = LogFilter(
            since_ms=since, until_ms=now + 1, provider=provider, model=model, key_id=key_id, keys=keys
        )
        found = await self.requests.minutes(wanted)
        by_minute = {each.at_ms: each for each in found.rows}
        every = range(since, now + 1, MINUTE_MS)
        filled = [by_minute.get(at) or Minute(at, 0, 0, 0, 0) for at in every]
        return Course(since, now, filled, found.complete)

    async def addresses(self, since_ms: int | None, until_ms: int | None, limit: int) -> Callers:
        """With most requests first; the last 24 hours unless said otherwise. Raises `Invalid`."""
        now = self.now_ms()
        until = now if until_ms is None else until_ms
        since = until - DAY_MS if since_ms is None else since_ms
        if since >= until:
            message = "must be before `until`"
            raise Invalid(f"since: {message}", [FieldProblem("since", message)])
        found = await self.requests.addresses(LogFilter(since_ms=since, until_ms=until), limit)
        rules = rules_of(await self.blocks.load(now))
        callers = [Caller(each, rules.match(each.client, now / 1000)) for each in found.rows]
        return Callers(since, until, callers, found.complete)
