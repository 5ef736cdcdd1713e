"""What an account may use in a month, in credits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(slots=True)
class Share:
    """A part of the allowance: the plan's own, a trial, a bonus. A trial or bonus ends at `expires_at` (seconds since 1970)."""

    limit: float
    used: float = 0.0
    expires_at: float | None = None
    code: str = ""

    def counts(self, now: float) -> bool:
        return self.expires_at is None or self.expires_at > now

    @property
    def left(self) -> float:
        return max(0.0, self.limit - self.used)


@dataclass(slots=True)
class Quota:
    """Trial and bonuses are used up first."""

    base: Share = field(default_factory=lambda: Share(1000.0))
    trial: Share | None = None
    bonuses: list[Share] = field(default_factory=list)
    plan: str = "Q_DEVELOPER_STANDALONE_PRO"
    title: str = "KIRO PRO"

    def shares(self, now: float) -> list[Share]:
        extra = [*([self.trial] if self.trial else []), *self.bonuses]
        return [*(each for each in extra if each.counts(now)), self.base]

    @property
    def left(self) -> float:
        """Of all shares, whether they have ended or not."""
        return round(sum(each.left for each in self.shares(float("-inf"))), 6)

    def spent(self, now: float) -> bool:
        return all(each.left <= 0 for each in self.shares(now))

    def take(self, credits: float, now: float) -> None:
        """The last share may go below nothing: a call that has begun is served."""
        shares = self.shares(now)
        for share in shares[:-1]:
            taken = min(share.left, credits)
            share.used, credits = share.used + taken, credits - taken
        shares[-1].used += credits

    def renew(self) -> None:
        """A new month."""
        self.base.used = 0.0


def month_end(now: float) -> float:
    """The first moment of the next month, UTC."""
    moment = datetime.fromtimestamp(now, UTC)
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return datetime(year, month, 1, tzinfo=UTC).timestamp()


def usage_limits(quota: Quota, now: float, email: str | None) -> dict[str, Any]:
    """The answer of GetUsageLimits."""
    reset = month_end(now)
    row: dict[str, Any] = {
        "resourceType": "CREDIT",
        "displayName": "Credit",
        "displayNamePlural": "Credits",
        "unit": "INVOCATIONS",
        "currency": "USD",
        **_figures(quota.base),
        "currentOverages": 0,
        "overageCharges": 0.0,
        "overageRate": 0.04,
        "nextDateReset": reset,
        "bonuses": [
            {"bonusCode": each.code, "displayName": each.code, **_state(each, now)} for each in quota.bonuses
        ],
    }
    if quota.trial is not None:
        ends = {"freeTrialExpiry": quota.trial.expires_at} if quota.trial.expires_at is not None else {}
        row["freeTrialInfo"] = {
            "freeTrialStatus": "ACTIVE" if quota.trial.counts(now) else "EXPIRED",
            **ends,
            **_figures(quota.trial),
        }
    return {
        "nextDateReset": reset,
        "daysUntilReset": int((reset - now) // 86_400),
        "subscriptionInfo": {
            "type": quota.plan,
            "subscriptionTitle": quota.title,
            "upgradeCapability": "UPGRADE_CAPABLE",
            "overageCapability": "OVERAGE_INCAPABLE",
            "subscriptionManagementTarget": "PURCHASE",
        },
        "overageConfiguration": {"overageStatus": "DISABLED"},
        "userInfo": {"userId": "sim-user", **({"email": email} if email else {})},
        "usageBreakdownList": [row],
    }


def _figures(share: Share) -> dict[str, Any]:
    return {
        "currentUsage": int(share.used),
        "currentUsageWithPrecision": round(share.used, 4),
        "usageLimit": int(share.limit),
        "usageLimitWithPrecision": share.limit,
    }


def _state(share: Share, now: float) -> dict[str, Any]:
    ends = {"expiresAt": share.expires_at} if share.expires_at is not None else {}
    return {"status": "ACTIVE" if share.counts(now) else "EXPIRED", **ends, **_figures(share)}
