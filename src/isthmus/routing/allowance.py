"""How much an account may be asked in a minute and in a day, by its operator's own decision.

Fixed windows, which start with the minute and with the day in UTC: a limit costs two numbers, whatever its size. Tokens are
reserved by an estimate and settled when the answer has been counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from isthmus.routing.account import Member

MINUTE_S = 60
DAY_S = 86_400


@dataclass(slots=True)
class Window:
    """Usage of one limit. `number` counts windows since 1970, `used` what was taken in that one."""

    period_s: int
    counts_tokens: bool
    limit: int
    number: int = 0
    used: int = 0

    def free_at_s(self, now_s: float, tokens: int) -> float:
        """When the request fits; not after `now_s` if it does already. An unused window takes a request of any size,
        since one larger than the limit would never fit."""
        number = int(now_s // self.period_s)
        amount = tokens if self.counts_tokens else 1
        if number != self.number or self.used == 0 or self.used + amount <= self.limit:
            return now_s
        return float((number + 1) * self.period_s)

    def take(self, now_s: float, tokens: int) -> None:
        number = int(now_s // self.period_s)
        if number != self.number:
            self.number, self.used = number, 0
        self.used += tokens if self.counts_tokens else 1

    def settle(self, taken_s: float, difference: int) -> None:
        """Corrects an estimate where it was reserved; in a later window it has been forgotten."""
        if self.counts_tokens and int(taken_s // self.period_s) == self.number:
            self.used = max(0, self.used + difference)


@dataclass(slots=True)
class Allowance:
    """All limits of one account."""

    windows: tuple[Window, ...]

    def free_at_s(self, now_s: float, tokens: int) -> float:
        """The soonest moment at which every limit has room, as far as is known now."""
        return max(window.free_at_s(now_s, tokens) for window in self.windows)

    def take(self, now_s: float, tokens: int) -> None:
        for window in self.windows:
            window.take(now_s, tokens)

    def settle(self, taken_s: float, difference: int) -> None:
        for window in self.windows:
            window.settle(taken_s, difference)


def allowance_of(member: Member, before: Allowance | None = None) -> Allowance | None:
    """None for an account without limits of its own. What was used `before` a change of the limits stays used."""
    windows = tuple(_windows(member))
    for window in windows:
        for old in before.windows if before else ():
            if (old.period_s, old.counts_tokens) == (window.period_s, window.counts_tokens):
                window.number, window.used = old.number, old.used
    return Allowance(windows) if windows else None


def _windows(member: Member) -> Iterable[Window]:
    for period_s, counts_tokens, limit in (
        (MINUTE_S, False, member.requests_per_minute),
        (MINUTE_S, True, member.tokens_per_minute),
        (DAY_S, False, member.requests_per_day),
        (DAY_S, True, member.tokens_per_day),
    ):
        if limit is not None:
            yield Window(period_s, counts_tokens, limit)
