from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from isthmus.core.commands import Spare
from isthmus.core.errors import Kind, Next, Scope, UpstreamError
from isthmus.routing.pool import (
    AccountId,
    Change,
    Cooling,
    CoolingReason,
    Exhausted,
    Lease,
    Member,
    Models,
    Pool,
    PoolRules,
    State,
    Strategy,
    Why,
)

NOW = 1_763_683_200.0
A, B, C = AccountId("a"), AccountId("b"), AccountId("c")
SICK = UpstreamError("broken", status=500, next=Next.OTHER_ACCOUNT)
LIMITED = UpstreamError("slow down", kind=Kind.RATE_LIMIT, status=429, next=Next.OTHER_ACCOUNT, cooldown_s=30)
QUOTA = UpstreamError("all used", kind=Kind.RATE_LIMIT, status=429, scope=Scope.ACCOUNT)
CLIENTS = UpstreamError("bad", kind=Kind.INVALID_REQUEST, status=400, next=Next.NOTHING)
REFUSED = UpstreamError("who?", status=401, next=Next.OTHER_ACCOUNT, scope=Scope.CREDENTIAL)
FORBIDDEN = UpstreamError("no", status=403, next=Next.OTHER_ACCOUNT)


def pool_of(*members: Member, strategy: Strategy = Strategy.ROUND_ROBIN, **rules: Any) -> Pool:
    return Pool(strategy, members, PoolRules(**rules))


def lease(pool: Pool, now_s: float = NOW, model: str = "m", **how: Any) -> Lease:
    found = pool.choose(now_s, model, **how)
    assert isinstance(found, Lease), found
    return found


def nobody(pool: Pool, now_s: float = NOW, model: str = "m", **how: Any) -> Exhausted:
    found = pool.choose(now_s, model, **how)
    assert isinstance(found, Exhausted), found
    return found


def failing(pool: Pool, error: UpstreamError, now_s: float = NOW, **how: Any) -> Change:
    taken = lease(pool, now_s, **how)
    change = pool.failed(taken, error, now_s)
    pool.release(taken, now_s)
    return change


def going_well(pool: Pool, now_s: float = NOW, **how: Any) -> AccountId:
    taken = lease(pool, now_s, **how)
    pool.answered(taken, now_s)
    pool.release(taken, now_s)
    return taken.account


def state_of(pool: Pool, account: AccountId, now_s: float = NOW) -> State:
    return next(each.state for each in pool.states(now_s) if each.id == account)


def test_a_limited_model_rests_and_the_others_go_on() -> None:
    pool = pool_of(Member(A))
    assert failing(pool, LIMITED).cooling == Cooling(
        A, "m", NOW + 30, CoolingReason.RATE_LIMIT, "slow down", 1
    )
    assert nobody(pool).why is Why.LIMITED
    assert nobody(pool, NOW + 10).retry_after_s == 20
    assert going_well(pool, model="other") == A


def test_after_its_rest_an_account_is_asked_by_one_request() -> None:
    pool = pool_of(Member(A))
    failing(pool, LIMITED)
    probe = lease(pool, NOW + 30)
    assert nobody(pool, NOW + 30).why is Why.BUSY
    assert state_of(pool, A, NOW + 30) is State.PROBING
    assert pool.answered(probe, NOW + 31) == Change(cleared=((A, "m"),))
    assert pool.answered(probe, NOW + 31) == Change()
    assert lease(pool, NOW + 31).account == A
    assert state_of(pool, A, NOW + 31) is State.HEALTHY


def test_a_probe_that_was_left_without_a_verdict_frees_its_place() -> None:
    pool = pool_of(Member(A))
    failing(pool, LIMITED)
    pool.release(lease(pool, NOW + 30), NOW + 32)
    probe = lease(pool, NOW + 32)
    assert pool.failed(probe, CLIENTS, NOW + 33) == Change()
    pool.release(probe, NOW + 33)
    again = failing(pool, UpstreamError("still", kind=Kind.RATE_LIMIT, status=429), NOW + 34)
    assert again.cooling and (again.cooling.strikes, again.cooling.until_s) == (2, NOW + 36)


