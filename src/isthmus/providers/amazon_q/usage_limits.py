"""What `GetUsageLimits` says of an account: its plan, what is left of it, and when it starts anew."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from isthmus.core.errors import UpstreamProtocolError
from isthmus.core.survey import Quota

CHAT: Final = frozenset(("CREDIT", "AGENTIC_REQUEST"))
"""Kinds of allowance that answers are paid with."""
ACTIVE: Final = "ACTIVE"
_IN_MS: Final = 1e11
"""A moment this large is in milliseconds: in seconds it would lie three thousand years ahead."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UsageLimits:
    plan: str | None
    owner: str | None
    quotas: tuple[Quota, ...]
    resets_ms: int | None
    remaining: float | None
    """Of what answers are paid with: the allowance, an active trial and active bonuses. None: not known."""
    overages: bool
    """What goes beyond the allowance is billed, not refused."""

    @property
    def spent(self) -> bool:
        return self.remaining is not None and self.remaining <= 0 and not self.overages


def read_limits(body: bytes) -> UsageLimits:
    """Raises `UpstreamProtocolError` when it is none."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise UpstreamProtocolError("the upstream's usage limits are none")
    subscription = _mapping(said.get("subscriptionInfo"))
    rows = list(_mappings(said.get("usageBreakdownList")))
    resets_ms = _moment_ms(said.get("nextDateReset"))
    quotas = [quota for row in rows for quota in _quotas(row, resets_ms)]
    if not rows:
        rows = [_older(row) for row in _mappings(said.get("limits"))]
        quotas = [quota for row in rows for quota in _quotas(row, resets_ms)]
    return UsageLimits(
        plan=_text(subscription.get("subscriptionTitle")) or _text(subscription.get("type")),
        owner=_text(_mapping(said.get("userInfo")).get("email")),
        quotas=tuple(quotas),
        resets_ms=resets_ms or next((each.resets_ms for each in quotas if each.resets_ms), None),
        remaining=_remaining(rows),
        overages=_mapping(said.get("overageConfiguration")).get("overageStatus") == "ENABLED",
    )


def month_ends_s(now_s: float) -> float:
    """The first moment of the next month, UTC: when allowances start anew if the service does not say."""
    today = datetime.fromtimestamp(now_s, UTC)
    next_month = today.replace(day=28, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=4)
    return next_month.replace(day=1).timestamp()


def day_ends_s(now_s: float) -> float:
    """The next midnight, UTC."""
    today = datetime.fromtimestamp(now_s, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today + timedelta(days=1)).timestamp()


def _quotas(row: Row, resets_ms: int | None) -> Iterator[Quota]:
    """A row of the list, with what is granted beside it."""
    name = _text(row.get("displayName")) or _text(row.get("resourceType")) or "allowance"
    unit = _text(row.get("unit")) or ""
    resets_ms = _moment_ms(row.get("nextDateReset")) or resets_ms
    yield Quota(name, _used(row), _limit(row), unit, resets_ms)
    if trial := _mapping(row.get("freeTrialInfo")):
        counts = trial.get("freeTrialStatus") == ACTIVE
        yield Quota(f"{name}, free trial", _used(trial), _limit(trial), unit, counts=counts)
    for bonus in _mappings(row.get("bonuses")):
        title = _text(bonus.get("displayName")) or _text(bonus.get("bonusCode")) or "bonus"
        counts = bonus.get("status") == ACTIVE
        yield Quota(f"{name}, {title}", _used(bonus), _limit(bonus), unit, counts=counts)


def _remaining(rows: list[Row]) -> float | None:
    of_chat = [row for row in rows if row.get("resourceType") in CHAT] or rows
    quotas = [quota for row in of_chat for quota in _quotas(row, None) if quota.counts]
    if not quotas or any(quota.limit is None for quota in quotas):
        return None
    return sum(max(0.0, (quota.limit or 0.0) - quota.used) for quota in quotas)


def _older(row: Row) -> Row:
    """A row of the shape that older answers have, as one of today's."""
    return {
        "resourceType": row.get("type"),
        "currentUsage": row.get("currentUsage"),
        "usageLimit": row.get("totalUsageLimit"),
    }


def _used(row: Row) -> float:
    return _number(row.get("currentUsageWithPrecision")) or _number(row.get("currentUsage")) or 0.0


def _limit(row: Row) -> float | None:
    precise = _number(row.get("usageLimitWithPrecision"))
    return precise if precise is not None else _number(row.get("usageLimit"))


def _moment_ms(value: Any) -> int | None:
    """Seconds since 1970, fractional perhaps."""
    seconds = _number(value)
    if seconds is None or seconds <= 0:
        return None
    return round(seconds if seconds > _IN_MS else seconds * 1000)


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _mapping(value: Any) -> Row:
    return value if isinstance(value, dict) else {}


def _mappings(value: Any) -> Iterator[Row]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())
