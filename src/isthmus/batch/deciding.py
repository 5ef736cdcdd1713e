"""What to do with an answer: keep it, ask again after a while, or stop the whole batch.

The official SDKs' rule (`x-should-retry` first, then 408, 409, 429 and 5xx), with two differences, because nobody waits for a
batch: whoever says when to come back is believed for as long as `max_wait_s`, and being told so does not count as a failed
try. And what would meet every other line as well (no such key, a budget that is spent, a quota for hours) ends nothing for
good: the batch stops, and the line is asked again when it is resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 60.0
LEAST_PAUSE_S: Final = 0.05
"""Where one is told to come back at once."""
_PASSING: Final = frozenset({0, 408, 409, 429})
"""0: no answer came."""
_LASTING: Final = frozenset({501})
_FOR_ALL: Final = frozenset({401, 402})


@dataclass(frozen=True, slots=True)
class Patience:
    retries: int = 5
    """Beside the first try."""
    max_wait_s: float = 3600.0
    """For one line, by order of those who answer."""


@dataclass(frozen=True, slots=True)
class Keep:
    """This is the line's result."""


@dataclass(frozen=True, slots=True)
class Again:
    after_s: float
    counts: bool = True
    """As one of the retries."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Nothing more is begun. The line has no result yet."""

    why: str


Decision = Keep | Again | Stop


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer says of its own repetition."""

    status: int
    retry_after_s: float | None = None
    should_retry: bool | None = None

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str]) -> Verdict:
        """`headers` have lower-case names."""
        again = {"true": True, "false": False}.get(headers.get("x-should-retry", ""))
        return cls(status, _seconds(headers), again)


def decide(
    verdict: Verdict, failed: int, waited_s: float, patience: Patience, random: Callable[[], float]
) -> Decision:
    """`failed` tries have counted so far, this one apart; `waited_s` were spent by order. `random` gives 0 … 1."""
    status = verdict.status
    if 0 < status < 400:
        return Keep()
    if status in _FOR_ALL:
        return Stop(f"the gateway refuses every request like this one with status {status}")
    if verdict.should_retry is False:
        if status == 429:
            return Stop("a budget or quota is spent, and asking again is not wanted (429)")
        return Keep()
    if not (verdict.should_retry or _may_pass(status)):
        return Keep()
    if verdict.retry_after_s is not None:
        after_s = max(LEAST_PAUSE_S, verdict.retry_after_s)
        if waited_s + after_s > patience.max_wait_s:
            return Stop(
                f"told to come back in {after_s:.0f} s (status {status}), which is longer than --max-wait allows"
            )
        if status == 429:
            return Again(after_s, counts=False)
        return Again(after_s) if failed < patience.retries else Keep()
    if failed >= patience.retries:
        return Keep()
    pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**failed)
    return Again(pause_s * (0.75 + 0.5 * random()))


def _may_pass(status: int) -> bool:
    return status in _PASSING or (status >= 500 and status not in _LASTING)


def _seconds(headers: Mapping[str, str]) -> float | None:
    """Milliseconds or seconds. A date is left aside: the gateway sends none, and clocks differ."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) / scale
        except (KeyError, ValueError):
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    return None
