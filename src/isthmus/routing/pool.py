"""The accounts of one provider: who takes a request, and what its outcome means for the one that took it.

    choose ──▶ Lease ──answered──▶ … ──release──▶        `failed` may be said at any time between
           └─▶ Exhausted

Everything is decided at once from what is known, for a time that the caller gives; no decision waits, sleeps or is random.
Each `Change` is for the caller to store, and with it the coolings: a pool that is built with them goes on as the former did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from isthmus.core.commands import Spare
from isthmus.core.errors import Scope, UpstreamError
from isthmus.routing.account import AccountId, Member
from isthmus.routing.affinity import Bindings
from isthmus.routing.cooldown import (
    DEFAULT_RULES,
    NO_CHANGE,
    Change,
    Cooling,
    CoolingReason,
    PoolRules,
    judge,
)
from isthmus.routing.exhausted import Exhausted, State, Why, explain
from isthmus.routing.health import Health, Models
from isthmus.routing.slot import Lease, Slot, Standing
from isthmus.routing.strategies import Strategy, choose_candidate

__all__ = [
    "AccountId",
    "Change",
    "Cooling",
    "CoolingReason",
    "Exhausted",
    "Lease",
    "Member",
    "Models",
    "Pool",
    "PoolRules",
    "Standing",
    "State",
    "Strategy",
    "Why",
]

# Waiting a little, or nothing at all, is against these: the conversation is better served elsewhere for once and comes back.
_PASSING = frozenset({State.HEALTHY, State.BUSY, State.PROBING})


class Pool:
    """Raises `ValueError` for two members of the same id."""

    def __init__(
        self,
        strategy: Strategy,
        members: Iterable[Member],
        rules: PoolRules = DEFAULT_RULES,
        coolings: Iterable[Cooling] = (),
    ) -> None:
        """`coolings` of accounts that are no members are left out; so are, of two for the same rest, the earlier."""
        self._slots: dict[AccountId, Slot] = {}
        self._enabled: list[Slot] = []
        self._bindings = Bindings()
        self._turn = 0
        self._sparing_until_s = 0.0
        """Nobody is spared after this."""
        self.update(members, strategy, rules)
        for cooling in coolings:
            if (slot := self._slots.get(cooling.account)) is not None:
                slot.health.remember(cooling)

    def update(self, members: Iterable[Member], strategy: Strategy, rules: PoolRules) -> None:
        """Follows a live edit. What is under way or rests at the members that stay is kept, and `members` have the last word
        on who is enabled."""
        listed = list(members)
        slots = {each.id: self._slots.get(each.id) or Slot(each, Health(each.id)) for each in listed}
        if len(slots) < len(listed):
            twice = Counter(each.id for each in listed).most_common(1)[0][0]
            raise ValueError(f"account {twice!r} is twice in the pool: give each account its own id")
        for member in listed:
            slots[member.id].follow(member)
        self._strategy, self._rules, self._slots = strategy, rules, slots
        self._enabled = [slot for slot in slots.values() if slot.is_enabled]

    def choose(
        self,
        now_s: float,
        model: str,
        *,
        affinity: str | None = None,
        tokens: int = 0,
        excluded: Collection[AccountId] = (),
    ) -> Lease | Exhausted:
        """A place at an account that is none of `excluded`, the ones this request has tried. `tokens` are reserved in the
        account's own limits. `affinity` is the key of the conversation, for the strategy of that name."""
        if affinity is None or self._strategy is not Strategy.AFFINITY:
            slot = self._placed(now_s, model, tokens, excluded)
        else:
            slot = self._bound(affinity, now_s, model, tokens, excluded)
        if slot is None:
            return self._exhausted(now_s, model, tokens, excluded)
        return self._lease(slot, now_s, model, tokens)

    def answered(self, lease: Lease, now_s: float) -> Change:
        """The first byte of a good answer is here. A probe's answer ends the rests that it tested."""
        if lease.is_answered or lease.is_judged:
            return NO_CHANGE
        lease.is_answered = True
        lease.slot.last_answer_s = now_s
        if not lease.probes or not self._has(lease.slot):
            return NO_CHANGE
        cleared = lease.slot.health.end(lease.probes)
        return Change(cleared=cleared) if cleared else NO_CHANGE

    def failed(self, lease: Lease, error: UpstreamError, now_s: float) -> Change:
        """The attempt failed, before or after its answer began."""
        slot, was_judged = lease.slot, lease.is_judged
        lease.is_judged = True
        verdict = judge(error)
        if was_judged or verdict is None or not self._has(slot):
            return NO_CHANGE
        if verdict.reason is CoolingReason.CREDENTIAL:
            if lease.credential_version != slot.member.credential_version:
                return NO_CHANGE
            if not slot.member.read_only:
                return self._bury(slot, verdict.text)
        if not self._rules.rests:
            return NO_CHANGE
        if verdict.whole_account and verdict.wait_s is None and len(self._enabled) == 1:
            # Nobody else could answer: the upstream's own words help more than ours, until the refusal is mended.
            return NO_CHANGE
        return slot.health.fail(verdict, lease.model, lease.probes, now_s, self._rules)

    def spare(self, lease: Lease, spare: Spare, now_s: float) -> None:
        """The account told how near to its limit it is. It is not kept: after a restart its next answer tells it again."""
        model = lease.model if spare.scope is Scope.MODEL else None
        until_s = now_s + min(spare.wait_s, self._rules.max_cooldown_s)
        lease.slot.spare(model, until_s, now_s)
        self._sparing_until_s = max(self._sparing_until_s, until_s)

    def release(self, lease: Lease, now_s: float, tokens: int | None = None) -> None:
        """Gives the place back, once. `tokens` are those the attempt really took; None leaves the estimate standing."""
        if lease.is_released:
            return
        lease.is_released = True
        slot = lease.slot
        slot.in_flight -= 1
        for charge in lease.probes:
            charge.probing = False
        if lease.is_answered and not lease.is_judged and slot.health.charges:
            slot.health.succeed(lease.model)
        if tokens is not None and slot.allowance is not None:
            slot.allowance.settle(lease.since_s, tokens - lease.tokens)

    def clear(self, account: AccountId, model: str | Models | None = Models.ALL) -> Change:
        """The operator ends rests: all of an account, those of one model, or with None that of the account as a whole."""
        slot = self._slots.get(account)
        cleared = slot.health.clear(model) if slot else ()
        return Change(cleared=cleared) if cleared else NO_CHANGE

    def states(self, now_s: float) -> list[Standing]:
        return [slot.standing(now_s) for slot in self._slots.values()]

    def _has(self, slot: Slot) -> bool:
        """Of an account that was removed there is nothing to store, even if it has come back since."""
        return self._slots.get(slot.member.id) is slot

    def _placed(self, now_s: float, model: str, tokens: int, excluded: Collection[AccountId]) -> Slot | None:
        free = [
            slot
            for slot in self._enabled
            if slot.is_free(now_s, model, tokens) and (not excluded or slot.member.id not in excluded)
        ]
        if now_s < self._sparing_until_s:
            free = [slot for slot in free if not slot.is_spared(now_s, model)] or free
        return choose_candidate(self._strategy, free) if free else None

    def _bound(
        self, key: str, now_s: float, model: str, tokens: int, excluded: Collection[AccountId]
    ) -> Slot | None:
        """The account of this conversation. Another one for this once if it is busy, and from now on if it is dead or rests."""
        bound = self._bindings.find(key)
        slot = self._slots.get(bound) if bound is not None else None
        if slot is not None and slot.is_enabled:
            if slot.is_free(now_s, model, tokens) and bound not in excluded:
                return slot
            if slot.obstacle(now_s, model, tokens).state in _PASSING:
                return self._placed(now_s, model, tokens, excluded)
        placed = self._placed(now_s, model, tokens, excluded)
        if placed is not None:
            self._bindings.bind(key, placed.member.id, self._rules.max_affinities)
        return placed

    def _lease(self, slot: Slot, now_s: float, model: str, tokens: int) -> Lease:
        self._turn += 1
        slot.turn = self._turn
        slot.in_flight += 1
        if slot.allowance is not None:
            slot.allowance.take(now_s, tokens)
        probes = slot.health.begin_probe(model) if slot.health.charges else ()
        member = slot.member
        return Lease(member.id, model, now_s, tokens, slot, member.credential_version, probes)

    def _bury(self, slot: Slot, reason: str) -> Change:
        if slot.is_dead:
            return NO_CHANGE
        slot.is_dead = True
        self._enabled = [each for each in self._enabled if each is not slot]
        return Change(disabled=reason)

    def _exhausted(self, now_s: float, model: str, tokens: int, excluded: Collection[AccountId]) -> Exhausted:
        return explain(
            [
                slot.obstacle(now_s, model, tokens, tried=account in excluded)
                for account, slot in self._slots.items()
            ],
            now_s,
        )
