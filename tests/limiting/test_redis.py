from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from isthmus.core.secret import Secret
from isthmus.limiting.redis import LEASE_S, RedisLimiter
from isthmus.routing.limits import Calendar, Demand, Limit, Refused, Reservation, Sliding, Unit
from limiting.stores import REDIS_URL, shared, sweep

NOON_S = 1_795_262_400.0
PER_MINUTE = Limit(Unit.REQUESTS, 3, Sliding(60))
TWO_AT_ONCE = Limit(Unit.CONCURRENCY, 2)
DAILY_COST = Limit(Unit.COST, 100, Calendar.DAY)


@pytest.fixture
def prefix() -> str:
    return f"isthmus-test:{secrets.token_hex(6)}:"


async def admitted(limiter: RedisLimiter, limit: Limit, now_s: float = NOON_S) -> bool:
    return isinstance(await limiter.reserve("key:1", [limit], Demand(), now_s), Reservation)


async def test_gateways_share_their_meters(prefix: str) -> None:
    async with shared(prefix) as one, shared(prefix) as other:
        answers = await asyncio.gather(*(admitted(each, PER_MINUTE) for each in [one, other] * 20))
        assert sum(answers) == 3
        assert await other.standing("key:1", [PER_MINUTE], NOON_S) == await one.standing(
            "key:1", [PER_MINUTE], NOON_S
        )


async def test_a_gateway_gives_back_its_own_slot_and_no_other(prefix: str) -> None:
    async with shared(prefix) as one, shared(prefix) as other:
        mine = await one.reserve("key:1", [TWO_AT_ONCE], Demand(), NOON_S)
        its = await other.reserve("key:1", [TWO_AT_ONCE], Demand(), NOON_S)
        assert isinstance(mine, Reservation)
        assert isinstance(its, Reservation)
        assert mine.lease != its.lease
        await other.settle(its, Demand(), NOON_S)
        assert (await one.standing("key:1", [TWO_AT_ONCE], NOON_S))[0].remaining == 1


async def test_the_slots_of_a_dead_gateway_are_free_when_its_leases_end(prefix: str) -> None:
    async with shared(prefix) as living, shared(prefix) as dying:
        assert await admitted(dying, TWO_AT_ONCE)
        assert await admitted(living, TWO_AT_ONCE)
        await living.renew(NOON_S + 30)
        assert not await admitted(living, TWO_AT_ONCE, NOON_S + LEASE_S - 1)
        assert await admitted(living, TWO_AT_ONCE, NOON_S + LEASE_S)
        assert not await admitted(living, TWO_AT_ONCE, NOON_S + LEASE_S)  # its own is renewed and counts


async def test_a_settled_lease_is_not_renewed_into_life() -> None:
    async with shared() as limiter:
        reservation = await limiter.reserve("key:1", [TWO_AT_ONCE], Demand(), NOON_S)
        assert isinstance(reservation, Reservation)
        await limiter.settle(reservation, Demand(), NOON_S)
        limiter._running[reservation.lease] = reservation  # as if the two had crossed on their way
        await limiter.renew(NOON_S + 1)
        assert (await limiter.standing("key:1", [TWO_AT_ONCE], NOON_S + 1))[0].remaining == 2


async def test_leases_are_kept_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isthmus.limiting.redis.RENEWED_EVERY_S", 0.01)
    async with shared() as limiter:
        reserved_at_s = time.time() - LEASE_S / 2
        assert await admitted(limiter, TWO_AT_ONCE, reserved_at_s)
        keeping = asyncio.create_task(limiter.keep_leases())
        await asyncio.sleep(0.2)
        keeping.cancel()
        [line] = await limiter.standing("key:1", [TWO_AT_ONCE], reserved_at_s + LEASE_S + 1)
        assert line.remaining == 1


