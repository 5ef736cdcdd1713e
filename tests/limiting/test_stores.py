"""What holds for meters wherever they are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from isthmus.routing.limits import (
    NANO_USD,
    Calendar,
    Demand,
    Limit,
    Limiter,
    Refused,
    Reservation,
    Sliding,
    Unit,
)

NOON_S = 1_795_262_400.0  # 2026-11-21 12:00 UTC
MINUTE = Sliding(60)
PER_MINUTE = Limit(Unit.REQUESTS, 3, MINUTE)
TOKENS = Limit(Unit.TOKENS, 1000, MINUTE)
DAILY_COST = Limit(Unit.COST, 5 * NANO_USD, Calendar.DAY)
MONTHLY_COST = Limit(Unit.COST, 90 * NANO_USD, Calendar.MONTH)
TWO_AT_ONCE = Limit(Unit.CONCURRENCY, 2)
ONE = Demand()


async def reserved(
    limiter: Limiter, limits: Sequence[Limit], demand: Demand = ONE, now_s: float = NOON_S
) -> Reservation:
    answer = await limiter.reserve("key:1", limits, demand, now_s)
    assert isinstance(answer, Reservation), answer
    return answer


async def refused(
    limiter: Limiter, limits: Sequence[Limit], demand: Demand = ONE, now_s: float = NOON_S
) -> Refused:
    answer = await limiter.reserve("key:1", limits, demand, now_s)
    assert isinstance(answer, Refused), answer
    return answer


async def remaining(limiter: Limiter, limit: Limit, now_s: float = NOON_S) -> int:
    [line] = await limiter.standing("key:1", [limit], now_s)
    assert line.limit == limit
    return line.remaining


async def test_the_request_beyond_the_maximum_is_refused_until_the_first_is_a_minute_old(
    limiter: Limiter,
) -> None:
    for second in range(3):
        await reserved(limiter, [PER_MINUTE], now_s=NOON_S + second)
    no = await refused(limiter, [PER_MINUTE], now_s=NOON_S + 10)
    assert (no.limit, no.used, no.retry_after_s) == (PER_MINUTE, 3, 51.0)  # a second late, as documented
    await refused(limiter, [PER_MINUTE], now_s=NOON_S + 60)
    await reserved(limiter, [PER_MINUTE], now_s=NOON_S + 61)
    await refused(limiter, [PER_MINUTE], now_s=NOON_S + 61)


async def test_subjects_do_not_know_each_other(limiter: Limiter) -> None:
    once = [Limit(Unit.REQUESTS, 1, MINUTE)]
    await reserved(limiter, once)
    assert isinstance(await limiter.reserve("ip:2001:db8::1", once, Demand(), NOON_S), Reservation)
    assert isinstance(await limiter.reserve("ip:2001:db8::1", once, Demand(), NOON_S), Refused)


async def test_a_refusal_takes_from_no_meter(limiter: Limiter) -> None:
    limits = [PER_MINUTE, TWO_AT_ONCE, DAILY_COST, TOKENS]
    no = await refused(limiter, limits, Demand(tokens=1001, cost=1))
    assert no.limit == TOKENS
    assert no.retry_after_s is None  # waiting does not help
    assert [line.remaining for line in await limiter.standing("key:1", limits, NOON_S)] == [
        limit.maximum for limit in limits
    ]


async def test_a_slot_comes_back_when_it_is_settled(limiter: Limiter) -> None:
    first, _second = await reserved(limiter, [TWO_AT_ONCE]), await reserved(limiter, [TWO_AT_ONCE])
    no = await refused(limiter, [TWO_AT_ONCE])
    assert (no.used, no.retry_after_s) == (2, 1.0)
    await limiter.settle(first, Demand(), NOON_S + 1)
    assert await remaining(limiter, TWO_AT_ONCE) == 1
    await reserved(limiter, [TWO_AT_ONCE])


async def test_settling_twice_gives_back_once(limiter: Limiter) -> None:
    limits = [TOKENS, TWO_AT_ONCE]
    first, _second = await reserved(limiter, limits, Demand(tokens=400)), await reserved(limiter, limits)
    for _ in range(3):
        await limiter.settle(first, Demand(tokens=100), NOON_S + 1)
    assert await remaining(limiter, TOKENS) == 900
    assert await remaining(limiter, TWO_AT_ONCE) == 1


@pytest.mark.parametrize(("estimate", "actual"), [(400, 150), (400, 400), (0, 990), (400, 1700)])
async def test_facts_take_the_place_of_estimates(limiter: Limiter, estimate: int, actual: int) -> None:
    limits = [TOKENS, DAILY_COST]
    reservation = await reserved(limiter, limits, Demand(tokens=estimate, cost=estimate))
    await limiter.settle(reservation, Demand(tokens=actual, cost=actual), NOON_S + 2)
    assert await remaining(limiter, TOKENS) == max(0, 1000 - actual)
    assert await remaining(limiter, DAILY_COST) == 5 * NANO_USD - actual


async def test_a_request_that_never_left_can_be_given_back_whole(limiter: Limiter) -> None:
    reservation = await reserved(limiter, [PER_MINUTE, TOKENS], Demand(tokens=10))
    await limiter.settle(reservation, Demand(requests=0), NOON_S)
    assert await remaining(limiter, PER_MINUTE) == 3
    assert await remaining(limiter, TOKENS) == 1000


async def test_what_was_reserved_in_a_window_that_has_passed_is_not_given_back_to_this_one(
    limiter: Limiter,
) -> None:
    long_ago = await reserved(limiter, [TOKENS], Demand(tokens=600))
    await reserved(limiter, [TOKENS], Demand(tokens=300), NOON_S + 90)
    await limiter.settle(long_ago, Demand(tokens=0), NOON_S + 91)
    assert await remaining(limiter, TOKENS, NOON_S + 91) == 700


async def test_what_is_used_beyond_the_estimate_counts_from_when_it_is_known(limiter: Limiter) -> None:
    """Else a key with long answers would never meet its limit: its windows pass while it streams."""
    reservation = await reserved(limiter, [TOKENS], Demand(tokens=100))
    await limiter.settle(reservation, Demand(tokens=900), NOON_S + 300)
    assert await remaining(limiter, TOKENS, NOON_S + 300) == 200
    assert await remaining(limiter, TOKENS, NOON_S + 362) == 1000


async def test_an_answer_over_midnight_is_settled_on_both_days(limiter: Limiter) -> None:
    before_s, after_s = NOON_S + 12 * 3600 - 5, NOON_S + 12 * 3600 + 5
    dear = await reserved(limiter, [DAILY_COST], Demand(cost=NANO_USD), before_s)
    cheap = await reserved(limiter, [DAILY_COST], Demand(cost=NANO_USD), before_s)
    assert await remaining(limiter, DAILY_COST, after_s) == 5 * NANO_USD
    await limiter.settle(dear, Demand(cost=3 * NANO_USD), after_s)
    await limiter.settle(cheap, Demand(cost=0), after_s)
    assert await remaining(limiter, DAILY_COST, after_s) == 3 * NANO_USD


async def test_an_empty_budget_refuses_even_what_has_no_estimate(limiter: Limiter) -> None:
    reservation = await reserved(limiter, [DAILY_COST])
    await limiter.settle(reservation, Demand(cost=7 * NANO_USD), NOON_S)
    no = await refused(limiter, [DAILY_COST])
    assert (no.used, no.retry_after_s) == (7 * NANO_USD, 12 * 3600.0)
    await reserved(limiter, [DAILY_COST], now_s=NOON_S + 12 * 3600)


async def test_a_maximum_changes_while_the_meter_runs(limiter: Limiter) -> None:
    for _ in range(3):
        await reserved(limiter, [PER_MINUTE])
    await refused(limiter, [PER_MINUTE])
    await reserved(limiter, [Limit(Unit.REQUESTS, 4, MINUTE)])
    assert await remaining(limiter, Limit(Unit.REQUESTS, 2, MINUTE)) == 0
    no = await refused(limiter, [Limit(Unit.REQUESTS, 2, MINUTE)])
    assert no.used == 4


async def test_limits_that_share_a_meter_are_counted_once(limiter: Limiter) -> None:
    strict = Limit(Unit.TOKENS, 500, MINUTE, "tokens per minute of the team")
    reservation = await reserved(limiter, [TOKENS, strict], Demand(tokens=200))
    assert await remaining(limiter, TOKENS) == 800
    assert (await refused(limiter, [TOKENS, strict], Demand(tokens=301))).limit == strict
    await limiter.settle(reservation, Demand(tokens=50), NOON_S)
    assert await remaining(limiter, TOKENS) == 950


async def test_what_counts_as_no_request_passes_a_full_meter(limiter: Limiter) -> None:
    for _ in range(3):
        await reserved(limiter, [PER_MINUTE])
    await reserved(limiter, [PER_MINUTE], Demand(requests=0))
    await reserved(
        limiter, [Limit(Unit.REQUESTS, 2, MINUTE)], Demand(requests=0)
    )  # or one that was lowered since
    assert (await refused(limiter, [PER_MINUTE])).used == 3


async def test_a_maximum_of_nothing_allows_nothing(limiter: Limiter) -> None:
    for limit in (
        Limit(Unit.REQUESTS, 0, MINUTE),
        Limit(Unit.CONCURRENCY, 0),
        Limit(Unit.COST, 0, Calendar.DAY),
    ):
        assert (await refused(limiter, [limit])).retry_after_s is None


async def test_no_limits_refuse_nothing(limiter: Limiter) -> None:
    await limiter.settle(await reserved(limiter, []), Demand(tokens=5), NOON_S)
    assert await limiter.standing("key:1", [], NOON_S) == []


async def test_a_budget_is_restored_and_never_lowered(limiter: Limiter) -> None:
    await limiter.restore("key:1", MONTHLY_COST, 80 * NANO_USD, NOON_S)
    assert await remaining(limiter, MONTHLY_COST) == 10 * NANO_USD
    assert await remaining(limiter, DAILY_COST) == 5 * NANO_USD  # another window, another meter
    await limiter.settle(await reserved(limiter, [MONTHLY_COST]), Demand(cost=4 * NANO_USD), NOON_S)
    await limiter.restore("key:1", MONTHLY_COST, 80 * NANO_USD, NOON_S)
    assert await remaining(limiter, MONTHLY_COST) == 6 * NANO_USD


async def test_only_calendar_windows_are_restored(limiter: Limiter) -> None:
    with pytest.raises(ValueError, match="requests per minute: only a calendar window"):
        await limiter.restore("key:1", PER_MINUTE, 2, NOON_S)


async def test_a_standing_says_when_everything_is_free_again(limiter: Limiter) -> None:
    limits = [PER_MINUTE, TOKENS, DAILY_COST, TWO_AT_ONCE]
    assert [line.reset_s for line in await limiter.standing("key:1", limits, NOON_S)] == [0, 0, 0, 0]
    await reserved(limiter, limits, Demand(tokens=10, cost=7))
    await reserved(limiter, limits, Demand(tokens=10, cost=7), NOON_S + 20)
    lines = await limiter.standing("key:1", limits, NOON_S + 30)
    assert [line.remaining for line in lines] == [1, 980, 5 * NANO_USD - 14, 0]
    assert [line.reset_s for line in lines] == [51, 51, 12 * 3600 - 30, 0]


async def test_room_comes_back_with_the_slot_that_holds_enough(limiter: Limiter) -> None:
    for second, tokens in ((0, 100), (10, 500), (20, 400)):
        await reserved(limiter, [TOKENS], Demand(tokens=tokens), NOON_S + second)
    soon = await refused(limiter, [TOKENS], Demand(tokens=100), NOON_S + 30)
    later = await refused(limiter, [TOKENS], Demand(tokens=101), NOON_S + 30)
    assert (soon.retry_after_s, later.retry_after_s) == (31.0, 41.0)
    await reserved(limiter, [TOKENS], Demand(tokens=101), NOON_S + 30 + 41)


async def test_large_sums_stay_exact(limiter: Limiter) -> None:
    wide = Limit(Unit.COST, 9_000_000 * NANO_USD, Calendar.MONTH)
    await reserved(limiter, [wide], Demand(cost=8_999_999_999_999_998))
    await reserved(limiter, [wide], Demand(cost=1))
    assert await remaining(limiter, wide) == 1


async def test_a_crowd_gets_no_more_than_there_is(limiter: Limiter) -> None:
    ten = [Limit(Unit.REQUESTS, 10, MINUTE), Limit(Unit.CONCURRENCY, 7)]
    answers = await asyncio.gather(*(limiter.reserve("key:1", ten, Demand(), NOON_S) for _ in range(50)))
    assert sum(isinstance(answer, Reservation) for answer in answers) == 7


async def test_a_clock_set_back_neither_opens_nor_locks(limiter: Limiter) -> None:
    for _ in range(3):
        await reserved(limiter, [PER_MINUTE], now_s=NOON_S + 30)
    await refused(limiter, [PER_MINUTE], now_s=NOON_S)
    await reserved(limiter, [PER_MINUTE], now_s=NOON_S - 3600)