def test_the_clients_fault_is_not_held_against_the_account() -> None:
    pool = pool_of(Member(A), breaker_after=2)
    assert all(not failing(pool, CLIENTS) for _ in range(9))
    failing(pool, SICK)
    failing(pool, CLIENTS)  # neither a failure nor a success
    assert failing(pool, SICK).cooling


def test_a_stream_that_breaks_is_a_failure_though_it_was_answered() -> None:
    pool = pool_of(Member(A), breaker_after=2)
    for broken in (1, 2):
        taken = lease(pool)
        pool.answered(taken, NOW)
        change = pool.failed(taken, SICK, NOW)
        assert pool.failed(taken, SICK, NOW) == Change()
        pool.release(taken, NOW)
        assert bool(change) == (broken == 2)
    assert nobody(pool).why is Why.SICK


def test_success_between_failures_keeps_the_breaker_closed() -> None:
    pool = pool_of(Member(A), breaker_after=2)
    for _ in range(5):
        assert not failing(pool, SICK)
        going_well(pool)


def test_a_refused_credential_switches_the_account_off() -> None:
    pool = pool_of(Member(A), Member(B))
    first, second = lease(pool, excluded={B}), lease(pool, excluded={B})
    assert pool.failed(first, REFUSED, NOW) == Change(disabled="who?")
    assert pool.failed(second, REFUSED, NOW) == Change()
    assert {going_well(pool) for _ in range(4)} == {B}
    assert state_of(pool, A) is State.DISABLED
    pool.update([Member(A, enabled=False)], Strategy.ROUND_ROBIN, PoolRules())
    assert nobody(pool).why is Why.DISABLED
    pool.update([Member(A)], Strategy.ROUND_ROBIN, PoolRules())
    assert going_well(pool) == A


def test_the_refusal_of_an_earlier_credential_is_old_news() -> None:
    pool = pool_of(Member(A))
    taken = lease(pool)
    pool.update([Member(A, credential_version=1)], Strategy.ROUND_ROBIN, PoolRules())
    assert pool.failed(taken, REFUSED, NOW) == Change()
    assert lease(pool).account == A


def test_an_account_of_the_configuration_file_rests_instead() -> None:
    pool = pool_of(Member(A, read_only=True), Member(B))
    change = failing(pool, REFUSED, excluded={B})
    assert change.disabled is None
    assert change.cooling == Cooling(A, None, NOW + 60, CoolingReason.CREDENTIAL, "who?", 1)
    again = failing(pool, REFUSED, NOW + 60, excluded={B})
    assert again.cooling and again.cooling.until_s == NOW + 180


def test_one_forbidden_request_rests_nobody() -> None:
    pool = pool_of(Member(A), breaker_after=3)
    assert not failing(pool, FORBIDDEN)
    assert not failing(pool, FORBIDDEN)
    change = failing(pool, FORBIDDEN)
    assert change.cooling and change.cooling.reason is CoolingReason.PERMISSION


def test_a_quota_rests_every_model() -> None:
    pool = pool_of(Member(A), Member(B))
    failing(pool, QUOTA, excluded={B})
    assert nobody(pool, model="other", excluded={B}).retry_after_s == 300


@pytest.mark.parametrize("error", [LIMITED, QUOTA, SICK, FORBIDDEN])
def test_nobody_rests_where_that_is_not_wanted(error: UpstreamError) -> None:
    pool = pool_of(Member(A), Member(B), rests=False, breaker_after=1)
    assert not failing(pool, error, excluded={B})
    assert lease(pool, excluded={B}).account == A
    assert failing(pool, REFUSED, excluded={B}).disabled


@pytest.mark.parametrize("error", [QUOTA, REFUSED])
def test_an_only_account_does_not_rest_for_a_refusal_that_names_no_time(error: UpstreamError) -> None:
    pool = pool_of(Member(A, read_only=True), Member(B, enabled=False))
    assert not failing(pool, error)
    assert lease(pool).account == A
    known = UpstreamError("used up", status=402, next=Next.OTHER_ACCOUNT, scope=Scope.ACCOUNT, cooldown_s=9.0)
    assert failing(pool, known).cooling