async def test_every_key_has_the_prefix_the_subject_and_an_end(prefix: str) -> None:
    async with shared(prefix) as limiter:
        limits = [PER_MINUTE, TWO_AT_ONCE, DAILY_COST]
        reservation = await limiter.reserve("key:1", limits, Demand(cost=5), NOON_S)
        assert isinstance(reservation, Reservation)
        keys = sorted([key.decode() async for key in limiter._client.scan_iter(f"{prefix}*")])
        assert keys == [
            f"{prefix}{{key:1}}:concurrency",
            f"{prefix}{{key:1}}:cost:day:1795219200",
            f"{prefix}{{key:1}}:requests:60",
        ]
        ends_s = [await limiter._client.pttl(key) / 1000 for key in keys]
        assert ends_s == pytest.approx([90, 36 * 3600, 120], abs=5)


async def test_meters_that_redis_lost_never_fall_below_zero() -> None:
    """Whoever reserved before the loss gives back more than is there."""
    limits = [Limit(Unit.TOKENS, 100, Sliding(60)), DAILY_COST]
    async with shared() as limiter:
        early = await limiter.reserve("key:1", limits, Demand(tokens=80, cost=80), NOON_S)
        assert isinstance(early, Reservation)
        await sweep(limiter._client, limiter._prefix)
        await limiter.reserve("key:1", limits, Demand(tokens=10, cost=10), NOON_S)
        await limiter.settle(early, Demand(), NOON_S)
        assert [line.remaining for line in await limiter.standing("key:1", limits, NOON_S)] == [100, 100]
        assert await limiter._client.get(f"{limiter._prefix}{{key:1}}:cost:day:1795219200") == b"0"
        assert await limiter._client.hvals(f"{limiter._prefix}{{key:1}}:tokens:60") == [b"0"]


async def test_scripts_come_back_after_redis_forgot_them() -> None:
    async with shared() as limiter:
        assert await admitted(limiter, PER_MINUTE)
        await limiter._client.script_flush()
        assert await admitted(limiter, PER_MINUTE)
        assert (await limiter.standing("key:1", [PER_MINUTE], NOON_S))[0].remaining == 1


async def test_connections_that_redis_closed_are_replaced_without_a_gap() -> None:
    async with shared() as limiter:
        assert await admitted(limiter, PER_MINUTE)
        async with Redis.from_url(REDIS_URL) as operator:
            await operator.client_kill_filter(_id=await limiter._client.client_id())
            await asyncio.sleep(0.05)  # the end of the connection has to arrive
        assert await admitted(limiter, PER_MINUTE)
        assert limiter.reachable


async def test_no_redis_means_limits_of_this_process_and_one_warning() -> None:
    limiter = RedisLimiter.connect(Secret("redis://:pass-word-canary@127.0.0.1:1/0"))
    with capture_logs() as lines:
        answers = [await limiter.reserve("key:1", [PER_MINUTE], Demand(), NOON_S) for _ in range(4)]
    assert [type(answer) for answer in answers] == [Reservation] * 3 + [Refused]
    assert not limiter.reachable
    assert [(line["event"], line["log_level"]) for line in lines] == [("limits_not_shared", "warning")]
    assert "pass-word-canary" not in str(lines)
    await limiter.close()


async def test_what_was_reserved_without_redis_is_settled_without_it() -> None:
    limiter = RedisLimiter.connect(Secret("redis://127.0.0.1:1/0"))
    reservation = await limiter.reserve("key:1", [TWO_AT_ONCE, DAILY_COST], Demand(cost=5), NOON_S)
    assert isinstance(reservation, Reservation)
    await limiter.restore("key:1", DAILY_COST, 40, NOON_S)
    await limiter.settle(reservation, Demand(cost=50), NOON_S)
    await limiter.settle(reservation, Demand(cost=50), NOON_S)
    standing = await limiter.standing("key:1", [TWO_AT_ONCE, DAILY_COST], NOON_S)
    assert [line.remaining for line in standing] == [2, 15]
    await limiter.close()


async def test_an_address_of_nothing_known_is_refused() -> None:
    with pytest.raises(ValueError, match="redis://"):
        RedisLimiter.connect(Secret("http://127.0.0.1:6379"))


