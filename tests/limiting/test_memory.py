from __future__ import annotations

import pytest

from isthmus.limiting.memory import MemoryLimiter
from isthmus.routing.limits import Calendar, Demand, Limit, Reservation, Sliding, Unit

NOON_S = 1_795_262_400.0
PER_MINUTE = Limit(Unit.REQUESTS, 10, Sliding(60))
TWO_AT_ONCE = Limit(Unit.CONCURRENCY, 2)
DAILY_TOKENS = Limit(Unit.TOKENS, 1000, Calendar.DAY)


async def took(limiter: MemoryLimiter, subject: str, limit: Limit, now_s: float = NOON_S) -> Reservation:
    answer = await limiter.reserve(subject, [limit], Demand(tokens=1), now_s)
    assert isinstance(answer, Reservation)
    return answer


async def used(limiter: MemoryLimiter, subject: str, limit: Limit, now_s: float = NOON_S) -> int:
    [line] = await limiter.standing(subject, [limit], now_s)
    return limit.maximum - line.remaining


async def test_a_flood_of_addresses_is_held_in_bounds() -> None:
    limiter = MemoryLimiter(max_subjects=100)
    for number in range(5_000):
        await took(limiter, f"ip:{number}", PER_MINUTE)
    assert len(limiter) == 100
    assert await used(limiter, "ip:4999", PER_MINUTE) == 1
    assert await used(limiter, "ip:0", PER_MINUTE) == 0


async def test_the_flood_washes_away_no_budget_and_no_running_request() -> None:
    limiter = MemoryLimiter(max_subjects=100)
    keys = [f"key:{number}" for number in range(30)]
    for key in keys:
        await took(limiter, key, DAILY_TOKENS)
    running = await took(limiter, "ip:slow", TWO_AT_ONCE)
    for number in range(5_000):
        await took(limiter, f"ip:{number}", PER_MINUTE)
    assert len(limiter) <= 100
    assert {await used(limiter, key, DAILY_TOKENS) for key in keys} == {1}
    assert await used(limiter, "ip:slow", TWO_AT_ONCE) == 1
    await limiter.settle(running, Demand(), NOON_S)
    assert await used(limiter, "ip:slow", TWO_AT_ONCE) == 0


async def test_the_idle_are_forgotten_when_others_come() -> None:
    limiter = MemoryLimiter()
    for number in range(50):
        await took(limiter, f"ip:{number}", PER_MINUTE)
    for number in range(50, 60):
        await took(limiter, f"ip:{number}", PER_MINUTE, NOON_S + 61)
    assert len(limiter) == 10


async def test_asking_how_a_stranger_stands_remembers_nobody() -> None:
    limiter = MemoryLimiter()
    assert await used(limiter, "key:1", PER_MINUTE) == 0
    assert len(limiter) == 0


async def test_who_has_no_limits_is_not_remembered() -> None:
    limiter = MemoryLimiter()
    reservation = await limiter.reserve("key:1", [], Demand(), NOON_S)
    assert isinstance(reservation, Reservation)
    await limiter.settle(reservation, Demand(tokens=9), NOON_S)
    assert len(limiter) == 0


async def test_a_meter_holds_no_more_numbers_than_slots() -> None:
    limiter, wide = MemoryLimiter(), Limit(Unit.REQUESTS, 10**6, Sliding(60))
    for tenth in range(3000):
        await took(limiter, "key:1", wide, NOON_S + tenth / 10)
    meter = limiter._accounts["key:1"].meter(wide)
    assert len(getattr(meter, "slots")) == 61  # noqa: B009 - one of three kinds of meter


@pytest.mark.parametrize("after_s", [10, 400])
async def test_who_was_forgotten_while_nothing_ran_is_settled_all_the_same(after_s: int) -> None:
    limiter = MemoryLimiter(max_subjects=1)
    limit = Limit(Unit.TOKENS, 100, Sliding(60))
    reservation = await took(limiter, "ip:1", limit)
    await took(limiter, "ip:2", limit)
    await limiter.settle(reservation, Demand(tokens=40), NOON_S + after_s)
    assert await used(limiter, "ip:1", limit, NOON_S + after_s) == 39