def test_nobody_is_tried_twice() -> None:
    pool, tried = pool_of(Member(A), Member(B), Member(C)), set[AccountId]()
    for _ in range(3):
        taken = lease(pool, excluded=tried)
        assert taken.account not in tried
        tried.add(taken.account)
    assert nobody(pool, excluded=tried).why is Why.ALL_TRIED


def test_an_empty_pool_says_so() -> None:
    assert nobody(pool_of()).why is Why.NONE


def test_a_full_account_is_busy_until_a_place_is_given_back() -> None:
    pool = pool_of(Member(A, max_concurrency=1))
    taken = lease(pool)
    assert nobody(pool).why is Why.BUSY
    pool.release(taken, NOW)
    pool.release(taken, NOW)
    assert lease(pool).account == A
    assert nobody(pool).why is Why.BUSY


def test_own_limits_are_kept_and_settled() -> None:
    pool = pool_of(Member(A, tokens_per_minute=100))
    taken = lease(pool, tokens=90)
    full = nobody(pool, tokens=50)
    assert (full.why, full.retry_after_s) == (Why.LIMITED, 60)
    pool.release(taken, NOW, tokens=20)
    assert lease(pool, tokens=50).tokens == 50


def test_a_conversation_stays_with_its_account() -> None:
    pool = pool_of(*map(Member, (A, B, C)), strategy=Strategy.AFFINITY)
    home = going_well(pool, affinity="k")
    assert {going_well(pool, affinity="k") for _ in range(9)} == {home}
    assert len({going_well(pool, affinity=f"k{at}") for at in range(3)}) == 3
    assert len({going_well(pool) for _ in range(3)}) == 3  # without a key nothing is bound


def test_a_busy_home_is_left_for_once() -> None:
    members = [Member(A, max_concurrency=1), Member(B)]
    pool = pool_of(*members, strategy=Strategy.AFFINITY)
    home = lease(pool, affinity="k", excluded={B})
    assert lease(pool, affinity="k").account == B
    pool.release(home, NOW)
    assert going_well(pool, affinity="k") == A


def test_a_home_that_failed_this_request_is_left_for_once() -> None:
    pool = pool_of(Member(A), Member(B), strategy=Strategy.AFFINITY)
    home = going_well(pool, affinity="k")
    assert going_well(pool, affinity="k", excluded={home}) != home
    assert going_well(pool, affinity="k") == home


@pytest.mark.parametrize("error", [REFUSED, LIMITED, QUOTA])
def test_a_dead_or_resting_home_is_left_for_good(error: UpstreamError) -> None:
    pool = pool_of(Member(A), Member(B), strategy=Strategy.AFFINITY)
    failing(pool, error, affinity="k", excluded={B})
    assert going_well(pool, affinity="k") == B
    assert going_well(pool, NOW + 9_999, affinity="k") == B


def test_a_home_that_was_removed_is_left() -> None:
    pool = pool_of(Member(A), strategy=Strategy.AFFINITY)
    going_well(pool, affinity="k")
    pool.update([Member(B)], Strategy.AFFINITY, PoolRules())
    assert going_well(pool, affinity="k") == B


def test_bindings_are_bounded() -> None:
    pool = pool_of(Member(A), strategy=Strategy.AFFINITY, max_affinities=5)
    for at in range(50):
        going_well(pool, affinity=str(at))
    assert len(pool._bindings) == 5


def test_models_of_the_clients_choice_do_not_grow_memory() -> None:
    pool = pool_of(Member(A), max_models=8, breaker_after=100)
    for at in range(50):
        failing(pool, SICK, model=f"m{at}")
    assert len(pool._slots[A].health.charges) == 8


def test_an_edit_keeps_what_is_under_way() -> None:
    pool = pool_of(Member(A), Member(B))
    failing(pool, QUOTA, excluded={B})
    taken, gone = lease(pool), lease(pool)
    pool.update([Member(A), Member(C)], Strategy.PRIORITY, PoolRules())
    assert [each.id for each in pool.states(NOW)] == [A, C]
    assert state_of(pool, A) is State.COOLING
    for each in (taken, gone):
        assert pool.failed(each, LIMITED, NOW) == Change()  # B is no member any more
        pool.release(each, NOW)
    assert lease(pool).account == C


