from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.routing.limit_headers import anthropic_headers, duration, openai_headers
from isthmus.routing.limits import Calendar, Limit, Sliding, Standing, Unit

NOON_S = 1_795_262_400.25  # 2026-11-21 12:00 UTC, and a quarter of a second
STANDINGS = [
    Standing(Limit(Unit.REQUESTS, 60, Sliding(60)), 12, 41.0),
    Standing(Limit(Unit.TOKENS, 90_000, Sliding(60)), 0, 360.0),
    Standing(Limit(Unit.TOKENS, 5_000_000, Calendar.MONTH), 3, 800_000.0),
    Standing(Limit(Unit.COST, 1, Calendar.DAY), 0, 4000.0),
    Standing(Limit(Unit.CONCURRENCY, 5), 1, 0.0),
]


def test_anthropic_clients_are_told_the_moment() -> None:
    assert anthropic_headers(STANDINGS, NOON_S) == (
        ("anthropic-ratelimit-requests-limit", "60"),
        ("anthropic-ratelimit-requests-remaining", "12"),
        ("anthropic-ratelimit-requests-reset", "2026-11-21T12:00:42Z"),
        ("anthropic-ratelimit-tokens-limit", "90000"),
        ("anthropic-ratelimit-tokens-remaining", "0"),
        ("anthropic-ratelimit-tokens-reset", "2026-11-21T12:06:01Z"),
    )


def test_openai_clients_are_told_the_time_to_wait() -> None:
    assert openai_headers(STANDINGS) == (
        ("x-ratelimit-limit-requests", "60"),
        ("x-ratelimit-remaining-requests", "12"),
        ("x-ratelimit-reset-requests", "41s"),
        ("x-ratelimit-limit-tokens", "90000"),
        ("x-ratelimit-remaining-tokens", "0"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    )


def test_of_two_windows_the_one_that_runs_out_first_is_told() -> None:
    minute = Standing(Limit(Unit.REQUESTS, 60, Sliding(60)), 59, 1.0)
    hour = Standing(Limit(Unit.REQUESTS, 500, Sliding(3600)), 7, 3600.0)
    assert dict(openai_headers([minute, hour]))["x-ratelimit-limit-requests"] == "500"


def test_without_rate_limits_nothing_is_told() -> None:
    assert anthropic_headers(STANDINGS[2:], NOON_S) == ()
    assert openai_headers([]) == ()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.2, "1s"),
        (59, "59s"),
        (59.01, "1m0s"),
        (360, "6m0s"),
        (3600, "1h0m0s"),
        (90061, "25h1m1s"),
    ],
)
def test_a_duration_is_written_as_go_writes_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@given(st.integers(0, 80_000_000).map(lambda eighths: eighths / 8))
def test_a_duration_is_never_too_short_and_at_most_a_second_too_long(seconds: float) -> None:
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(\d+)s", duration(seconds))
    assert found is not None
    hours, minutes, rest = (int(part or 0) for part in found.groups())
    assert seconds <= hours * 3600 + minutes * 60 + rest < seconds + 1
