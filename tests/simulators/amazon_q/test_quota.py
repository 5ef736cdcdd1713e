"""Credits: what is used first, when nothing is left, and what GetUsageLimits says of it."""

from datetime import UTC, datetime

import pytest

from isthmus.simulators.amazon_q.quota import Quota, Share, month_end, usage_limits

NOW = datetime(2026, 12, 31, 23, 0, tzinfo=UTC).timestamp()


def test_trial_and_bonus_go_first_and_ended_ones_count_for_nothing() -> None:
    quota = Quota(
        Share(10),
        Share(2, expires_at=NOW + 1),
        [Share(1, code="b"), Share(50, expires_at=NOW - 1, code="old")],
    )
    quota.take(2.5, NOW)
    assert quota.trial is not None
    assert (quota.trial.used, quota.bonuses[0].used, quota.bonuses[1].used, quota.base.used) == (2, 0.5, 0, 0)
    quota.take(11, NOW)
    assert (quota.bonuses[0].used, quota.base.used) == (1, 10.5)
    assert quota.spent(NOW)
    quota.renew()
    assert not quota.spent(NOW)


@pytest.mark.parametrize(
    ("now", "end"),
    [((2026, 12, 31), (2027, 1, 1)), ((2026, 2, 28), (2026, 3, 1)), ((2026, 3, 1), (2026, 4, 1))],
)
def test_the_month_ends_at_midnight_utc(now: tuple[int, int, int], end: tuple[int, int, int]) -> None:
    assert month_end(datetime(*now, tzinfo=UTC).timestamp()) == datetime(*end, tzinfo=UTC).timestamp()


def test_limits_are_told_with_their_parts() -> None:
    quota = Quota(Share(50, 12.4), Share(500, 3, expires_at=NOW - 1), [Share(10, code="b")])
    told = usage_limits(quota, NOW, "e@example.com")
    [row] = told["usageBreakdownList"]
    assert (row["currentUsage"], row["currentUsageWithPrecision"], row["usageLimitWithPrecision"]) == (
        12,
        12.4,
        50,
    )
    assert (row["freeTrialInfo"]["freeTrialStatus"], row["bonuses"][0]["status"]) == ("EXPIRED", "ACTIVE")
    assert (told["daysUntilReset"], told["nextDateReset"]) == (0, month_end(NOW))
    assert told["userInfo"]["email"] == "e@example.com"
    assert "email" not in usage_limits(quota, NOW, None)["userInfo"]
