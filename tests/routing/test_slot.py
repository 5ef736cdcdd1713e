from __future__ import annotations

from dataclasses import replace

import pytest

from isthmus.routing.account import AccountId, Member
from isthmus.routing.cooldown import Cooling, CoolingReason
from isthmus.routing.exhausted import Obstacle, State
from isthmus.routing.health import Health
from isthmus.routing.slot import Slot

A = AccountId("a")
NOW = 86_400.0 * 9
RATE = CoolingReason.RATE_LIMIT


def slot_of(member: Member, *coolings: Cooling) -> Slot:
    slot = Slot(member, Health(member.id))
    slot.follow(member)
    for cooling in coolings:
        slot.health.remember(cooling)
    return slot


def busy() -> Slot:
    slot = slot_of(Member(A, max_concurrency=1))
    slot.in_flight = 1
    return slot


def limited() -> Slot:
    slot = slot_of(Member(A, requests_per_minute=1))
    assert slot.allowance is not None
    slot.allowance.take(NOW, 0)
    return slot


def dead() -> Slot:
    slot = slot_of(Member(A))
    slot.is_dead = True
    return slot


def probing() -> Slot:
    slot = slot_of(Member(A), Cooling(A, "m", NOW - 1, RATE))
    slot.health.begin_probe("m")
    return slot


RESTING = slot_of(Member(A, requests_per_minute=1), Cooling(A, "m", NOW + 5, RATE))


@pytest.mark.parametrize(
    ("slot", "obstacle"),
    [
        (slot_of(Member(A)), Obstacle(State.HEALTHY)),
        (slot_of(Member(A, enabled=False)), Obstacle(State.DISABLED)),
        (dead(), Obstacle(State.DISABLED)),
        (busy(), Obstacle(State.BUSY)),
        (limited(), Obstacle(State.LIMITED, NOW + 60)),
        (probing(), Obstacle(State.PROBING)),
        (RESTING, Obstacle(State.COOLING, NOW + 5, (RATE,))),
    ],
)
def test_what_is_against_a_request(slot: Slot, obstacle: Obstacle) -> None:
    assert slot.obstacle(NOW, "m", 0) == obstacle
    assert slot.standing(NOW).state is obstacle.state
    assert (slot.is_enabled and slot.is_free(NOW, "m", 0)) == (obstacle.state is State.HEALTHY)
    assert slot.obstacle(NOW, "m", 0, tried=True) == replace(obstacle, tried=True)


def test_an_account_that_rests_and_is_limited_is_free_when_both_are_over() -> None:
    slot = slot_of(Member(A, requests_per_minute=1), Cooling(A, "m", NOW + 5, RATE))
    assert slot.allowance is not None
    slot.allowance.take(NOW, 0)
    assert slot.obstacle(NOW, "m", 0).free_at_s == NOW + 60


def test_a_rest_that_is_over_is_no_reason_for_one_that_lasts() -> None:
    """A month that is used up is told as that, also of an account that was sick before."""
    quota = Cooling(A, None, NOW + 5, CoolingReason.QUOTA)
    slot = slot_of(Member(A), Cooling(A, "m", NOW - 1, CoolingReason.SICK), quota)
    assert slot.obstacle(NOW, "m", 0).reasons == (CoolingReason.QUOTA,)


def test_a_model_that_it_lacks_keeps_an_account_from_nothing_else() -> None:
    lacking = Cooling(A, "m", NOW + 5, CoolingReason.NO_MODEL)
    standing = slot_of(Member(A), lacking).standing(NOW)
    assert (standing.state, standing.coolings) == (State.HEALTHY, (lacking,))
    resting = Cooling(A, "n", NOW + 5, RATE)
    assert slot_of(Member(A), lacking, resting).standing(NOW).state is State.COOLING


def test_an_edit_keeps_what_is_under_way() -> None:
    slot = slot_of(Member(A, requests_per_minute=1), Cooling(A, "m", NOW + 5, RATE))
    slot.in_flight, slot.credit, slot.is_dead = 2, 7, True
    slot.follow(Member(A, priority=4, weight=3, max_concurrency=9))
    assert (slot.in_flight, slot.priority, slot.weight, slot.places) == (2, 4, 3, 9)
    assert (slot.credit, slot.is_dead, slot.allowance) == (0, False, None)
    assert slot.standing(NOW).coolings == (Cooling(A, "m", NOW + 5, RATE),)


def test_an_edit_gives_no_second_allowance() -> None:
    slot = limited()
    slot.follow(Member(A, requests_per_minute=1, weight=2))
    assert slot.obstacle(NOW, "m", 0) == Obstacle(State.LIMITED, NOW + 60)
