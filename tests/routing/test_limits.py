from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.routing.limits import NANO_USD, Calendar, Demand, Limit, Refused, Sliding, Unit, Window, amount


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("calendar", "now", "start", "end"),
    [
        (Calendar.DAY, "2026-11-21T12:00", "2026-11-21", "2026-11-22"),
        (Calendar.DAY, "2026-12-31T23:59:59.999", "2026-12-31", "2027-01-01"),
        (Calendar.MONTH, "2026-02-28T23:00", "2026-02-01", "2026-03-01"),
        (Calendar.MONTH, "2028-02-29T00:00", "2028-02-01", "2028-03-01"),
        (Calendar.MONTH, "2026-12-01T00:00", "2026-12-01", "2027-01-01"),
        (Calendar.MONTH, "2026-04-30T23:59", "2026-04-01", "2026-05-01"),
    ],
)
def test_a_calendar_window_is_the_day_or_month_of_utc(
    calendar: Calendar, now: str, start: str, end: str
) -> None:
    assert calendar.span(moment(now)) == (moment(start), moment(end))


@given(st.sampled_from(Calendar), st.floats(0, 4e9))
def test_calendar_windows_follow_one_another_without_a_gap(calendar: Calendar, now_s: float) -> None:
    start, end = calendar.span(now_s)
    assert start <= now_s < end
    assert calendar.span(end)[0] == end
    assert calendar.span(start) == (start, end)


@pytest.mark.parametrize(
    ("unit", "window", "name", "meter"),
    [
        (Unit.REQUESTS, Sliding(60), "requests per minute", "requests:60"),
        (Unit.TOKENS, Sliding(3600), "tokens per hour", "tokens:3600"),
        (Unit.TOKENS, Sliding(90), "tokens per 90 s", "tokens:90"),
        (Unit.COST, Calendar.DAY, "daily cost budget", "cost:day"),
        (Unit.TOKENS, Calendar.MONTH, "monthly token budget", "tokens:month"),
        (Unit.CONCURRENCY, None, "concurrent requests", "concurrency"),
    ],
)
def test_a_limit_names_itself_and_its_meter(unit: Unit, window: Window | None, name: str, meter: str) -> None:
    limit = Limit(unit, 5, window)
    assert (limit.name, limit.meter) == (name, meter)
    assert Limit(unit, 7, window, "the team's share").meter == meter


@pytest.mark.parametrize(
    ("unit", "maximum", "window", "says"),
    [
        (Unit.CONCURRENCY, 5, Sliding(60), "concurrency needs no window"),
        (Unit.REQUESTS, 5, None, "requests needs a window"),
        (Unit.REQUESTS, 5, Sliding(0), "a window of 0 s is too short"),
        (Unit.COST, -1, Calendar.DAY, "a maximum of -1 cost is below zero"),
    ],
)
def test_a_limit_nobody_could_keep_is_refused(
    unit: Unit, maximum: int, window: Window | None, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Limit(unit, maximum, window)


def test_what_is_only_known_afterwards_asks_for_one_at_least() -> None:
    demand = Demand(requests=0, tokens=0, cost=12)
    assert [demand.of(unit) for unit in Unit] == [0, 0, 12, 1]
    assert [demand.room_for(unit) for unit in Unit] == [0, 1, 12, 1]


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (
            Refused(Limit(Unit.REQUESTS, 60, Sliding(60)), 60, 11.2),
            "requests per minute: 60 of 60 used; try again in 12 s",
        ),
        (
            Refused(Limit(Unit.COST, 5 * NANO_USD, Calendar.DAY), 4_990_000_000, 3600.0),
            "daily cost budget: $4.99 of $5.00 used; try again in 60 min",
        ),
        (
            Refused(Limit(Unit.COST, NANO_USD // 1000, Calendar.MONTH), 1_800_000, 20_373.0),
            "monthly cost budget: $0.0018 of $0.0010 used; try again in 6 h",
        ),
        (
            Refused(Limit(Unit.TOKENS, 9, Calendar.MONTH), 9, 300_000.0),
            "monthly token budget: 9 of 9 used; try again in 4 days",
        ),
        (
            Refused(Limit(Unit.TOKENS, 10_000, Sliding(60)), 0, None),
            "tokens per minute: this request alone needs more than the maximum of 10,000",
        ),
        (
            Refused(Limit(Unit.CONCURRENCY, 2), 2, 0.0),
            "concurrent requests: 2 of 2 used; try again in 1 s",
        ),
    ],
)
def test_a_refusal_says_which_limit_and_what_to_do(refused: Refused, message: str) -> None:
    assert refused.message == message


def test_costs_are_told_in_dollars() -> None:
    assert amount(Unit.COST, 1_234_567_890_123) == "$1,234.57"
    assert amount(Unit.TOKENS, 1_234_567) == "1,234,567"


@pytest.mark.parametrize(
    ("nano_usd", "shown"),
    [
        (0, "$0.00"),
        (1, "<$0.0001"),
        (1_800_000, "$0.0018"),
        (500_000_000, "$0.50"),
        (999_900_000, "$0.9999"),
        (1_234_567_890_123, "$1,234.57"),
    ],
)
def test_little_money_is_not_shown_as_none(nano_usd: int, shown: str) -> None:
    assert amount(Unit.COST, nano_usd) == shown
