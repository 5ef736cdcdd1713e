"""How much of each window an account has used: from the page of its usage, or from the limit object behind an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from isthmus.core.figures import number_of
from isthmus.core.survey import Quota
from isthmus.providers.claude_web.errors import unreadable
from isthmus.providers.claude_web.reset_time import moment_of

PERCENT: Final = "%"
FULL: Final = 100.0
_SPANS: Final = {"5h": "5 hours", "7d": "7 days", "five_hour": "5 hours", "seven_day": "7 days"}

Json = Mapping[str, Any]


def read_usage(body: bytes) -> tuple[Quota, ...]:
    """Of `GET …/usage`. Raises `UpstreamProtocolError` when it is none."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise unreadable("usage")
    found = [*_buckets(value), *_scoped(value.get("limits"))]
    return _decisive({quota.name: quota for quota in found})


def read_windows(limit: Json) -> tuple[Quota, ...]:
    """Of a limit object; empty when it is of another form."""
    windows = limit.get("windows")
    rows = windows.items() if isinstance(windows, dict) else ()
    found = [
        _quota(_name(str(key)), used * FULL, row.get("resets_at"))
        for key, row in rows
        if isinstance(row, dict) and (used := number_of(row.get("utilization"))) is not None
    ]
    return _decisive({quota.name: quota for quota in found})


def spent_until_s(quotas: tuple[Quota, ...]) -> float | None:
    """When the last of the used-up windows that hold for every model ends; None while there is something left."""
    ends = [
        quota.resets_ms / 1000
        for quota in quotas
        if quota.used >= FULL and quota.resets_ms is not None and not _is_of_a_family(quota)
    ]
    return max(ends, default=None)


def resets_ms(quotas: tuple[Quota, ...]) -> int | None:
    """Of the window that counts."""
    return next((quota.resets_ms for quota in quotas if quota.counts), None)


def _buckets(value: Json) -> Iterator[Quota]:
    for name, row in value.items():
        if isinstance(row, dict) and (used := number_of(row.get("utilization"))) is not None:
            yield _quota(_name(name), used, row.get("resets_at"))


def _scoped(rows: object) -> Iterator[Quota]:
    """Allowances of one family of models."""
    for row in rows if isinstance(rows, list) else ():
        match row:
            case {"percent": percent, "scope": {"model": {"display_name": str(family)}}}:
                if (used := number_of(percent)) is not None:
                    yield _quota(f"7 days, {family}", used, row.get("resets_at"))
            case _:
                pass


def _quota(name: str, used: float, resets_at: object) -> Quota:
    at_s = moment_of(resets_at)
    resets = None if at_s is None else round(at_s * 1000)
    return Quota(name, round(used, 2), FULL, PERCENT, resets, counts=False)


def _decisive(quotas: dict[str, Quota]) -> tuple[Quota, ...]:
    """The fullest of the windows that hold for every model counts, and no other: percentages cannot be added up."""
    general = [quota for quota in quotas.values() if not _is_of_a_family(quota)]
    fullest = max(general, key=lambda quota: quota.used, default=None)
    return tuple(replace(quota, counts=quota is fullest) for quota in quotas.values())


def _name(key: str) -> str:
    """`7d_opus` and `seven_day_opus` → `7 days, Opus`."""
    for short, span in _SPANS.items():
        if key == short:
            return span
        if key.startswith(f"{short}_"):
            return f"{span}, {key.removeprefix(short)[1:].replace('_', ' ').capitalize()}"
    return key.replace("_", " ")


def _is_of_a_family(quota: Quota) -> bool:
    return quota.name not in _SPANS.values()