def test_of_an_account_that_was_removed_nothing_is_stored() -> None:
    pool = pool_of(Member(A))
    failing(pool, QUOTA)
    probe = lease(pool, NOW + 300)
    pool.update([], Strategy.PRIORITY, PoolRules())
    pool.update([Member(A)], Strategy.PRIORITY, PoolRules())
    assert pool.answered(probe, NOW + 301) == Change()


def test_an_account_cannot_be_in_a_pool_twice() -> None:
    pool = pool_of(Member(A))
    with pytest.raises(ValueError, match=r"^account 'b' is twice"):
        pool.update([Member(B), Member(B)], Strategy.WEIGHTED, PoolRules())
    assert lease(pool).account == A


def test_an_operator_ends_rests() -> None:
    pool = pool_of(Member(A), Member(B))
    failing(pool, LIMITED, excluded={B}), failing(pool, QUOTA, model="n", excluded={B})
    assert pool.clear(A, None) == Change(cleared=((A, None),))
    assert state_of(pool, A) is State.COOLING
    assert pool.clear(A) == Change(cleared=((A, "m"),))
    assert pool.clear(A) == pool.clear(C) == Change()
    assert lease(pool, excluded={B}).account == A


def test_round_robin_goes_on_where_it_was_after_an_edit() -> None:
    pool = pool_of(Member(A), Member(B), Member(C))
    assert [going_well(pool) for _ in range(2)] == [A, B]
    pool.update([Member(A), Member(B), Member(C)], Strategy.ROUND_ROBIN, PoolRules())
    assert [going_well(pool) for _ in range(3)] == [C, A, B]


@pytest.mark.parametrize("strategy", Strategy)
def test_an_account_near_its_limit_comes_after_the_others(strategy: Strategy) -> None:
    pool = pool_of(Member(A, weight=9), Member(B, priority=5), strategy=strategy)
    told = lease(pool)
    assert told.account == A
    pool.spare(told, Spare(60.0), NOW)
    pool.release(told, NOW)
    assert [going_well(pool, NOW + 59) for _ in range(3)] == [B, B, B]
    assert going_well(pool, NOW + 59, excluded={B}) == A, "it is well, and better than nobody"
    assert A in [going_well(pool, NOW + 60) for _ in range(2)], "its window is a new one"


def test_a_conversation_stays_with_an_account_near_its_limit() -> None:
    pool = pool_of(Member(A), Member(B), strategy=Strategy.AFFINITY)
    home = lease(pool, affinity="talk")
    pool.spare(home, Spare(60.0), NOW)
    pool.release(home, NOW)
    assert going_well(pool, affinity="talk") == home.account, "its prompt is cached there"
    assert going_well(pool, affinity="another") != home.account


def test_a_limit_of_one_model_spares_the_account_for_that_one_only() -> None:
    pool = pool_of(Member(A, priority=-1), Member(B), strategy=Strategy.PRIORITY)
    told = lease(pool, model="opus")
    pool.spare(told, Spare(60.0, Scope.MODEL), NOW)
    assert lease(pool, model="opus").account == B
    assert lease(pool, model="haiku").account == A
    pool.spare(told, Spare(0.0, Scope.MODEL), NOW + 1)
    assert lease(pool, NOW + 1, model="opus").account == A, "there is enough left"


def test_nobody_is_spared_for_longer_than_the_rules_say() -> None:
    pool = pool_of(Member(A, priority=-1), Member(B), strategy=Strategy.PRIORITY, max_cooldown_s=30.0)
    pool.spare(lease(pool), Spare(9999.0), NOW)
    assert lease(pool, NOW + 29).account == B
    assert lease(pool, NOW + 30).account == A


def test_priority_is_kept_to_while_it_can_be() -> None:
    members = [Member(A, priority=1), Member(B, priority=0), Member(C, priority=1)]
    pool = pool_of(*members, strategy=Strategy.PRIORITY)
    assert {going_well(pool) for _ in range(4)} == {B}
    failing(pool, LIMITED)
    assert {going_well(pool) for _ in range(4)} == {A, C}


