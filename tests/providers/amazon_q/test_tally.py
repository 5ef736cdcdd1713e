"""What an answer cost."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.usage import Usage
from isthmus.providers.amazon_q.payloads import TokenUsage
from isthmus.providers.amazon_q.tally import Tally, estimated_tokens


def test_measured_tokens_stand_above_the_share_of_the_window() -> None:
    tally = Tally(200_000)
    tally.share(50.0)
    tally.tokens(TokenUsage(10, 20, 30, 40, 60.0))
    tally.credits(0.25)
    assert tally.usage(4000) == Usage(10, 30, 40, 20, micro_credits=250_000)


def test_the_share_of_the_window_holds_output_as_well() -> None:
    tally = Tally(1000)
    tally.share(10.0)
    assert tally.usage(40) == Usage(90, output_tokens=10, input_estimated=True, output_estimated=True)
    assert tally.usage(4000) is None


def test_a_share_of_an_unknown_window_says_nothing() -> None:
    tally = Tally(None)
    tally.share(10.0)
    assert tally.usage(40) is None
    assert Tally(1000).usage(40) is None


@pytest.mark.parametrize(
    ("share", "full"), [(None, False), (99.9, False), (100.0, True), (104.0, True), (math.nan, False)]
)
def test_a_full_window(share: float | None, full: bool) -> None:
    tally = Tally(None)
    tally.share(share)
    assert tally.window_is_full is full


def test_the_last_figure_of_credits_is_that_of_the_call() -> None:
    tally = Tally(None)
    for amount in (0.1, 0.3, None, math.inf, -1.0):
        tally.credits(amount)
    usage = tally.usage(0)
    assert usage is not None and usage.micro_credits == 300_000


def test_characters_make_tokens() -> None:
    assert [estimated_tokens(each) for each in (0, 1, 4, 5)] == [0, 1, 1, 2]


numbers = st.one_of(st.none(), st.integers(-5, 10**7), st.floats())


@pytest.mark.parametrize("absurd", [1.8e302, float("inf"), float("nan"), -1.0])
def test_an_absurd_figure_counts_for_nothing(absurd: float) -> None:
    tally = Tally(200_000)
    tally.tokens(TokenUsage(absurd, absurd, absurd, absurd, absurd))
    tally.credits(absurd)
    assert tally.usage(8) is None


@given(st.builds(TokenUsage, numbers, numbers, numbers, numbers, numbers), numbers, st.integers(0, 10_000))
def test_no_figure_is_ever_negative(told: TokenUsage, credits: float | None, characters: int) -> None:
    tally = Tally(200_000)
    tally.tokens(told)
    tally.credits(credits)
    usage = tally.usage(characters)
    if usage is not None:
        assert min(usage.input_tokens, usage.cache_read_tokens, usage.output_tokens, usage.micro_credits) >= 0
