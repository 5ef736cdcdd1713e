"""How the accounts of each provider stand, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from isthmus.control.account_views import LiveState
from isthmus.routing.exhausted import State
from isthmus.storage.accounts import Outline

NEEDS_SIGN_IN: Final = "needs sign-in"
"""So begins why an account is off that its owner must sign in again (`control.access.Trouble`)."""


@dataclass(slots=True)
class AccountCounts:
    """Of one provider."""

    provider: str
    states: Counter[str] = field(default_factory=Counter)
    resting: Counter[str] = field(default_factory=Counter)
    """Reason → number of accounts that rest as a whole."""
    needs_sign_in: int = 0
    """Of those that are off."""

    @property
    def total(self) -> int:
        return self.states.total()


def counted(outlines: Iterable[Outline], lives: Mapping[str, LiveState]) -> Sequence[AccountCounts]:
    """By provider."""
    found: dict[str, AccountCounts] = {}
    for each in outlines:
        counts, live = found.setdefault(each.provider, AccountCounts(each.provider)), lives[each.id]
        counts.states[live.state.value] += 1
        if live.state is State.DISABLED:
            counts.needs_sign_in += (each.off_reason or "").startswith(NEEDS_SIGN_IN)
        elif (reason := _reason(live)) is not None:
            counts.resting[reason] += 1
    return [found[name] for name in sorted(found)]


def _reason(live: LiveState) -> str | None:
    """Why the whole account rests: of several rests, the one that lasts longest."""
    whole = [rest for rest in live.coolings if rest.model is None]
    if live.state is not State.COOLING or not whole:
        return None
    return max(whole, key=lambda rest: rest.until_ms).reason
