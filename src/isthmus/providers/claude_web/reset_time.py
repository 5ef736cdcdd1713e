"""When a limit ends, looked for in all the places where claude.ai, or what stands before it, has been seen to say it.

The first time that is usable counts: one that lies ahead, by eight days at most, since no window of the service is longer than
seven. Which places there are is told by clients of the service (tempppw01/claude2api, Xerxes-2/clewdr); the order is ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from isthmus.core.figures import http_date, number_of
from isthmus.core.reset_words import MAX_CHARS, wait_in_words

LONGEST_S: Final = 8 * 86_400.0
EXCEEDED: Final = "exceeded_limit"
APPROACHING: Final = "approaching_limit"
_MEMBERS: Final = ("resets_at", "resetsAt", "reset_at", "resetAt")
_IN_MS: Final = 1e12
"""A moment this large is in milliseconds."""
_FROM_NOW: Final = 1e9
"""A number below this is no moment of this century, so it counts from now."""
_CLOCK: Final = re.compile(
    r"\b(?:until|at|after)\s+(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?\s?(?P<half>[ap])\.?m\b"
    r"|\b(?:until|at|after)\s+(?P<hour24>\d{1,2}):(?P<minute24>\d{2})\b",
    re.IGNORECASE,
)

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reset:
    """When it is, in seconds since 1970, and where that was found."""

    at_s: float
    source: str


def find_reset(
    headers: Mapping[str, str],
    body: Json,
    limit: Json | None,
    message: str,
    now_s: float,
    timezone: str = "Etc/UTC",
) -> Reset | None:
    """`limit` is the limit object, wherever in the answer it was; `timezone` that in which the account is told the time."""
    places = (
        *(() if limit is None else _of_limit(limit)),
        *_of_body(body),
        *_of_headers(headers, now_s),
        *_waits(body, now_s),
        *_of_words(message, now_s, timezone),
    )
    for source, at_s in places:
        if at_s is not None and now_s < at_s <= now_s + LONGEST_S:
            return Reset(at_s, source)
    return None


def moment_of(value: object) -> float | None:
    """Seconds since 1970 from seconds, milliseconds or RFC 3339; without a zone it is UTC."""
    if (number := number_of(value)) is not None:
        return number / 1000 if number > _IN_MS else number
    try:
        at = datetime.fromisoformat(value if isinstance(value, str) else "")
        return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


Places = Iterator[tuple[str, float | None]]


def _of_limit(limit: Json) -> Places:
    yield "limit object", moment_of(limit.get("resetsAt"))
    windows = limit.get("windows")
    rows = windows.values() if isinstance(windows, dict) else ()
    ends = [
        at_s
        for row in rows
        if isinstance(row, dict) and row.get("status") == EXCEEDED
        if (at_s := moment_of(row.get("resets_at"))) is not None
    ]
    yield "limit object, windows", max(ends, default=None)


def _of_body(body: Json) -> Places:
    for where in _levels(body):
        for name in _MEMBERS:
            yield f"body, {name}", moment_of(where.get(name))


def _of_headers(headers: Mapping[str, str], now_s: float) -> Places:
    for name, read in _HEADERS.items():
        yield f"header {name}", read(headers.get(name, ""), now_s)


def _waits(body: Json, now_s: float) -> Places:
    for where in _levels(body):
        wait_s = number_of(where.get("retry_after"))
        yield "body, retry_after", None if wait_s is None else now_s + wait_s


def _of_words(message: str, now_s: float, timezone: str) -> Places:
    wait_s = wait_in_words(message, now_s)
    yield "message", None if wait_s is None else now_s + wait_s
    yield "message, clock", _clock(message, now_s, timezone)


def _levels(body: Json) -> Iterator[Json]:
    yield body
    if isinstance(error := body.get("error"), dict):
        yield error


def _epoch(text: str, _: float) -> float | None:
    return moment_of(text)


def _retry_after(text: str, now_s: float) -> float | None:
    wait_s = number_of(text)
    return http_date(text) if wait_s is None else now_s + wait_s


def _any_form(text: str, now_s: float) -> float | None:
    number = number_of(text)
    if number is None:
        return moment_of(text) or _retry_after(text, now_s)
    return now_s + number if number < _FROM_NOW else moment_of(number)


_HEADERS: Final[Mapping[str, Callable[[str, float], float | None]]] = {
    "anthropic-ratelimit-unified-reset": _epoch,
    "retry-after": _retry_after,
    "x-ratelimit-reset": _any_form,
}


def _clock(message: str, now_s: float, timezone: str) -> float | None:
    """`until 10:40 PM`: the next time that it is."""
    found = _CLOCK.search(message[:MAX_CHARS])
    if found is None:
        return None
    hour = int(found["hour"] or found["hour24"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    minute = int(found["minute"] or found["minute24"] or 0)
    now = datetime.fromtimestamp(now_s, _zone(timezone))
    try:
        at = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    except ValueError:
        return None
    return (at if at > now else at + timedelta(days=1)).timestamp()


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC
