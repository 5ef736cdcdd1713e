"""Why nobody could take a request, and when somebody can again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from isthmus.routing.cooldown import CoolingReason

_LIMITS = {CoolingReason.RATE_LIMIT, CoolingReason.QUOTA}


class State(StrEnum):
    """How an account stands, in the words that operators read."""

    HEALTHY = "healthy"
    BUSY = "busy"
    COOLING = "cooling"
    LIMITED = "limited"
    """At a limit that its operator set."""
    PROBING = "probing"
    """Its rest is over; one request at a time finds out whether it is well."""
    DISABLED = "disabled"


class Why(StrEnum):
    NONE = "none"
    """The pool has no account at all."""
    DISABLED = "disabled"
    """Every account is switched off."""
    BUSY = "busy"
    """An account is well, but has no free place, or the one probe it may have is under way. Waiting may help."""
    ALL_TRIED = "all_tried"
    """Whoever could take a request has been tried for this one."""
    LIMITED = "limited"
    """All rest, none of them because it is sick or refused."""
    SICK = "sick"
    LACKING = "lacking"
    """None of them has the model."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What one account has against one request. `HEALTHY`: nothing, but it was tried already."""

    state: State
    free_at_s: float = 0.0
    """With `COOLING` and `LIMITED`."""
    reasons: tuple[CoolingReason, ...] = ()
    tried: bool = False


@dataclass(frozen=True, slots=True)
class Exhausted:
    why: Why
    retry_after_s: float | None
    """Until the first account's rest is over. A number with `LIMITED`, `SICK` and `LACKING`; None where nobody rests."""
    text: str
    """For the operator."""
    is_spent: bool = False
    """With `LIMITED`: every allowance is used up; that no haste is to blame."""


def explain(obstacles: Sequence[Obstacle], now_s: float) -> Exhausted:
    """`obstacles` has one for each account of the pool."""
    ends = [each.free_at_s for each in obstacles if each.state in {State.COOLING, State.LIMITED}]
    retry_after_s = min(ends) - now_s if ends else None
    why = _why(obstacles)
    is_limited = any(each.state is State.LIMITED for each in obstacles)
    is_spent = why is Why.LIMITED and not is_limited and _reasons(obstacles) == {CoolingReason.QUOTA}
    return Exhausted(why, retry_after_s, _text(obstacles, retry_after_s), is_spent)


def _why(obstacles: Sequence[Obstacle]) -> Why:
    able = [each for each in obstacles if each.state is not State.DISABLED]
    if not able:
        return Why.DISABLED if obstacles else Why.NONE
    awake = [each for each in able if each.state not in {State.COOLING, State.LIMITED}]
    if awake:
        return Why.ALL_TRIED if all(each.tried for each in awake) else Why.BUSY
    reasons = _reasons(able)
    if reasons == {CoolingReason.NO_MODEL}:
        return Why.LACKING
    if CoolingReason.SICK in reasons:
        return Why.SICK
    limited = any(each.state is State.LIMITED for each in able) or reasons & _LIMITS
    return Why.LIMITED if limited else Why.SICK


def _reasons(obstacles: Sequence[Obstacle]) -> set[CoolingReason]:
    return {reason for each in obstacles for reason in each.reasons}


def _text(obstacles: Sequence[Obstacle], retry_after_s: float | None) -> str:
    counts = Counter(each.state for each in obstacles)
    tried = sum(each.tried for each in obstacles)
    parts = [f"{counts[state]} {state}" for state in State if counts[state]]
    parts += [f"{tried} tried for this request"] if tried else []
    parts += [f"the next is free in {retry_after_s:.1f} s"] if retry_after_s is not None else []
    accounts = "1 account" if len(obstacles) == 1 else f"{len(obstacles)} accounts"
    return f"{accounts}: {', '.join(parts)}" if obstacles else "no accounts: add one, or enable one"
