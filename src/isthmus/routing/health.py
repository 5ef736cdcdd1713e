"""What is held against one account: failures in a row, rests, and the probe that may end one.

    well ──failures──▶ resting ──time──▶ half-open ──probe answered──▶ well
                          ▲                  │
                          └───probe failed───┘        (a rest that follows a rest is longer)

A rest is never ended by a request that was already under way when it began, nor lengthened by one, unless the upstream names
a later time: a burst of refusals is one refusal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from isthmus.routing.account import AccountId
from isthmus.routing.cooldown import NO_CHANGE, Change, Cleared, Cooling, CoolingReason, PoolRules, Verdict

NOTHING_CLEARED: Final[Cleared] = ()
LATER_BY_S: Final = 1.0
"""Times named by several refusals of one burst differ by less than this; it is not worth storing each."""


class Models(Enum):
    """Stands for every model and the account as a whole, where one model's name could be given."""

    ALL = "all"


@dataclass(slots=True, eq=False)
class Charge:
    """What is held against one model of an account, or against all of it."""

    model: str | None
    failures: int = 0
    """In a row; counted while there is no rest."""
    cooling: Cooling | None = None
    """Kept after its end, until a probe has been answered."""
    probing: bool = False


@dataclass(slots=True, eq=False)
class Health:
    account: AccountId
    charges: dict[str | None, Charge] = field(default_factory=dict)
    """Only what is held: an account that is well has none. The key None is the whole account."""

    def free_at_s(self, model: str) -> float:
        """When the last rest that concerns `model` ends; long ago if there is none."""
        return max((charge.cooling.until_s for charge in self._resting(model) if charge.cooling), default=0.0)

    def reasons(self, model: str, now_s: float) -> tuple[CoolingReason, ...]:
        """Of the rests that concern `model` at present. One that is over says nothing, though it is not yet proven."""
        coolings = (charge.cooling for charge in self._resting(model) if charge.cooling)
        return tuple(each.reason for each in coolings if each.until_s > now_s)

    def is_probing(self, model: str) -> bool:
        """The one request that may find out whether it is well again is under way."""
        return any(charge.probing for charge in self._resting(model))

    def allows(self, now_s: float, model: str) -> bool:
        return self.free_at_s(model) <= now_s and not self.is_probing(model)

    def begin_probe(self, model: str) -> tuple[Charge, ...]:
        """What a request that is sent now puts to the test."""
        found = tuple(self._resting(model))
        for charge in found:
            charge.probing = True
        return found

    def coolings(self) -> list[Cooling]:
        return [charge.cooling for charge in self.charges.values() if charge.cooling]

    def remember(self, cooling: Cooling) -> None:
        """A rest that began before the pool was built."""
        self.charges[cooling.model] = Charge(cooling.model, cooling=cooling)

    def fail(
        self, verdict: Verdict, model: str, probed: Collection[Charge], now_s: float, rules: PoolRules
    ) -> Change:
        """A failed probe rests whatever it was to prove, so one of the whole account rests all of it."""
        tested = [charge for charge in probed if self.charges.get(charge.model) is charge]
        whole = verdict.whole_account or any(charge.model is None for charge in tested)
        key, cleared = (None, NOTHING_CLEARED) if whole else self._make_room(model, now_s, rules)
        charge = self.charges.get(key)
        if charge is None:
            charge = self.charges[key] = Charge(key)
        if charge.cooling is not None:
            strikes = charge.cooling.strikes if charge.cooling.reason is verdict.reason else 0
            if charge in tested:
                return self._rest(key, verdict, strikes + 1, now_s, rules)
            return self._again(charge.cooling, verdict, max(strikes, 1), now_s, rules)
        charge.failures += 1
        if verdict.at_once or charge.failures >= rules.breaker_after:
            return replace(self._rest(key, verdict, 1, now_s, rules), cleared=cleared)
        return Change(cleared=cleared) if cleared else NO_CHANGE

    def end(self, ended: Collection[Charge]) -> Cleared:
        """A probe was answered: what it tested is held no longer."""
        cleared = []
        for charge in ended:
            charge.probing = False
            if self.charges.get(charge.model) is charge:
                del self.charges[charge.model]
                cleared.append((self.account, charge.model))
        return tuple(cleared)

    def succeed(self, model: str) -> None:
        """A whole good answer: failures before it are not in a row with those after it. Rests are ended by probes alone."""
        for key in (None, model):
            charge = self.charges.get(key)
            if charge is not None and charge.cooling is None:
                del self.charges[key]

    def clear(self, model: str | Models | None) -> Cleared:
        """The operator's word. Failures that have not led to a rest are forgotten, too."""
        keys = list(self.charges) if isinstance(model, Models) else [model]
        held = [self.charges.pop(key) for key in keys if key in self.charges]
        return tuple((self.account, charge.model) for charge in held if charge.cooling)

    def _resting(self, model: str) -> Iterator[Charge]:
        for key in (None, model):
            charge = self.charges.get(key)
            if charge is not None and charge.cooling is not None:
                yield charge

    def _again(
        self, cooling: Cooling, verdict: Verdict, strikes: int, now_s: float, rules: PoolRules
    ) -> Change:
        """Another failure of a request sent before the rest began."""
        until_s = now_s + verdict.cooling_s(strikes, rules)
        if verdict.wait_s is None or until_s <= cooling.until_s + LATER_BY_S:
            return NO_CHANGE
        return self._rest(cooling.model, verdict, strikes, now_s, rules)

    def _rest(
        self, key: str | None, verdict: Verdict, strikes: int, now_s: float, rules: PoolRules
    ) -> Change:
        """A rest is a new charge, so requests that were to prove the former one have no say in it."""
        until_s = now_s + verdict.cooling_s(strikes, rules)
        cooling = Cooling(self.account, key, until_s, verdict.reason, verdict.text, strikes)
        self.charges[key] = Charge(key, cooling=cooling)
        return Change(cooling=cooling)

    def _make_room(self, model: str, now_s: float, rules: PoolRules) -> tuple[str | None, Cleared]:
        """Where to hold something against `model`: against the whole account once too many of its models rest.

        Before that, what is least missed is forgotten: a few failures, then a rest that is over.
        """
        if model in self.charges or len(self.charges) < rules.max_models:
            return model, ()
        for gone in sorted(self.charges.values(), key=lambda charge: charge.cooling is not None):
            if gone.cooling is None or (gone.cooling.until_s <= now_s and not gone.probing):
                del self.charges[gone.model]
                return model, ((self.account, gone.model),) if gone.cooling else ()
        return None, ()
