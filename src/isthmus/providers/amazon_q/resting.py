"""How long a refusal puts an account to rest, where the service must be asked for that or the clock tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from isthmus.core.commands import Grant
from isthmus.core.errors import Scope, UpstreamError
from isthmus.core.logins import Steps
from isthmus.providers.amazon_q.cases import MONTH, Remedy
from isthmus.providers.amazon_q.control_calls import ask_usage_limits
from isthmus.providers.amazon_q.errors import Refusals, Refused
from isthmus.providers.amazon_q.options import Options
from isthmus.providers.amazon_q.patience import Patience
from isthmus.providers.amazon_q.usage_limits import UsageLimits, day_ends_s, month_ends_s

OVERDUE_S: Final = 3600.0
"""An allowance that should have started anew by now is looked at again after this time."""


@dataclass(frozen=True, slots=True)
class Resting:
    """Of one account: what it was told before matters."""

    refusals: Refusals
    patience: Patience
    now_s: Callable[[], float]

    def settle(self, refused: Refused, grant: Grant, options: Options) -> Steps[None]:
        """Writes into the refusal when to come back. `options` are the account's own."""
        match refused.remedy:
            case Remedy.MONTH_ENDS:
                limits = yield from self._limits(grant, options)
                self._until(refused, self._reset_s(limits))
            case Remedy.DAY_ENDS:
                self._until(refused, day_ends_s(self.now_s()))
            case Remedy.PATIENCE:
                yield from self._wait(refused, grant, options)
            case _:
                pass

    def _wait(self, refused: Refused, grant: Grant, options: Options) -> Steps[None]:
        wait_s = self.patience.refused(self.now_s(), refused.longest_s, refused.told_s)
        refused.cooldown_s = refused.retry_after_s = wait_s
        if not self.patience.is_tried:
            return
        limits = yield from self._limits(grant, options)
        if limits is not None and limits.spent:
            refused.scope, refused.paced = Scope.ACCOUNT, False
            refused.detail = f"{MONTH.state}: {refused.detail}"
            self._until(refused, self._reset_s(limits))

    def _limits(self, grant: Grant, options: Options) -> Steps[UsageLimits | None]:
        try:
            return (yield from ask_usage_limits(grant, options, self.refusals))
        except UpstreamError:
            # What is told to the client and held against the account is the refusal that led here.
            return None

    def _reset_s(self, limits: UsageLimits | None) -> float:
        if limits is None or limits.resets_ms is None:
            return month_ends_s(self.now_s())
        at_s = limits.resets_ms / 1000
        return at_s if at_s > self.now_s() else self.now_s() + OVERDUE_S

    def _until(self, refused: Refused, at_s: float) -> None:
        refused.cooldown_s = refused.retry_after_s = at_s - self.now_s()
