from __future__ import annotations

import pytest

from isthmus.routing.cooldown import CoolingReason
from isthmus.routing.exhausted import Exhausted, Obstacle, State, Why, explain

NOW = 500.0
DISABLED = Obstacle(State.DISABLED)
TRIED = Obstacle(State.HEALTHY, tried=True)
BUSY = Obstacle(State.BUSY)
BUSY_AND_TRIED = Obstacle(State.BUSY, tried=True)
PROBING = Obstacle(State.PROBING)
LIMITED = Obstacle(State.LIMITED, NOW + 40)


def cooling(reason: CoolingReason, wait_s: float = 20, *, tried: bool = False) -> Obstacle:
    return Obstacle(State.COOLING, NOW + wait_s, (reason,), tried)


RATE = cooling(CoolingReason.RATE_LIMIT)
QUOTA = cooling(CoolingReason.QUOTA, 90)
SICK = cooling(CoolingReason.SICK, 10)
REFUSED = cooling(CoolingReason.CREDENTIAL, 60)
LACKING = cooling(CoolingReason.NO_MODEL, 70)


@pytest.mark.parametrize(
    ("obstacles", "why", "retry_after_s"),
    [
        ([], Why.NONE, None),
        ([DISABLED, DISABLED], Why.DISABLED, None),
        ([DISABLED, TRIED], Why.ALL_TRIED, None),
        ([TRIED, RATE], Why.ALL_TRIED, 20),
        ([BUSY_AND_TRIED], Why.ALL_TRIED, None),
        ([TRIED, BUSY], Why.BUSY, None),
        ([PROBING, SICK], Why.BUSY, 10),
        ([RATE, QUOTA, DISABLED], Why.LIMITED, 20),
        ([LIMITED], Why.LIMITED, 40),
        ([LIMITED, SICK], Why.SICK, 10),
        ([cooling(CoolingReason.RATE_LIMIT, 5, tried=True), QUOTA], Why.LIMITED, 5),
        ([REFUSED, QUOTA], Why.LIMITED, 60),
        ([REFUSED], Why.SICK, 60),
        ([cooling(CoolingReason.PERMISSION)], Why.SICK, 20),
        ([LACKING, LACKING, DISABLED], Why.LACKING, 70),
        ([LACKING, RATE], Why.LIMITED, 20),
        ([LACKING, SICK], Why.SICK, 10),
    ],
)
def test_why_nobody_could(obstacles: list[Obstacle], why: Why, retry_after_s: float | None) -> None:
    found = explain(obstacles, NOW)
    assert (found.why, found.retry_after_s) == (why, retry_after_s)


@pytest.mark.parametrize(
    ("obstacles", "is_spent"),
    [
        ([QUOTA, QUOTA, DISABLED], True),
        ([QUOTA, RATE], False),
        ([QUOTA, LIMITED], False),
        ([RATE], False),
        ([QUOTA, SICK], False),
        ([QUOTA, TRIED], False),
    ],
)
def test_allowances_are_used_up_only_when_all_are(obstacles: list[Obstacle], is_spent: bool) -> None:
    assert explain(obstacles, NOW).is_spent is is_spent


def test_the_operator_is_told_in_one_line() -> None:
    assert explain([RATE, SICK, DISABLED, TRIED], NOW).text == (
        "4 accounts: 1 healthy, 2 cooling, 1 disabled, 1 tried for this request, the next is free in 10.0 s"
    )
    assert explain([BUSY], NOW) == Exhausted(Why.BUSY, None, "1 account: 1 busy")
    assert explain([], NOW).text == "no accounts: add one, or enable one"
