"""One account inside a pool: its places, its health, its own limits, and the leases that take a place."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

from isthmus.routing.account import AccountId, Member
from isthmus.routing.allowance import Allowance, allowance_of
from isthmus.routing.cooldown import Cooling, CoolingReason
from isthmus.routing.exhausted import Obstacle, State
from isthmus.routing.health import Charge, Health
from isthmus.routing.strategies import Candidate


@dataclass(slots=True, eq=False)
class Slot(Candidate):
    member: Member
    health: Health
    allowance: Allowance | None = None
    places: float = inf
    is_dead: bool = False
    """Its credential was refused; nobody has switched it off yet."""
    last_answer_s: float | None = None
    spared_until_s: dict[str | None, float] = field(default_factory=dict)
    """By model, and with None as a whole: others go before it until then."""

    @property
    def is_enabled(self) -> bool:
        return self.member.enabled and not self.is_dead

    def is_free(self, now_s: float, model: str, tokens: int) -> bool:
        """Whether an enabled account could take this request now."""
        return (
            self.in_flight < self.places
            and (not self.health.charges or self.health.allows(now_s, model))
            and (self.allowance is None or self.allowance.free_at_s(now_s, tokens) <= now_s)
        )

    def is_spared(self, now_s: float, model: str) -> bool:
        """Whether it is near its limit."""
        until = self.spared_until_s
        return bool(until) and max(until.get(None, 0.0), until.get(model, 0.0)) > now_s

    def spare(self, model: str | None, until_s: float, now_s: float) -> None:
        """With a time that is over, no longer."""
        ahead = {each: at_s for each, at_s in self.spared_until_s.items() if at_s > now_s and each != model}
        self.spared_until_s = {**ahead, model: until_s} if until_s > now_s else ahead

    def follow(self, member: Member) -> None:
        """The operator changed something. What is under way, what rests and what was used stays as it is."""
        self.member = member
        self.priority, self.weight, self.credit = member.priority, member.weight, 0
        self.places = inf if member.max_concurrency is None else member.max_concurrency
        self.allowance = allowance_of(member, self.allowance)
        self.is_dead = False

    def obstacle(self, now_s: float, model: str, tokens: int, *, tried: bool = False) -> Obstacle:
        """What is against this request. A rest that is over at `now_s` is no obstacle, but its probe under way is."""
        if not self.is_enabled:
            return Obstacle(State.DISABLED, tried=tried)
        rested_s = self.health.free_at_s(model)
        allowed_s = now_s if self.allowance is None else self.allowance.free_at_s(now_s, tokens)
        if rested_s > now_s:
            reasons = self.health.reasons(model, now_s)
            return Obstacle(State.COOLING, max(rested_s, allowed_s), reasons, tried)
        if allowed_s > now_s:
            return Obstacle(State.LIMITED, allowed_s, tried=tried)
        if self.health.is_probing(model):
            return Obstacle(State.PROBING, tried=tried)
        return Obstacle(State.BUSY if self.in_flight >= self.places else State.HEALTHY, tried=tried)

    def standing(self, now_s: float) -> Standing:
        coolings = tuple(self.health.coolings())
        # A model that it does not have keeps it from nothing else.
        resting = [each for each in coolings if each.reason is not CoolingReason.NO_MODEL]
        if not self.is_enabled:
            state = State.DISABLED
        elif any(each.until_s > now_s for each in resting):
            state = State.COOLING
        elif self.allowance is not None and self.allowance.free_at_s(now_s, 0) > now_s:
            state = State.LIMITED
        elif resting:
            state = State.PROBING
        else:
            state = State.BUSY if self.in_flight >= self.places else State.HEALTHY
        return Standing(self.member.id, state, self.in_flight, coolings, self.last_answer_s)


@dataclass(frozen=True, slots=True)
class Standing:
    """One account as operators see it. It is `COOLING` if any of its models rests: `coolings` says which. A model that it
    lacks is among them, and changes nothing."""

    id: AccountId
    state: State
    in_flight: int
    coolings: tuple[Cooling, ...]
    """Those that are over, too, until a good answer proves the account well."""
    last_answer_s: float | None
    """Unix time of the last good answer that began since the pool was built."""


@dataclass(slots=True, eq=False)
class Lease:
    """A place at an account, for one attempt at one model. To be given back with `Pool.release`, whatever happens."""

    account: AccountId
    model: str
    since_s: float
    tokens: int
    """Reserved in the account's own token limits."""
    slot: Slot = field(repr=False)
    credential_version: int = 0
    probes: tuple[Charge, ...] = field(default=(), repr=False)
    """The rests that this attempt may end."""
    is_answered: bool = False
    is_judged: bool = False
    """It failed; a second failure of the same attempt would count it twice."""
    is_released: bool = False
