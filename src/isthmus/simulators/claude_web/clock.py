"""The time of day at the simulated service. It runs with the given source and can be moved, so that a quota can end now."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime


class Clock:
    """Seconds since 1970: those of `source`, plus whatever it was advanced by."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._ahead_s = 0.0

    @classmethod
    def standing(cls, at_s: float) -> Clock:
        """A clock that moves only when it is told to."""
        return cls(lambda: at_s)

    def now_s(self) -> float:
        return self._source() + self._ahead_s

    def advance(self, seconds: float) -> None:
        self._ahead_s += seconds

    def set(self, now_s: float) -> None:
        self._ahead_s = now_s - self._source()


def stored(at_s: float) -> str:
    """As conversations and usage write a time: `2026-05-04T10:00:00.000000+00:00`."""
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="microseconds")


def streamed(at_s: float) -> str:
    """As blocks of a stream write a time: `2026-05-04T10:00:00.000000Z`."""
    return stored(at_s).replace("+00:00", "Z")


def http_date(at_s: float) -> str:
    return format_datetime(datetime.fromtimestamp(at_s, UTC), usegmt=True)
