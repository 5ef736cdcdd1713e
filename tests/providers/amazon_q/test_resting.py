"""How long a refusal puts an account to rest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from isthmus.core.commands import Call, Head, Reply
from isthmus.core.errors import Scope, UpstreamError
from isthmus.providers.amazon_q.errors import Refusals, Refused
from isthmus.providers.amazon_q.options import Options
from isthmus.providers.amazon_q.patience import Patience
from isthmus.providers.amazon_q.resting import OVERDUE_S, Resting
from isthmus.routing.cooldown import CoolingReason, judge
from q_answers import refusal
from q_steps import grant, reply, walk

NOW_S = datetime(2026, 11, 21, 20, 0, tzinfo=UTC).timestamp()
REFUSALS = Refusals("mine", lambda: NOW_S)
TO_MONTH_END_S = 9 * 86_400 + 4 * 3600.0
TO_MIDNIGHT_S = 4 * 3600.0
SPENT = {"usageBreakdownList": [{"resourceType": "CREDIT", "currentUsage": 50, "usageLimit": 50}]}
LEFT = {"usageBreakdownList": [{"resourceType": "CREDIT", "currentUsage": 5, "usageLimit": 50}]}
TOO_MANY = "Too many requests, please wait before trying again."


def refused(status: int, message: str = "", reason: str | None = None, **headers: str) -> Refused:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    error = REFUSALS.classify(Head(status, named), refusal(message, reason))
    assert isinstance(error, Refused)
    return error


def settled(error: Refused, answer: Reply | Exception, patience: Patience | None = None) -> list[Call]:
    resting = Resting(REFUSALS, patience or Patience(), lambda: NOW_S)
    return walk(resting.settle(error, grant(), Options()), lambda _: answer)[1]


@pytest.mark.parametrize(
    ("answer", "cooldown_s"),
    [
        (reply({"nextDateReset": NOW_S + 500.5}), 500.5),
        (reply({"nextDateReset": NOW_S - 5}), OVERDUE_S),
        (reply({}), TO_MONTH_END_S),
        (reply(b"<html>"), TO_MONTH_END_S),
        (reply({}, 500), TO_MONTH_END_S),
        (UpstreamError("out of reach"), TO_MONTH_END_S),
    ],
)
def test_a_month_that_is_used_up_ends_when_the_service_says(answer: Any, cooldown_s: float) -> None:
    error = refused(402, "You have reached the limit.", "MONTHLY_REQUEST_COUNT")
    assert len(settled(error, answer)) == 1
    assert error.cooldown_s == error.retry_after_s == pytest.approx(cooldown_s)
    verdict = judge(error)
    assert verdict is not None and verdict.reason is CoolingReason.QUOTA


def test_a_day_ends_at_midnight() -> None:
    error = refused(429, "", "DAILY_REQUEST_COUNT")
    assert settled(error, reply({})) == []
    assert error.cooldown_s == TO_MIDNIGHT_S


def test_an_overage_is_looked_at_every_hour() -> None:
    error = refused(402, "You've reached your overage limit.")
    assert settled(error, reply({})) == []
    assert error.cooldown_s == 3600.0


def test_an_hours_limit_that_hides_spent_credits_is_told_as_such() -> None:
    patience = Patience()
    for _ in range(2):
        error = refused(429, "60-minute credit limit exceeded", retry_after="0")
        assert settled(error, reply({}), patience) == []
        assert (error.scope, error.paced) == (Scope.ACCOUNT, True)
    settled(error := refused(429, "60-minute credit limit exceeded"), reply(SPENT), patience)
    assert (error.scope, error.paced, error.cooldown_s) == (Scope.ACCOUNT, False, TO_MONTH_END_S)
    verdict = judge(error)
    assert verdict is not None and verdict.reason is CoolingReason.QUOTA


def test_a_short_limit_grows_and_the_service_may_say_otherwise() -> None:
    first = refused(429, TOO_MANY)
    assert settled(first, reply({})) == []
    assert first.cooldown_s == first.retry_after_s == 60.0
    told = refused(429, TOO_MANY, retry_after="7")
    settled(told, reply({}))
    assert told.cooldown_s == 7.0


@pytest.mark.parametrize(
    ("answer", "scope"),
    [
        (reply(SPENT), Scope.ACCOUNT),
        (reply(LEFT), Scope.MODEL),
        (reply({}, 403), Scope.MODEL),
        (UpstreamError("out of reach"), Scope.MODEL),
    ],
)
def test_the_third_time_in_a_row_the_credits_may_be_spent(answer: Any, scope: Scope) -> None:
    patience = Patience()
    patience.refused(NOW_S - 5000, 900.0)
    patience.refused(NOW_S - 4000, 900.0)
    error = refused(429, TOO_MANY)
    assert len(settled(error, answer, patience)) == 1
    assert error.scope is scope
    if scope is Scope.ACCOUNT:
        assert error.cooldown_s == TO_MONTH_END_S
        assert error.detail.startswith("month used up: throttled: Too many")
    else:
        assert error.cooldown_s == 240.0


def test_other_refusals_are_left_alone() -> None:
    error = refused(500, "x")
    assert settled(error, reply({})) == []
    assert error.cooldown_s is None
