"""Numbers and dates in headers and fields, however whoever wrote them spelled them."""

from __future__ import annotations

import math
from email.utils import parsedate_to_datetime


def number_of(value: object) -> float | None:
    """A finite number, written as one or as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def http_date(text: str) -> float | None:
    """Seconds since 1970 from `Sun, 22 Nov 2026 08:49:37 GMT`; None where it is no such date."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, IndexError, TypeError, OverflowError):  # odd dates have brought about each of them
        return None
