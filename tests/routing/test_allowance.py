from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from isthmus.routing.account import AccountId, Member
from isthmus.routing.allowance import DAY_S, MINUTE_S, Allowance, allowance_of

NOW = 100.0 * DAY_S
A = AccountId("a")


def allowance(**limits: int) -> Allowance:
    found = allowance_of(Member(A, **limits))  # type: ignore[arg-type]
    assert found is not None
    return found


def test_an_account_without_limits_has_no_allowance() -> None:
    assert allowance_of(Member(A)) is None


def test_a_full_minute_is_free_again_at_the_next() -> None:
    own = allowance(requests_per_minute=2)
    for second in (1, 2):
        assert own.free_at_s(NOW + second, 0) == NOW + second
        own.take(NOW + second, 0)
    assert own.free_at_s(NOW + 3, 0) == NOW + MINUTE_S
    assert own.free_at_s(NOW + MINUTE_S, 0) == NOW + MINUTE_S


def test_the_later_of_two_limits_counts() -> None:
    own = allowance(requests_per_minute=1, requests_per_day=1)
    own.take(NOW, 0)
    assert own.free_at_s(NOW, 0) == NOW + DAY_S


def test_a_request_larger_than_the_limit_is_let_through_alone() -> None:
    own = allowance(tokens_per_minute=100)
    assert own.free_at_s(NOW, 5000) == NOW
    own.take(NOW, 5000)
    assert own.free_at_s(NOW, 1) == NOW + MINUTE_S


def test_an_estimate_is_corrected_where_it_was_made() -> None:
    own = allowance(tokens_per_minute=100, requests_per_minute=9)
    own.take(NOW, 90)
    assert own.free_at_s(NOW + 1, 50) > NOW + 1
    own.settle(NOW, -60)
    assert own.free_at_s(NOW + 1, 50) == NOW + 1
    own.take(NOW + MINUTE_S, 100)
    own.settle(NOW, -30)  # of a minute that is over
    assert own.free_at_s(NOW + MINUTE_S, 1) == NOW + 2 * MINUTE_S


def test_what_was_used_before_a_change_of_the_limits_stays_used() -> None:
    own = allowance(requests_per_minute=5, tokens_per_day=10)
    own.take(NOW, 10)
    changed = allowance_of(Member(A, requests_per_minute=1, requests_per_day=1), own)
    assert changed is not None
    assert changed.free_at_s(NOW, 0) == NOW + MINUTE_S  # the daily limit is new, the other is gone
    assert allowance_of(Member(A), own) is None


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.25, 1.0, 20.0, 59.0]), st.integers(0, 40)), min_size=1, max_size=60
    ),
    st.integers(1, 5),
    st.integers(1, 100),
)
def test_no_window_takes_more_than_its_limit(steps: list[tuple[float, int]], most: int, tokens: int) -> None:
    own, now = allowance(requests_per_minute=most, tokens_per_minute=tokens), NOW
    taken: dict[int, list[int]] = {}
    for wait_s, amount in steps:
        now += wait_s
        free_at_s = own.free_at_s(now, amount)
        assert free_at_s >= now
        assert own.free_at_s(free_at_s, amount) == free_at_s
        if free_at_s == now:
            own.take(now, amount)
            taken.setdefault(int(now // MINUTE_S), []).append(amount)
    for amounts in taken.values():
        assert len(amounts) <= most
        # All that was let in with something before it stayed within; nought-token requests hide in front of one.
        assert sum(amounts) <= tokens or sum(amounts[:-1]) == 0 or sum(amounts[1:]) == 0
