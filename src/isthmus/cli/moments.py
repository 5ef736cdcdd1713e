"""Moments as people type them, and as tables show them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from isthmus.cli.failure import CommandFailed

_SPAN: Final = re.compile(r"(\d{1,6})([mhdw])\Z")
_LENGTH: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|m)\Z")
_LENGTH_UNIT_MS: Final = {"ms": 1, "s": 1000, "m": 60_000}
_UNIT_MS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def read_moment(text: str, option: str, now_ms: int) -> int:
    """`90m`, `12h`, `30d` or `8w` from now, or a date or time (UTC, unless it says otherwise). Raises `CommandFailed`."""
    if span := _SPAN.match(text.strip()):
        return now_ms + int(span[1]) * _UNIT_MS[span[2]]
    try:
        moment = datetime.fromisoformat(text.strip())
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return round(aware.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise CommandFailed(
            f"{option}: {text!r} is no time: write 90m, 12h, 30d, 8w or a date such as 2027-01-31",
            exit_code=2,
        ) from None


def read_length(text: str, option: str) -> int:
    """`800ms`, `5s`, `1.5s` or `2m`, in milliseconds. Raises `CommandFailed`."""
    if (length := _LENGTH.match(text.strip())) is None:
        raise CommandFailed(
            f"{option}: {text!r} is no length of time: write 800ms, 5s, 1.5s or 2m", exit_code=2
        )
    return round(float(length[1]) * _LENGTH_UNIT_MS[length[2]])


def write_moment(at_ms: int) -> str:
    """`2026-11-21T09:30:00Z`."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
