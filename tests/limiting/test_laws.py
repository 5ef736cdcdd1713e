"""Any history of requests, told to both stores: they answer alike, and keep every limit."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from isthmus.limiting.memory import MemoryLimiter
from isthmus.limiting.redis import RedisLimiter
from isthmus.routing.limits import (
    Calendar,
    Demand,
    Limit,
    Limiter,
    Refused,
    Reservation,
    Sliding,
    Standing,
    Unit,
)
from limiting.stores import shared

START_S = 1_795_305_580.0  # 20 s before midnight of 2026-11-21 UTC, so that histories cross it
LIMITS = (
    Limit(Unit.REQUESTS, 5, Sliding(60)),
    Limit(Unit.TOKENS, 300, Sliding(60)),
    Limit(Unit.TOKENS, 900, Calendar.DAY),
    Limit(Unit.COST, 700, Calendar.MONTH),
    Limit(Unit.CONCURRENCY, 3),
)


@dataclass(frozen=True, slots=True)
class Asked:
    demand: Demand
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    which: int
    actual: Demand


Step: TypeAlias = tuple[float, Asked | Settled | None]
"""A pause, and what is done after it."""


@dataclass(frozen=True, slots=True)
class Told:
    refused: Refused | None
    standing: list[Standing]


def demands(most: int) -> st.SearchStrategy[Demand]:
    return st.builds(Demand, requests=st.just(1), tokens=st.integers(0, most), cost=st.integers(0, most))


# Some of the limits at a time, in any order, and with another maximum now and then: an operator changes them.
limits = st.lists(
    st.sampled_from([*LIMITS, Limit(Unit.TOKENS, 150, Sliding(60))]), min_size=1, unique=True
).map(tuple)
actions = st.one_of(
    st.builds(Asked, demands(200), st.one_of(st.just(LIMITS), limits)),
    st.builds(Settled, st.integers(0, 5), demands(400)),
)
histories = st.lists(st.tuples(st.integers(0, 200).map(lambda eighths: eighths / 8), actions), max_size=30)


async def tell(limiter: Limiter, history: list[Step], *, settle_times: int = 1) -> list[Told]:
    """A history, told to a store: its answer to each step, and how the subject stands then."""
    subject, now_s, running, answers = (
        f"key:{secrets.token_hex(8)}",
        START_S,
        list[Reservation](),
        list[Told](),
    )
    for pause_s, step in history:
        now_s += pause_s
        if isinstance(limiter, RedisLimiter):
            await limiter.renew(now_s)  # what `keep_leases` does every 30 s; no pause here is longer
        answer: Reservation | Refused | None = None
        match step:
            case Asked(demand, limits):
                answer = await limiter.reserve(subject, limits, demand, now_s)
            case Settled(which, actual) if running:
                reservation = running.pop(which % len(running))
                for _ in range(settle_times):
                    await limiter.settle(reservation, actual, now_s)
        if isinstance(answer, Reservation):
            running.append(answer)
        refused = answer if isinstance(answer, Refused) else None
        answers.append(Told(refused, await limiter.standing(subject, LIMITS, now_s)))
    return answers


def told(history: list[Step], *, settle_times: int = 1) -> list[Told]:
    return asyncio.run(tell(MemoryLimiter(), history, settle_times=settle_times))


@pytest.fixture(scope="module")
def tell_redis() -> Iterator[Callable[[list[Step]], list[Told]]]:
    """One connection for all examples."""
    with asyncio.Runner() as runner:
        connected = shared()
        limiter = runner.run(connected.__aenter__())
        yield lambda history: runner.run(tell(limiter, history))
        runner.run(connected.__aexit__(None, None, None))


@given(history=histories)
@settings(max_examples=50, phases=[Phase.explicit, Phase.generate])  # shrinking here takes minutes
def test_both_stores_answer_alike(
    tell_redis: Callable[[list[Step]], list[Told]], history: list[Step]
) -> None:
    assert tell_redis(history) == told(history)


@given(histories)
def test_settling_again_changes_nothing(history: list[Step]) -> None:
    assert told(history, settle_times=3) == told(history)


@given(histories)
def test_a_refusal_leaves_no_trace(history: list[Step]) -> None:
    """Told without the requests that were refused, the history stands the same at every step."""
    answers = told(history)
    admitted = [
        (pause_s, None if answer.refused else step)
        for (pause_s, step), answer in zip(history, answers, strict=True)
    ]
    assert [answer.standing for answer in told(admitted)] == [answer.standing for answer in answers]


@given(histories)
def test_what_was_admitted_fits_each_window(history: list[Step]) -> None:
    """Settled at their estimates, requests never take more than the maximum in any minute, day or month."""

    async def admitted() -> list[tuple[float, Demand]]:
        limiter, now_s, taken = MemoryLimiter(), START_S, list[tuple[float, Demand]]()
        for pause_s, step in history:
            now_s += pause_s
            if isinstance(step, Asked):
                answer = await limiter.reserve("key:1", LIMITS, step.demand, now_s)
                if isinstance(answer, Reservation):
                    await limiter.settle(answer, step.demand, now_s)
                    taken.append((now_s, step.demand))
        return taken

    taken = asyncio.run(admitted())
    for now_s, _ in taken:
        minute = [demand for at_s, demand in taken if now_s - 60 < at_s <= now_s]
        assert len(minute) <= 5
        assert sum(demand.tokens for demand in minute) <= 300
        day = Calendar.DAY.span(now_s)
        assert sum(demand.tokens for at_s, demand in taken if day[0] <= at_s < day[1]) <= 900
    assert sum(demand.cost for _, demand in taken) <= 700


@given(st.lists(st.tuples(demands(100), demands(300)), max_size=20))
def test_the_standing_is_the_sum_of_what_was_settled(requests: list[tuple[Demand, Demand]]) -> None:
    wide = (Limit(Unit.TOKENS, 10**6, Calendar.MONTH), Limit(Unit.CONCURRENCY, 100))

    async def settled() -> list[Standing]:
        limiter = MemoryLimiter()
        running = [
            (await limiter.reserve("key:1", wide, estimate, START_S), actual) for estimate, actual in requests
        ]
        for reservation, actual in running:
            assert isinstance(reservation, Reservation)
            await limiter.settle(reservation, actual, START_S + 1)
        return await limiter.standing("key:1", wide, START_S + 1)

    tokens, concurrency = asyncio.run(settled())
    assert tokens.remaining == 10**6 - sum(actual.tokens for _, actual in requests)
    assert concurrency.remaining == 100
