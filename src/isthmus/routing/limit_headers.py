"""How a subject stands with its rate limits, in the headers each dialect's clients read.

Only sliding windows of requests and tokens are told: clients pace themselves by these. A calendar budget would make them
wait until midnight. Where a subject has several windows of one unit, the one that will run out first is told.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from isthmus.core.commands import Headers
from isthmus.routing.limits import Sliding, Standing, Unit

_TOLD: Final = (Unit.REQUESTS, Unit.TOKENS)


def anthropic_headers(standings: Sequence[Standing], now_s: float) -> Headers:
    """`anthropic-ratelimit-*`; the reset is a moment, RFC 3339."""
    headers: list[tuple[str, str]] = []
    for unit, told in _tightest(standings):
        reset = datetime.fromtimestamp(math.ceil(now_s + told.reset_s), UTC)
        headers += [
            (f"anthropic-ratelimit-{unit}-limit", str(told.limit.maximum)),
            (f"anthropic-ratelimit-{unit}-remaining", str(told.remaining)),
            (f"anthropic-ratelimit-{unit}-reset", f"{reset:%Y-%m-%dT%H:%M:%SZ}"),
        ]
    return tuple(headers)


def openai_headers(standings: Sequence[Standing]) -> Headers:
    """`x-ratelimit-*`; the reset is a duration such as `6m0s`."""
    headers: list[tuple[str, str]] = []
    for unit, told in _tightest(standings):
        headers += [
            (f"x-ratelimit-limit-{unit}", str(told.limit.maximum)),
            (f"x-ratelimit-remaining-{unit}", str(told.remaining)),
            (f"x-ratelimit-reset-{unit}", duration(told.reset_s)),
        ]
    return tuple(headers)


def duration(seconds: float) -> str:
    """As Go writes one, in whole seconds and never too short: `0s`, `59s`, `6m0s`, `1h0m1s`."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def _tightest(standings: Sequence[Standing]) -> Iterable[tuple[Unit, Standing]]:
    for unit in _TOLD:
        rates = [
            each for each in standings if each.limit.unit is unit and isinstance(each.limit.window, Sliding)
        ]
        if rates:
            yield unit, min(rates, key=lambda each: each.remaining)
