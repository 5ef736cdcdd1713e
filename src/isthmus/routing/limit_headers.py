"""How a subject stands with its rate limits, in the headers each dialect's clients read.

Only sliding windows of requests and tokens are told: clients pace themselves by these. A calendar budget would make them
wait until midnight. Where a subject has several windows of one unit, the one that will run out first is told.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from isthmus.core.commands import Headers
from isthmus.routing.limits import Limit, Sliding, Standing, Unit

_TOLD: Final = (Unit.REQUESTS, Unit.TOKENS)
_FIGURES: Final = ("limit", "remaining", "reset")
# Put together once, as every answer carries them.
_ANTHROPIC: Final = [(unit, [f"anthropic-ratelimit-{unit}-{each}" for each in _FIGURES]) for unit in _TOLD]
_OPENAI: Final = [(unit, [f"x-ratelimit-{each}-{unit}" for each in _FIGURES]) for unit in _TOLD]


def is_told(limit: Limit) -> bool:
    """Whether a limit is one of those that headers speak of."""
    return limit.unit in _TOLD and isinstance(limit.window, Sliding)


def anthropic_headers(standings: Sequence[Standing], now_s: float) -> Headers:
    """`anthropic-ratelimit-*`; the reset is a moment, RFC 3339."""
    headers: list[tuple[str, str]] = []
    for unit, names in _ANTHROPIC:
        if (told := _tightest(standings, unit)) is not None:
            headers += _lines(names, told, _moment(math.ceil(now_s + told.reset_s)))
    return tuple(headers)


def openai_headers(standings: Sequence[Standing]) -> Headers:
    """`x-ratelimit-*`; the reset is a duration such as `6m0s`."""
    headers: list[tuple[str, str]] = []
    for unit, names in _OPENAI:
        if (told := _tightest(standings, unit)) is not None:
            headers += _lines(names, told, duration(told.reset_s))
    return tuple(headers)


def _lines(names: Sequence[str], told: Standing, reset: str) -> Headers:
    return tuple(zip(names, (str(told.limit.maximum), str(told.remaining), reset), strict=True))


@lru_cache(maxsize=128)
def _moment(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


def duration(seconds: float) -> str:
    """As Go writes one, in whole seconds and never too short: `0s`, `59s`, `6m0s`, `1h0m1s`."""
    return _duration(math.ceil(seconds))


@lru_cache(maxsize=128)
def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def _tightest(standings: Sequence[Standing], unit: Unit) -> Standing | None:
    tightest: Standing | None = None
    for each in standings:
        limit = each.limit
        if (
            limit.unit is unit
            and isinstance(limit.window, Sliding)
            and (tightest is None or each.remaining < tightest.remaining)
        ):
            tightest = each
    return tightest
