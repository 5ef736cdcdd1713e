"""Meters in a Redis (or Valkey) that several gateways share. One script per decision, so no two gateways can both take
the last of something.

The decisions are those of `isthmus.routing.meters`; the scripts beside this file repeat its arithmetic, and one suite of
tests holds both to the same answers. Time comes from the gateways: their clocks have to agree to within a second.

A concurrency slot is a lease of 90 s that `keep_leases` renews while its request runs. When a gateway dies, its slots are
free again 90 s later.

When Redis does not answer within the time-out, requests go on: each gateway then limits by itself, in memory, and asks
Redis again every 5 s. So an outage lets a key use at most its maximum once more per gateway, and costs nobody an answer.
What is settled in that time for reservations Redis gave is not corrected there. Nothing is sent twice: a repeated
command that had already worked would count a request two times. Whoever is cancelled while it reserves may leave a lease
behind, which nobody renews.

Subjects stand in the keys, so they must be ids, never credentials.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from importlib import resources
from typing import Any, Final, Self

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig

from isthmus.core.secret import Secret
from isthmus.limiting.memory import MemoryLimiter
from isthmus.routing.limits import Calendar, Demand, Limit, Refused, Reservation, Sliding, Standing, Unit
from isthmus.routing.meters import (
    CONCURRENCY_RETRY_S,
    leaves_at_s,
    once_per_meter,
    refusal,
    slot_of,
    standing,
)

log = structlog.get_logger("isthmus")

PREFIX: Final = "isthmus:limits:"
LEASE_S: Final = 90.0
RENEWED_EVERY_S: Final = 30.0
TIMEOUT_S: Final = 0.5
PAUSE_S: Final = 5.0
"""Between two attempts while Redis does not answer."""
CONNECTIONS: Final = 32
_DAY_MS: Final = 86_400_000
_FAILURES: Final = (RedisError, OSError, TimeoutError)


class RedisLimiter:
    """A `Limiter` for several gateways. Run `keep_leases` beside it, and `close` it at the end."""

    def __init__(
        self,
        client: Redis,
        *,
        prefix: str = PREFIX,
        timeout_s: float = TIMEOUT_S,
        pause_s: float = PAUSE_S,
        local: MemoryLimiter | None = None,
    ) -> None:
        self._client = client
        self._prefix = prefix
        self._timeout_s = timeout_s
        self._pause_s = pause_s
        self._local = MemoryLimiter() if local is None else local
        self._away = False
        self._ask_again_at_s = 0.0
        self._running: dict[str, Reservation] = {}
        self._process = secrets.token_hex(6)
        self._lease_numbers = itertools.count()
        self._reserve = client.register_script(_script("reserve"))
        self._settle = client.register_script(_script("settle"))
        self._standing = client.register_script(_script("standing"))
        self._restore = client.register_script(_script("restore"))

    @classmethod
    def connect(cls, url: Secret, *, prefix: str = PREFIX, timeout_s: float = TIMEOUT_S) -> Self:
        """For `redis://`, `rediss://` and `unix://` addresses. Connects with the first request, not here.

        Raises `ValueError` for another address. The pool makes a burst wait for a connection; the library's ordinary one
        refuses it.
        """
        pool = BlockingConnectionPool.from_url(
            url.reveal(),
            max_connections=CONNECTIONS,
            timeout=timeout_s,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
            # With them the library does not look whether an idle connection was closed, and the next command fails.
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )
        return cls(Redis.from_pool(pool), prefix=prefix, timeout_s=timeout_s)

    @property
    def reachable(self) -> bool:
        """Whether Redis answered last time."""
        return not self._away

    async def close(self) -> None:
        await self._client.aclose()

    async def reserve(
        self, subject: str, limits: Sequence[Limit], demand: Demand, now_s: float
    ) -> Reservation | Refused:
        lease, counted = f"{self._process}-{next(self._lease_numbers)}", set[str]()
        if not limits:
            return Reservation(subject, limits, demand, now_s, lease)
        arguments: list[str | int | float] = [now_s, lease, now_s + LEASE_S]
        for limit in limits:
            taken = 0 if limit.meter in counted else demand.of(limit.unit)
            arguments += [_kind(limit), limit.maximum, demand.room_for(limit.unit), taken]
            arguments += [_slot(limit, now_s), _ttl_ms(limit, now_s)]
            counted.add(limit.meter)
        answer = await self._ask(
            self._reserve, [self._key(subject, limit, now_s) for limit in limits], arguments
        )
        if answer is None:
            return await self._local.reserve(subject, limits, demand, now_s)
        if answer[0]:
            limit, used, slot = limits[answer[0] - 1], answer[1], answer[2]
            return refusal(limit, demand.room_for(limit.unit), used, _room_after_s(limit, slot, now_s))
        reservation = Reservation(subject, limits, demand, now_s, lease)
        if any(limit.unit is Unit.CONCURRENCY for limit in limits):
            self._running[lease] = reservation
        return reservation

    async def settle(self, reservation: Reservation, actual: Demand, now_s: float) -> None:
        if not reservation.lease:
            await self._local.settle(reservation, actual, now_s)
            return
        if reservation.settled or not reservation.limits:
            return
        reservation.settled = True
        self._running.pop(reservation.lease, None)
        subject, then_s = reservation.subject, reservation.reserved_at_s
        keys: list[str] = []
        arguments: list[str | int | float] = [reservation.lease]
        for limit in once_per_meter(reservation.limits):
            beyond = actual.of(limit.unit) - reservation.demand.of(limit.unit)
            keys += [self._key(subject, limit, then_s), self._key(subject, limit, now_s)]
            arguments += [_kind(limit), max(0, -beyond), max(0, beyond)]
            arguments += [_slot(limit, then_s), _slot(limit, now_s), _ttl_ms(limit, now_s)]
        await self._ask(self._settle, keys, arguments)

    async def standing(self, subject: str, limits: Sequence[Limit], now_s: float) -> list[Standing]:
        if not limits:
            return []
        keys = [self._key(subject, limit, now_s) for limit in limits]
        arguments: list[str | int | float] = [now_s]
        for limit in limits:
            arguments += [_kind(limit), _slot(limit, now_s)]
        answer = await self._ask(self._standing, keys, arguments)
        if answer is None:
            return await self._local.standing(subject, limits, now_s)
        figures = zip(limits, answer[::2], answer[1::2], strict=True)
        return [
            standing(limit, used, _empty_after_s(limit, used, slot, now_s)) for limit, used, slot in figures
        ]

    async def restore(self, subject: str, limit: Limit, used: int, now_s: float) -> None:
        """Also in memory, for a time without Redis."""
        await self._local.restore(subject, limit, used, now_s)
        await self._ask(self._restore, [self._key(subject, limit, now_s)], [used, _ttl_ms(limit, now_s)])

    async def keep_leases(self) -> None:
        """Renews the slots of running requests, until it is cancelled."""
        while True:
            await asyncio.sleep(RENEWED_EVERY_S)
            await self.renew(time.time())

    async def renew(self, now_s: float) -> None:
        """Moves the end of every lease. One that has run out meanwhile stays gone: others have its slot by now."""
        if not self._running:
            return
        pipeline = self._client.pipeline(transaction=False)
        for lease, reservation in self._running.items():
            for limit in reservation.limits:
                if limit.unit is Unit.CONCURRENCY:
                    key = self._key(reservation.subject, limit, now_s)
                    pipeline.zadd(key, {lease: now_s + LEASE_S}, xx=True)
                    pipeline.pexpire(key, _ttl_ms(limit, now_s))
        await self._try(pipeline.execute)

    async def _ask(self, script: AsyncScript, keys: list[str], arguments: list[str | int | float]) -> Any:
        """What the script says; None when Redis does not answer."""
        return await self._try(lambda: script(keys, arguments))

    async def _try(self, command: Callable[[], Awaitable[Any]]) -> Any:
        """The answer to a command; None when there is none within the time-out, or lately was none."""
        if self._away and time.monotonic() < self._ask_again_at_s:
            return None
        # One request at a time finds out whether Redis is back; the others do not wait for it.
        self._ask_again_at_s = time.monotonic() + self._pause_s
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await command()
        except _FAILURES as error:
            self._lost(error)
            return None
        if self._away:
            self._away = False
            log.info("limits_shared_again")
        return answer

    def _lost(self, error: Exception) -> None:
        self._ask_again_at_s = time.monotonic() + self._pause_s
        if not self._away:
            self._away = True
            log.warning(
                "limits_not_shared",
                error=f"{type(error).__name__}: {error}",
                hint="redis does not answer: until it does, each gateway limits by itself",
            )

    def _key(self, subject: str, limit: Limit, now_s: float) -> str:
        key = f"{self._prefix}{{{subject}}}:{limit.meter}"
        return f"{key}:{limit.window.span(now_s)[0]}" if isinstance(limit.window, Calendar) else key


def _script(name: str) -> str:
    folder = resources.files("isthmus.limiting")
    return "\n".join((folder / f"{part}.lua").read_text("utf-8") for part in ("meters", name))


def _kind(limit: Limit) -> str:
    match limit.window:
        case Sliding():
            return "sliding"
        case Calendar():
            return "calendar"
        case None:
            return "concurrency"


def _slot(limit: Limit, now_s: float) -> int:
    return slot_of(now_s, limit.window.seconds) if isinstance(limit.window, Sliding) else 0


def _ttl_ms(limit: Limit, now_s: float) -> int:
    """Long enough for every figure to count as long as it should, a day more where a late correction may come."""
    match limit.window:
        case Sliding(seconds=seconds):
            return 2000 * seconds
        case Calendar() as calendar:
            return int((calendar.span(now_s)[1] - now_s) * 1000) + _DAY_MS
        case None:
            return int(LEASE_S * 1000)


def _room_after_s(limit: Limit, slot: int, now_s: float) -> float:
    match limit.window:
        case Sliding(seconds=seconds):
            return leaves_at_s(slot, seconds) - now_s
        case Calendar() as calendar:
            return calendar.span(now_s)[1] - now_s
        case None:
            return CONCURRENCY_RETRY_S


def _empty_after_s(limit: Limit, used: int, slot: int, now_s: float) -> float:
    return _room_after_s(limit, slot, now_s) if used and limit.window is not None else 0.0
