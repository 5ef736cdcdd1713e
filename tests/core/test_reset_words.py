"""Refusals say in many words when to come back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.reset_words import wait_in_words

NOW = 1_795_280_400.0  # 2026-11-21T17:00:00Z


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        (
            "Rate limit reached for gpt-x in organization org-1 on requests per min. Please try again in 20s.",
            20,
        ),
        ("Please try again in 6m0s.", 360),
        ("Please try again in 1m26.4s. Visit the page to learn more.", 86.4),
        ("Please try again in 250ms", 0.25),
        ("Please retry after 30 seconds.", 30),
        ("You exceeded your quota. Please retry in 41.5s.", 41.5),
        ("Too many requests, please wait for 5 minutes", 300),
        ("Please wait 1 hour and 30 minutes before you send more", 5400),
        ("Your limit resets in 2 hours, 5 min", 7500),
        ("It will be available again in 3 days.", 259_200),
        ("Your limit resets at 2026-11-21T17:10:00Z", 600),
        ("quota resets on 2026-11-21 18:00 UTC", 3600),
        ("retry after 2026-11-21T19:00:00+01:00", 3600),
        ("resets at 2026-11-21T16:00:00Z", 0),
    ],
)
def test_the_time_is_read_from_the_words(text: str, wait_s: float) -> None:
    assert wait_in_words(text, NOW) == pytest.approx(wait_s)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "slow down",
        "try again later",
        "Limit 200 requests per 1 minute",
        "The model took 20 s to answer",
        "please wait until monday",
        "resets at 2026-13-45T99:00:00Z",
        "try again in 5 mice",
    ],
)
def test_where_no_time_is_named_none_is_made_up(text: str) -> None:
    assert wait_in_words(text, NOW) is None


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    wait_in_words(text, NOW)
    wait_in_words(f"try again in {text}", NOW)
