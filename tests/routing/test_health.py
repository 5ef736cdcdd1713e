from __future__ import annotations

import pytest

from isthmus.routing.account import AccountId
from isthmus.routing.cooldown import NO_CHANGE, Change, Cooling, CoolingReason, PoolRules, Verdict
from isthmus.routing.health import Charge, Health, Models

A = AccountId("a")
RULES = PoolRules(breaker_after=3, max_models=4)
NOW = 1_000.0
RATE = Verdict(CoolingReason.RATE_LIMIT)
TOLD = Verdict(CoolingReason.RATE_LIMIT, wait_s=30.0)
QUOTA = Verdict(CoolingReason.QUOTA, whole_account=True)
SICK = Verdict(CoolingReason.SICK, at_once=False)


def fail(
    health: Health,
    verdict: Verdict,
    now_s: float = NOW,
    model: str = "m",
    probed: tuple[Charge, ...] = (),
) -> Change:
    return health.fail(verdict, model, probed, now_s, RULES)


def until(change: Change) -> float:
    assert change.cooling is not None
    return change.cooling.until_s


def test_a_limit_rests_one_model_and_a_quota_the_account() -> None:
    health = Health(A)
    assert fail(health, TOLD) == Change(Cooling(A, "m", NOW + 30, CoolingReason.RATE_LIMIT))
    assert not health.allows(NOW, "m")
    assert health.allows(NOW, "other")
    fail(health, QUOTA)
    assert not health.allows(NOW + 299, "other")
    assert health.allows(NOW + 300, "other")
    assert health.reasons("m", NOW) == (CoolingReason.QUOTA, CoolingReason.RATE_LIMIT)


def test_a_breaker_opens_after_failures_in_a_row() -> None:
    health = Health(A)
    assert fail(health, SICK) == fail(health, SICK) == NO_CHANGE
    health.succeed("m")
    assert fail(health, SICK) == fail(health, SICK) == NO_CHANGE
    assert until(fail(health, SICK)) == NOW + 10


def test_a_failed_probe_rests_longer_each_time() -> None:
    health, now, waits = Health(A), NOW, []
    fail(health, SICK), fail(health, SICK)
    end = until(fail(health, SICK))
    for _ in range(5):
        now = end
        end = until(fail(health, SICK, now, probed=health.begin_probe("m")))
        waits.append(end - now)
    assert waits == [20, 40, 80, 120, 120]


def test_a_rest_for_another_reason_starts_anew() -> None:
    health = Health(A)
    first = fail(health, RATE)
    second = fail(health, RATE, until(first), probed=health.begin_probe("m"))
    assert second.cooling and second.cooling.strikes == 2
    third = fail(health, SICK, until(second), probed=health.begin_probe("m"))
    assert third.cooling and (third.cooling.strikes, third.cooling.reason) == (1, CoolingReason.SICK)


def test_a_burst_of_refusals_is_one_refusal() -> None:
    health = Health(A)
    first = fail(health, RATE)
    assert all(fail(health, RATE, NOW + part / 10) == NO_CHANGE for part in range(20))
    assert health.coolings() == [first.cooling]


def test_a_later_time_that_is_named_counts() -> None:
    health = Health(A)
    fail(health, TOLD)
    assert fail(health, TOLD, NOW + 0.5) == NO_CHANGE
    assert until(fail(health, TOLD, NOW + 5)) == NOW + 35
    assert fail(health, Verdict(CoolingReason.SICK, wait_s=2.0), NOW + 6) == NO_CHANGE


def test_a_probe_has_no_say_in_a_rest_that_began_after_it() -> None:
    health = Health(A)
    fail(health, RATE)
    probe = health.begin_probe("m")
    assert probe and not health.allows(NOW + 1, "m")
    fail(health, TOLD, NOW + 1)  # of a request that was sent before the first rest
    assert health.end(probe) == ()
    assert not health.allows(NOW + 2, "m")
    assert fail(health, RATE, NOW + 2, probed=probe) == NO_CHANGE


def test_an_answered_probe_ends_what_it_tested() -> None:
    health = Health(A)
    fail(health, RATE), fail(health, QUOTA)
    probe = health.begin_probe("m")
    assert not health.allows(NOW + 900, "other")  # the account has one probe for all its models
    assert health.end(probe) == ((A, None), (A, "m"))
    assert health.charges == {}
    assert health.end(probe) == ()


def test_a_failed_probe_of_the_account_rests_the_account() -> None:
    health = Health(A)
    fail(health, QUOTA)
    again = fail(health, SICK, NOW + 300, probed=health.begin_probe("m"))
    assert again.cooling and (again.cooling.model, again.cooling.until_s) == (None, NOW + 310)


def test_a_success_does_not_end_a_rest() -> None:
    health = Health(A)
    fail(health, RATE)
    health.succeed("m")
    assert not health.allows(NOW, "m")


@pytest.mark.parametrize(
    ("model", "cleared"),
    [(Models.ALL, {(A, "m"), (A, "n"), (A, None)}), ("n", {(A, "n")}), (None, {(A, None)}), ("x", set())],
)
def test_an_operator_ends_rests(
    model: str | Models | None, cleared: set[tuple[AccountId, str | None]]
) -> None:
    health = Health(A)
    fail(health, TOLD), fail(health, TOLD, model="n"), fail(health, SICK, model="x"), fail(health, QUOTA)
    assert set(health.clear(model)) == cleared
    assert len(health.coolings()) == 3 - len(cleared)


def test_what_is_least_missed_is_forgotten_first() -> None:
    health = Health(A)
    fail(health, RATE, model="short")
    fail(health, TOLD, model="long")
    fail(health, SICK, model="counted")
    fail(health, SICK, model="counted too")
    assert fail(health, TOLD, NOW + 2, model="m1").cleared == ()
    assert fail(health, TOLD, NOW + 2, model="m2").cleared == ()
    assert set(health.charges) == {"short", "long", "m1", "m2"}
    change = fail(health, TOLD, NOW + 2, model="m3")
    assert change.cleared == ((A, "short"),)
    assert change.cooling and change.cooling.model == "m3"


def test_an_account_with_too_many_resting_models_rests() -> None:
    health = Health(A)
    for at in range(4):
        fail(health, TOLD, model=f"m{at}")
    change = fail(health, TOLD, model="one more")
    assert change.cooling and change.cooling.model is None
    assert not health.allows(NOW, "any")
    assert len(health.charges) == 5


def test_a_remembered_rest_goes_on() -> None:
    before, after = Health(A), Health(A)
    fail(before, QUOTA)
    for cooling in before.coolings():
        after.remember(cooling)
    assert after.coolings() == before.coolings()
    assert [after.allows(NOW + wait_s, "m") for wait_s in (0, 299, 300)] == [False, False, True]
    again = fail(after, QUOTA, NOW + 300, probed=after.begin_probe("m"))
    assert again.cooling and again.cooling.strikes == 2
