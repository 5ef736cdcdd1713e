from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.routing.limits import Calendar, Limit, Sliding, Unit
from isthmus.routing.meters import (
    SLOTS,
    CalendarMeter,
    ConcurrencyMeter,
    SlidingMeter,
    leaves_at_s,
    new_meter,
    refusal,
    slot_of,
    standing,
)

START_S = 1_795_262_400  # 2026-11-21 12:00 UTC

# Whole eighths of a second are exact as floats, so that a law about edges is about edges.
steps = st.lists(
    st.tuples(st.integers(0, 400), st.integers(1, 50)), min_size=1, max_size=60
)  # eighths of a second since the last one, amount
windows = st.sampled_from([1, 7, 60, 3600])


def moments(steps: list[tuple[int, int]], seconds: int) -> list[tuple[float, int]]:
    now_s, result = float(START_S), []
    for eighths, amount in steps:
        now_s += eighths / 8 * max(1, seconds // 60)
        result.append((now_s, amount))
    return result


@given(steps, windows, st.integers(1, 120))
def test_no_stretch_of_the_window_holds_more_than_the_maximum(
    steps: list[tuple[int, int]], seconds: int, maximum: int
) -> None:
    meter, taken = SlidingMeter(seconds), list[tuple[float, int]]()
    for now_s, amount in moments(steps, seconds):
        if meter.used(now_s) + amount <= maximum:
            meter.take(amount, now_s)
            taken.append((now_s, amount))
    for end_s, _ in taken:
        assert sum(amount for at_s, amount in taken if end_s - seconds < at_s <= end_s) <= maximum


@given(steps, windows)
def test_an_amount_counts_for_a_window_and_a_sixtieth_at_most(
    steps: list[tuple[int, int]], seconds: int
) -> None:
    meter, taken = SlidingMeter(seconds), list[tuple[float, int]]()
    for now_s, amount in moments(steps, seconds):
        still = sum(amount for at_s, amount in taken if now_s - seconds < at_s)
        at_most = sum(amount for at_s, amount in taken if now_s - seconds - seconds / SLOTS < at_s + 1e-6)
        assert still <= meter.used(now_s) <= at_most
        meter.take(amount, now_s)
        taken.append((now_s, amount))
    assert len(meter.slots) <= SLOTS + 1


@given(steps, windows, st.data())
def test_room_comes_when_it_was_promised_and_not_before(
    steps: list[tuple[int, int]], seconds: int, data: st.DataObject
) -> None:
    meter, now_s = SlidingMeter(seconds), 0.0
    for now_s, amount in moments(steps, seconds):
        meter.used(now_s)
        meter.take(amount, now_s)
    used = meter.used(now_s)
    needed = data.draw(st.integers(1, used))
    wait_s = meter.room_after_s(needed, now_s)
    assert meter.used(now_s + wait_s - seconds / SLOTS / 4) > used - needed
    assert meter.used(now_s + wait_s + 1e-4) <= used - needed


@given(steps, windows, st.lists(st.tuples(st.integers(0, 59), st.integers(0, 99)), max_size=20))
def test_giving_back_never_leads_below_zero_and_never_beyond_what_is_held(
    steps: list[tuple[int, int]], seconds: int, returns: list[tuple[int, int]]
) -> None:
    meter, taken = SlidingMeter(seconds), moments(steps, seconds)
    for now_s, amount in taken:
        meter.used(now_s)
        meter.take(amount, now_s)
    end_s = taken[-1][0]
    for which, amount in returns:
        before = meter.used(end_s)
        meter.give_back(amount, taken[which % len(taken)][0], end_s)
        assert before - amount <= meter.used(end_s) <= before
    assert meter.total == sum(meter.slots.values())
    assert all(amount >= 0 for amount in meter.slots.values())


def test_when_a_window_is_empty_again() -> None:
    meter = SlidingMeter(60)
    assert meter.empty_after_s(START_S) == 0
    meter.take(5, START_S)
    meter.take(5, START_S + 20)
    assert meter.empty_after_s(START_S + 20) == 61
    meter.give_back(5, START_S + 20, START_S + 20)
    assert meter.empty_after_s(START_S + 20) == 41


@given(st.integers(0, 4_000_000_000), windows)
def test_slots_follow_one_another(second: int, seconds: int) -> None:
    slots = [slot_of(second + part / 8, seconds) for part in range(9)]
    assert all(later >= earlier for earlier, later in pairwise(slots))
    assert leaves_at_s(slots[0], seconds) == pytest.approx(
        (slots[0] * seconds / SLOTS) + seconds * (SLOTS + 1) / SLOTS, abs=1e-5
    )


def test_a_calendar_meter_begins_again_at_midnight() -> None:
    meter, midnight_s = CalendarMeter(Calendar.DAY), START_S + 12 * 3600
    meter.take(7, midnight_s - 1)
    assert (meter.used(midnight_s - 0.1), meter.room_after_s(1, midnight_s - 10)) == (7, 10)
    assert (meter.used(midnight_s), meter.empty_after_s(midnight_s)) == (0, 0)
    meter.give_back(7, midnight_s - 1, midnight_s)
    assert meter.used(midnight_s) == 0


def test_an_opening_figure_raises_and_never_lowers() -> None:
    meter = CalendarMeter(Calendar.MONTH)
    for figure, used in ((5, 5), (3, 5), (9, 9)):
        meter.open_with(figure, START_S)
        assert meter.used(START_S) == used


def test_concurrency_has_no_time() -> None:
    meter = ConcurrencyMeter()
    meter.take(1, START_S)
    assert meter.used(START_S + 10**6) == 1
    for _ in range(2):
        meter.give_back(1, START_S, START_S)
    assert meter.used(START_S) == 0


def test_each_window_has_its_meter() -> None:
    kinds = [
        new_meter(Limit(Unit.REQUESTS, 1, Sliding(60))),
        new_meter(Limit(Unit.COST, 1, Calendar.DAY)),
        new_meter(Limit(Unit.CONCURRENCY, 1)),
    ]
    assert [type(kind) for kind in kinds] == [SlidingMeter, CalendarMeter, ConcurrencyMeter]


def test_waiting_does_not_help_a_demand_above_the_maximum() -> None:
    limit = Limit(Unit.TOKENS, 100, Sliding(60))
    assert refusal(limit, 101, 0, 0.0).retry_after_s is None
    assert refusal(limit, 100, 1, 12.0).retry_after_s == 12.0


def test_a_standing_is_never_below_zero() -> None:
    limit = Limit(Unit.TOKENS, 100, Sliding(60))
    assert standing(limit, 140, 3.0).remaining == 0
    assert standing(limit, 40, -1.0).reset_s == 0