@asynccontextmanager
async def silent_redis() -> AsyncIterator[int]:
    """Accepts connections and says nothing: the worst kind of outage."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def test_a_silent_redis_costs_the_time_out_once() -> None:
    async with silent_redis() as port:
        limiter = RedisLimiter.connect(Secret(f"redis://127.0.0.1:{port}/0"), timeout_s=0.2)
        started_s = time.monotonic()
        assert await admitted(limiter, PER_MINUTE)
        assert 0.15 < time.monotonic() - started_s < 2
        started_s = time.monotonic()
        for _ in range(100):
            await limiter.standing("key:1", [PER_MINUTE], NOON_S)
        assert time.monotonic() - started_s < 2  # asked each time, it would be 20 s
        await limiter.close()


async def test_redis_is_asked_again_after_the_pause() -> None:
    async with shared() as limiter, behind_a_detour(limiter._prefix) as (behind, detour):
        detour.is_open = False
        assert await admitted(behind, PER_MINUTE)
        assert not behind.reachable
        detour.is_open = True
        assert await admitted(behind, PER_MINUTE)  # not asked yet
        assert (await limiter.standing("key:1", [PER_MINUTE], NOON_S))[0].remaining == 3
        behind._ask_again_at_s = 0.0  # the pause is over
        with capture_logs() as lines:
            assert await admitted(behind, PER_MINUTE)
        assert behind.reachable
        assert [line["event"] for line in lines] == ["limits_shared_again"]
        assert (await limiter.standing("key:1", [PER_MINUTE], NOON_S))[0].remaining == 2


async def test_an_outage_between_reserving_and_settling_frees_the_slot_with_its_lease() -> None:
    async with shared() as limiter, behind_a_detour(limiter._prefix) as (behind, detour):
        reservation = await behind.reserve("key:1", [TWO_AT_ONCE], Demand(), NOON_S)
        assert isinstance(reservation, Reservation)
        detour.cut()
        with capture_logs() as lines:
            await behind.renew(NOON_S + 1)
            await behind.renew(NOON_S + 2)
            await behind.settle(reservation, Demand(), NOON_S + 3)
        assert [line["event"] for line in lines] == ["limits_not_shared"]
        [line] = await limiter.standing("key:1", [TWO_AT_ONCE], NOON_S + LEASE_S - 1)
        assert line.remaining == 1
        [line] = await limiter.standing("key:1", [TWO_AT_ONCE], NOON_S + LEASE_S)
        assert line.remaining == 2


async def test_running_requests_keep_their_slots_over_a_short_outage() -> None:
    """Also when nobody asks for anything meanwhile: the renewals themselves find out that Redis is back."""
    async with shared() as limiter, behind_a_detour(limiter._prefix) as (behind, detour):
        assert await admitted(behind, TWO_AT_ONCE)
        detour.cut()
        await behind.renew(NOON_S + 30)
        assert not behind.reachable
        detour.is_open = True
        behind._ask_again_at_s = 0.0  # the pause is over
        await behind.renew(NOON_S + 60)
        assert behind.reachable
        [line] = await limiter.standing("key:1", [TWO_AT_ONCE], NOON_S + LEASE_S + 1)
        assert line.remaining == 1


class Detour:
    """A port before Redis that can be shut, and cut."""

    def __init__(self) -> None:
        self.is_open = True
        self._writers: list[asyncio.StreamWriter] = []

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.is_open:
            writer.close()
            return
        there = urlsplit(REDIS_URL)
        answers, onward = await asyncio.open_connection(there.hostname, there.port or 6379)
        self._writers += [writer, onward]
        await asyncio.gather(_copy(reader, onward), _copy(answers, writer))

    def cut(self) -> None:
        self.is_open = False
        for writer in self._writers:
            writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            writer.write(piece)
    writer.close()


@asynccontextmanager
async def behind_a_detour(prefix: str) -> AsyncIterator[tuple[RedisLimiter, Detour]]:
    """A limiter that reaches Redis by a way the test can close."""
    detour = Detour()
    server = await asyncio.start_server(detour.pass_on, "127.0.0.1", 0)
    url = urlsplit(REDIS_URL)._replace(netloc=f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    limiter = RedisLimiter.connect(Secret(url.geturl()), prefix=prefix)
    limiter._pause_s = 60  # nobody asks again while the test looks
    yield limiter, detour
    await limiter.close()
    server.close()
