from __future__ import annotations

from collections import Counter
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.routing.strategies import Candidate, Strategy, choose_candidate, smoothly

weights = st.lists(st.integers(1, 7), min_size=1, max_size=6)
pools = st.lists(
    st.builds(
        Candidate,
        priority=st.integers(-2, 2),
        weight=st.integers(1, 5),
        in_flight=st.integers(0, 4),
        turn=st.integers(0, 9),
        credit=st.integers(-9, 9),
    ),
    min_size=1,
    max_size=8,
)


@given(pools, st.sampled_from(Strategy))
def test_the_choice_is_one_of_the_candidates(pool: list[Candidate], strategy: Strategy) -> None:
    assert choose_candidate(strategy, pool) in pool


@given(st.lists(st.sets(st.integers(0, 4), min_size=1), min_size=1, max_size=60))
def test_round_robin_passes_nobody_over_twice(rounds: list[set[int]]) -> None:
    """Whoever is present at two choices of the same other account has had its own turn between them."""
    pool = [Candidate() for _ in range(5)]
    history: list[tuple[int, set[int]]] = []
    for turn, present in enumerate(rounds, 1):
        chosen = choose_candidate(Strategy.ROUND_ROBIN, [pool[at] for at in sorted(present)])
        chosen.turn = turn
        index = pool.index(chosen)
        since = next((at for at in reversed(range(len(history))) if history[at][0] == index), None)
        if since is not None:
            between = {who for who, _ in history[since + 1 :]}
            waiting = (present & history[since][1]) - {index}
            assert waiting <= between
        history.append((index, present))


@given(weights)
def test_weights_are_shares(shares: list[int]) -> None:
    pool = [Candidate(weight=weight) for weight in shares]
    chosen = Counter(pool.index(smoothly(pool)) for _ in range(3 * sum(shares)))
    assert [chosen[at] for at in range(len(pool))] == [3 * weight for weight in shares]
    assert all(each.credit == 0 for each in pool)


def test_the_turns_of_the_heavy_one_are_spread() -> None:
    pool = [Candidate(weight=5), Candidate(weight=1), Candidate(weight=1)]
    assert [pool.index(smoothly(pool)) for _ in range(7)] == [0, 0, 1, 0, 2, 0, 0]


@given(weights, st.lists(st.sets(st.integers(0, 5)), max_size=40))
def test_credits_add_up_to_nothing(shares: list[int], rounds: list[set[int]]) -> None:
    pool = [Candidate(weight=weight) for weight in shares]
    for present in rounds:
        if here := [pool[at] for at in present if at < len(pool)]:
            smoothly(here)
        assert sum(each.credit for each in pool) == 0


@given(pools, st.sampled_from([Strategy.LEAST_LOADED, Strategy.AFFINITY]))
def test_the_least_loaded_for_its_weight_is_chosen(pool: list[Candidate], strategy: Strategy) -> None:
    chosen = choose_candidate(strategy, pool)
    assert all(chosen.in_flight * each.weight <= each.in_flight * chosen.weight for each in pool)


@given(pools)
def test_priority_comes_before_load(pool: list[Candidate]) -> None:
    chosen = choose_candidate(Strategy.PRIORITY, pool)
    rank = (chosen.priority, chosen.in_flight / chosen.weight)
    assert rank == min((each.priority, each.in_flight / each.weight) for each in pool)


@pytest.mark.parametrize("strategy", [Strategy.LEAST_LOADED, Strategy.PRIORITY, Strategy.AFFINITY])
def test_idle_accounts_share_by_weight(strategy: Strategy) -> None:
    pool = [Candidate(weight=1), Candidate(weight=2)]
    chosen = Counter(pool.index(choose_candidate(strategy, pool)) for _ in range(30))
    assert chosen == {0: 10, 1: 20}


def test_the_same_requests_meet_the_same_accounts() -> None:
    def play(strategy: Strategy) -> list[int]:
        pool, turns = [Candidate(weight=weight) for weight in (3, 1, 2)], count(1)
        found = []
        for _ in range(20):
            chosen = choose_candidate(strategy, pool)
            chosen.turn = next(turns)
            found.append(pool.index(chosen))
        return found

    for strategy in Strategy:
        assert play(strategy) == play(strategy)
        assert set(play(strategy)) == {0, 1, 2}