IDS = [AccountId(name) for name in "abcd"]
MODELS = ["m", "n"]
ERRORS = [
    SICK,
    LIMITED,
    QUOTA,
    CLIENTS,
    REFUSED,
    FORBIDDEN,
    UpstreamError("busy", kind=Kind.OVERLOADED, status=529, retry_after_s=7),
    UpstreamError("slow", kind=Kind.RATE_LIMIT, status=429),
]
members = st.lists(
    st.builds(
        Member,
        st.sampled_from(IDS),
        enabled=st.sampled_from([True, True, True, False]),
        priority=st.integers(0, 1),
        weight=st.integers(1, 3),
        max_concurrency=st.none() | st.integers(1, 2),
        requests_per_minute=st.none() | st.integers(1, 4),
        read_only=st.booleans(),
    ),
    max_size=4,
    unique_by=lambda member: member.id,
)
rules = st.builds(PoolRules, breaker_after=st.integers(1, 3), max_models=st.just(8))


class AnyPool(RuleBasedStateMachine):
    """Whatever happens in whatever order. Beside the pool goes a plain account of what was promised."""

    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.strategy = Strategy.ROUND_ROBIN
        self.members = {each: Member(each) for each in IDS[:2]}
        self.rules = PoolRules(breaker_after=2)
        self.pool = Pool(self.strategy, self.members.values(), self.rules)
        self.stored: dict[tuple[AccountId, str | None], Cooling] = {}
        self.dead: set[AccountId] = set()
        self.out: list[Lease] = []

    def store(self, change: Change, account: AccountId) -> None:
        for key in change.cleared:
            del self.stored[key]
        if change.cooling is not None:
            assert change.cooling.until_s > self.now
            self.stored[change.cooling.account, change.cooling.model] = change.cooling
        if change.disabled is not None:
            assert not self.members[account].read_only
            self.dead.add(account)

    def ends(self, account: AccountId, model: str) -> list[float]:
        return [self.stored[account, key].until_s for key in (None, model) if (account, key) in self.stored]

    @rule(
        target=leases,
        model=st.sampled_from(MODELS),
        key=st.none() | st.sampled_from(["k", "l"]),
        tried=st.sets(st.sampled_from(IDS), max_size=2),
    )
    def choose(self, model: str, key: str | None, tried: set[AccountId]) -> Lease | MultipleResults[Lease]:
        before = {each.id: each for each in self.pool.states(self.now)}
        found = self.pool.choose(self.now, model, affinity=key, excluded=tried)
        if isinstance(found, Exhausted):
            self.check_exhausted(found, model, tried)
            return multiple()
        member = self.members[found.account]
        assert member.enabled and found.account not in self.dead | tried
        assert all(end <= self.now for end in self.ends(found.account, model))
        under_way = before[found.account].in_flight
        assert member.max_concurrency is None or under_way < member.max_concurrency
        mine = [each for each in self.out if each.account == found.account]
        assert not any({*found.probes} & {*each.probes} for each in mine)
        self.out.append(found)
        return found

    def check_exhausted(self, found: Exhausted, model: str, tried: set[AccountId]) -> None:
        states = {each.id: each for each in self.pool.states(self.now)}
        assert not any(each.state is State.HEALTHY and each.id not in tried for each in states.values())
        if found.why in {Why.LIMITED, Why.SICK}:
            assert found.retry_after_s is not None
        if found.retry_after_s is None:
            return
        assert found.retry_after_s > 0
        plain = [
            max(self.ends(each, model))
            for each in states
            if states[each].state is not State.DISABLED
            and self.members[each].requests_per_minute is None
            and max(self.ends(each, model), default=0) > self.now
        ]
        limited = any(each.requests_per_minute for each in self.members.values())
        soonest = min(plain, default=None)
        if limited:
            assert soonest is None or self.now + found.retry_after_s <= soonest
        else:
            assert self.now + found.retry_after_s == soonest

    @rule(taken=leases)
    def answered(self, taken: Lease) -> None:
        if not taken.is_released:
            self.store(self.pool.answered(taken, self.now), taken.account)

    @rule(taken=leases, error=st.sampled_from(ERRORS))
    def failed(self, taken: Lease, error: UpstreamError) -> None:
        self.store(self.pool.failed(taken, error, self.now), taken.account)

    @rule(
        taken=leases,
        wait_s=st.sampled_from([0.0, 20.0, 1e9]),
        scope=st.sampled_from([Scope.MODEL, Scope.ACCOUNT]),
    )
    def spare(self, taken: Lease, wait_s: float, scope: Scope) -> None:
        """Whoever is spared still answers where nobody else can: nothing else that was promised changes."""
        self.pool.spare(taken, Spare(wait_s, scope), self.now)

    @rule(taken=consumes(leases), twice=st.booleans())
    def release(self, taken: Lease, twice: bool) -> None:
        for _ in range(1 + twice):
            self.pool.release(taken, self.now)
        self.out.remove(taken)

    @rule(wait_s=st.sampled_from([0.25, 1.0, 8.0, 30.0, 60.0, 301.0]))
    def wait(self, wait_s: float) -> None:
        self.now += wait_s

    @rule(account=st.sampled_from(IDS), model=st.sampled_from([Models.ALL, None, *MODELS]))
    def clear(self, account: AccountId, model: str | Models | None) -> None:
        self.store(self.pool.clear(account, model), account)

    @rule(changed=members, strategy=st.sampled_from(Strategy), how=rules)
    def update(self, changed: list[Member], strategy: Strategy, how: PoolRules) -> None:
        self.pool.update(changed, strategy, how)
        self.strategy, self.rules = strategy, how
        self.members = {each.id: each for each in changed}
        self.dead.clear()
        self.stored = {key: value for key, value in self.stored.items() if key[0] in self.members}

    @invariant()
    def rests_are_those_that_were_announced(self) -> None:
        """So a pool built of what was stored decides the same."""
        told = {
            (each.account, each.model): each
            for state in self.pool.states(self.now)
            for each in state.coolings
        }
        assert told == self.stored
        rebuilt = Pool(self.strategy, self.members.values(), self.rules, self.stored.values())
        again = {each for state in rebuilt.states(self.now) for each in state.coolings}
        assert again == set(self.stored.values())

    @invariant()
    def no_place_is_lost(self) -> None:
        slots = list(self.pool._slots.values())
        counts = [sum(each.slot is slot for each in self.out) for slot in slots]
        assert [slot.in_flight for slot in slots] == counts

    @invariant()
    def memory_is_bounded(self) -> None:
        assert all(len(slot.health.charges) <= 9 for slot in self.pool._slots.values())

    def teardown(self) -> None:
        for taken in self.out:
            self.pool.release(taken, self.now)
            assert taken.slot.in_flight >= 0
        assert all(each.in_flight == 0 for each in self.pool.states(self.now))


TestAnyPool = AnyPool.TestCase
TestAnyPool.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


@settings(deadline=None)
@given(members, st.sampled_from(Strategy), st.lists(st.sampled_from(ERRORS[:3]), max_size=6))
def test_a_rebuilt_pool_waits_for_the_same_moment(
    listed: list[Member], strategy: Strategy, errors: list[UpstreamError]
) -> None:
    plain = [Member(each.id, read_only=True) for each in listed]
    pool, stored = Pool(strategy, plain), dict[tuple[AccountId, str | None], Cooling]()
    for error in errors:
        if isinstance(taken := pool.choose(NOW, "m"), Lease):
            change = pool.failed(taken, error, NOW)
            pool.release(taken, NOW)
            if change.cooling:
                stored[change.cooling.account, change.cooling.model] = change.cooling
    rebuilt = Pool(strategy, plain, coolings=stored.values())
    for wait_s in (0.0, 29.0, 30.0, 300.0):
        before, after = (each.choose(NOW + wait_s, "m") for each in (pool, rebuilt))
        assert isinstance(before, Lease) == isinstance(after, Lease)
        if isinstance(before, Exhausted):
            assert before == after
