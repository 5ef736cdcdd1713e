"""Times as claude-api writes them: text with an offset, mostly that of Shanghai, or seconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_SHANGHAI: Final = timezone(timedelta(hours=8))
_FRACTION: Final = re.compile(r"\.(\d{1,6})\d*")
_LAST_S: Final = 253_402_300_799
"""The end of the year 9999."""


def ms_of(text: str | None) -> int | None:
    """Milliseconds since 1970; None for what is no time, such as `never`. Without an offset it was Shanghai's."""
    if not text:
        return None
    # Go writes `2026-01-02 15:04:05.123456789 +0800 CST`, too.
    trimmed = re.sub(r" [A-Z]{2,5}$", "", text.strip())
    trimmed = re.sub(r" ([+-]\d{2}):?(\d{2})$", r"\1:\2", trimmed)
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(lambda found: f".{found[1]:0<6}", trimmed))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=_SHANGHAI)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def shown_ms(ms: int) -> str:
    """For people, in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def ms_of_seconds(seconds: int | None) -> int | None:
    """None for what is no time at all."""
    return seconds * 1000 if seconds is not None and 0 < seconds <= _LAST_S else None
