"""When to come back, read from the words of a refusal: the last resort, where neither a header nor a field says it.

Please try again in 6m0s.                    (OpenAI)
Rate limit reached … retry after 20 seconds  (Azure and others)
Your limit resets at 2026-11-21T15:00:00Z
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

MAX_CHARS: Final = 4000
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_AMOUNT: Final = r"\d{1,9}(?:\.\d{1,6})?\s{0,3}(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)(?![a-z])"
_WAIT: Final = re.compile(
    rf"(?:try again|retry|come back|wait|resets?|available(?: again)?)\s(?:\w+\s){{0,3}}?"
    rf"(?P<amounts>{_AMOUNT}(?:[\s,]{{0,3}}(?:and\s)?{_AMOUNT}){{0,4}})",
    re.IGNORECASE,
)
_ONE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE)
_MOMENT: Final = re.compile(
    r"(?:try again|retry|resets?|available(?: again)?)\s(?:\w+\s){0,3}?"
    r"(?P<moment>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,6})?)\s?(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)


def wait_in_words(text: str, now_s: float) -> float | None:
    """Seconds from `now_s` (Unix time); None where the text names no time. A moment without a zone is taken as UTC."""
    text = text[:MAX_CHARS]
    if (found := _WAIT.search(text)) is not None:
        return sum(float(amount) * _seconds(unit) for amount, unit in _ONE.findall(found["amounts"]))
    if (found := _MOMENT.search(text)) is not None:
        return _until(found["moment"], found["zone"], now_s)
    return None


def _seconds(unit: str) -> float:
    unit = unit.lower()
    return _UNITS["ms" if unit.startswith(("ms", "milli")) else unit[0]]


def _until(moment: str, zone: str | None, now_s: float) -> float | None:
    named = "+00:00" if zone is None or zone.upper() in {"Z", "UTC"} else zone
    try:
        at = datetime.fromisoformat(moment.replace(" ", "T") + named)
    except ValueError:
        return None
    return max(0.0, at.astimezone(UTC).timestamp() - now_s)
