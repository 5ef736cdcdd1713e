"""Figures follow from sums, also where there is nothing to divide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.control.figures import Latency, figures_of
from isthmus.storage.latency import bucket_of
from isthmus.storage.request_sums import Sums
from isthmus.storage.schema import LATENCY_BUCKETS


def sums(requests: int, succeeded: int, client_left: int, latency_ms: int = 1000) -> Sums:
    counts = [0] * LATENCY_BUCKETS
    counts[bucket_of(latency_ms)] = succeeded
    none = (0,) * LATENCY_BUCKETS
    return Sums(None, None, requests, succeeded, client_left, 0, 100, 20, 3, 7, 5, 10**9, tuple(counts), none)


def test_figures_are_rates_and_counts() -> None:
    figures = figures_of(sums(10, 6, 2), 4.0)
    assert (figures.requests, figures.failed, figures.success_rate) == (10, 2, 0.75)
    assert (figures.requests_per_minute, figures.tokens_per_minute) == (2.5, 32.5)
    assert figures.duration.p50 == pytest.approx(1000, rel=0.19)
    assert figures.first_token == Latency(None, None, None)


def test_without_requests_there_is_no_rate() -> None:
    nothing = figures_of(None, 5.0)
    assert (nothing.requests, nothing.success_rate, nothing.requests_per_minute) == (0, None, 0.0)


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_every_request_is_counted_once(succeeded: int, failed: int, left: int) -> None:
    figures = figures_of(sums(succeeded + failed + left, succeeded, left), 1.0)
    assert figures.succeeded + figures.failed + figures.client_left == figures.requests
    assert figures.success_rate is None if succeeded + failed == 0 else 0 <= (figures.success_rate or 0) <= 1
