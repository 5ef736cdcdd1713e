"""What is left of an account's allowance."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.errors import UpstreamProtocolError
from isthmus.core.survey import Quota
from isthmus.providers.amazon_q.usage_limits import UsageLimits, day_ends_s, month_ends_s, read_limits

# Members of aws/language-servers' service client; values invented.
TODAY: dict[str, Any] = {
    "nextDateReset": 1785542400.5,
    "daysUntilReset": 9,
    "subscriptionInfo": {"type": "Q_DEVELOPER_STANDALONE_FREE", "subscriptionTitle": "KIRO FREE"},
    "overageConfiguration": {"overageStatus": "DISABLED"},
    "userInfo": {"userId": "u", "email": "e@example.com"},
    "usageBreakdownList": [
        {
            "resourceType": "CREDIT",
            "displayName": "Credit",
            "unit": "INVOCATIONS",
            "currentUsage": 12,
            "currentUsageWithPrecision": 12.4,
            "usageLimit": 50,
            "usageLimitWithPrecision": 50.0,
            "nextDateReset": 1785542400,
            "freeTrialInfo": {"freeTrialStatus": "ACTIVE", "currentUsage": 3, "usageLimit": 500},
            "bonuses": [
                {
                    "bonusCode": "b",
                    "displayName": "gift",
                    "status": "ACTIVE",
                    "currentUsage": 0,
                    "usageLimit": 10,
                },
                {"bonusCode": "old", "status": "EXPIRED", "currentUsage": 0, "usageLimit": 10},
            ],
        }
    ],
}


def limits(**changes: Any) -> UsageLimits:
    return read_limits(json.dumps(TODAY | changes).encode())


def row(used: float, limit: float | None, kind: str = "CREDIT") -> dict[str, Any]:
    return {"resourceType": kind, "currentUsage": used, "usageLimit": limit}


def test_a_whole_answer() -> None:
    read = limits()
    assert (read.plan, read.owner, read.resets_ms) == ("KIRO FREE", "e@example.com", 1_785_542_400_500)
    assert read.quotas == (
        Quota("Credit", 12.4, 50.0, "INVOCATIONS", 1_785_542_400_000),
        Quota("Credit, free trial", 3.0, 500.0, "INVOCATIONS"),
        Quota("Credit, gift", 0.0, 10.0, "INVOCATIONS"),
        Quota("Credit, old", 0.0, 10.0, "INVOCATIONS", counts=False),
    )
    assert read.remaining == pytest.approx(37.6 + 497 + 10)
    assert not read.spent


def test_the_older_shape() -> None:
    older = {
        "limits": [{"type": "AGENTIC_REQUEST", "currentUsage": 50, "totalUsageLimit": 50, "percentUsed": 100}]
    }
    read = read_limits(json.dumps(older | {"nextDateReset": 1785542400}).encode())
    assert read.quotas == (Quota("AGENTIC_REQUEST", 50.0, 50.0, "", 1_785_542_400_000),)
    assert read.spent


@pytest.mark.parametrize(
    ("changes", "spent"),
    [
        ({"usageBreakdownList": [row(50, 50)]}, True),
        ({"usageBreakdownList": [row(60, 50)]}, True),
        ({"usageBreakdownList": [row(49.9, 50)]}, False),
        ({"usageBreakdownList": [row(50, 50)], "overageConfiguration": {"overageStatus": "ENABLED"}}, False),
        ({"usageBreakdownList": [row(50, 50), row(0, 10, "CODE_LINES")]}, True),
        ({"usageBreakdownList": [row(0, 50), row(10, 10, "CODE_LINES")]}, False),
        ({"usageBreakdownList": [row(10, 10, "CODE_LINES")]}, True),
        ({"usageBreakdownList": [row(50, None)]}, False),
        ({"usageBreakdownList": []}, False),
        ({"usageBreakdownList": None}, False),
    ],
)
def test_whether_anything_is_left(changes: dict[str, Any], spent: bool) -> None:
    assert limits(**changes).spent is spent


def test_what_is_of_another_form_counts_as_not_said() -> None:
    read = limits(
        nextDateReset="soon",
        subscriptionInfo=None,
        userInfo=[],
        usageBreakdownList=[3, {"currentUsage": "x"}],
    )
    assert (read.plan, read.owner, read.resets_ms) == (None, None, None)
    assert read.quotas == (Quota("allowance", 0.0),)
    assert (
        limits(subscriptionInfo={"type": "Q_DEVELOPER_STANDALONE_PRO"}).plan == "Q_DEVELOPER_STANDALONE_PRO"
    )
    assert limits(nextDateReset=1785542400000).resets_ms == 1_785_542_400_000
    assert limits(nextDateReset=None).resets_ms == 1_785_542_400_000


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"\xff"])
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(UpstreamProtocolError):
        read_limits(body)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "month", "day"),
    [
        ("2026-11-21T20:00:00", "2026-12-01", "2026-11-22"),
        ("2026-12-31T23:59:59", "2027-01-01", "2027-01-01"),
        ("2028-02-29T12:00:00", "2028-03-01", "2028-03-01"),
        ("2026-02-01T00:00:00", "2026-03-01", "2026-02-02"),
    ],
)
def test_when_a_month_and_a_day_end(now: str, month: str, day: str) -> None:
    assert month_ends_s(at(now)) == at(month)
    assert day_ends_s(at(now)) == at(day)


@given(st.floats(0, 4e9))
def test_an_end_is_never_past(now_s: float) -> None:
    assert 0 < day_ends_s(now_s) - now_s <= 86_400
    assert 0 < month_ends_s(now_s) - now_s <= 31 * 86_400
