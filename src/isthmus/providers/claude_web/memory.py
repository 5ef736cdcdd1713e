"""What one account has met, as far as it matters for its next request. Lost with the process, and no harm done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from isthmus.core.errors import Scope
from isthmus.providers.claude_web import cases
from isthmus.providers.claude_web.conversations import Conversations
from isthmus.providers.claude_web.errors import UNKNOWN_RESET_S, Refusals, Refused
from isthmus.providers.claude_web.organizations import Organization

BLOCKED_S: Final = 900.0
"""A path that was blocked is left alone for so long."""
MOST_REFUSED: Final = 3
"""So many refusals in a row, and the account is of no use as it is."""
BUSY_S: Final = (5.0, 60.0)
UNTOLD_S: Final = (60.0, 900.0)
"""First and longest rest, each twice the one before, where nobody says until when."""


@dataclass(slots=True)
class Growing:
    """Rests that grow while one follows the other. Requests that were under way when one began make it no longer: a burst
    that is refused is one refusal."""

    first_s: float
    longest_s: float
    times: int = 0
    until_s: float = 0.0

    def next_s(self, now_s: float) -> float:
        if self.times == 0 or now_s >= self.until_s:
            self.times += 1
            self.until_s = now_s + self._length_s
        return self._length_s

    def forget(self) -> None:
        self.times = 0

    @property
    def _length_s(self) -> float:
        return float(min(self.first_s * 2.0 ** min(self.times - 1, 32), self.longest_s))


@dataclass(slots=True)
class Memory:
    organization: Organization | None = None
    """The one that is asked, once it is known."""
    conversations: Conversations = field(default_factory=Conversations)
    blocked_until_s: float = 0.0
    refused: int = 0
    """How often in a row."""
    busy: Growing = field(default_factory=lambda: Growing(*BUSY_S))
    untold: Growing = field(default_factory=lambda: Growing(*UNTOLD_S))

    def check_path(self, refusals: Refusals) -> None:
        """Raises what was met the last time while it is likely to be met again: nobody knocks at a closed door."""
        left_s = self.blocked_until_s - refusals.now_s()
        if left_s > 0:
            error = refusals.refused(cases.BOT_CHECK, detail=f"not asked again for {left_s:.0f} s")
            error.retry_after_s = left_s
            raise error

    def answered(self) -> None:
        self.refused = 0
        self.busy.forget()
        self.untold.forget()

    def met(self, error: Refused, now_s: float) -> None:
        """Completes a refusal by what came before it."""
        match error.case:
            case cases.BOT_CHECK:
                self.blocked_until_s = now_s + BLOCKED_S
                error.retry_after_s = BLOCKED_S
            case cases.PERMISSION:
                self.refused += 1
                if self.refused >= MOST_REFUSED:
                    error.scope = Scope.CREDENTIAL
                    error.detail = f"refused {self.refused} times in a row: {error.detail}"
            case cases.BUSY | cases.LIMITED_SOMEHOW:
                _rest(error, self.busy.next_s(now_s))
            case cases.RATE_LIMITED if not error.source and error.has_limit:
                _rest(error, UNKNOWN_RESET_S)
            case cases.RATE_LIMITED if not error.source:
                _rest(error, self.untold.next_s(now_s))
            case _:
                pass


def _rest(error: Refused, seconds: float) -> None:
    error.cooldown_s = error.retry_after_s = seconds
