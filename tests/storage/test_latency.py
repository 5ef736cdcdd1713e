"""Percentiles read from buckets are as near as is promised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.storage.latency import BOUNDS_MS, MAX_ERROR, bucket_of, percentile
from isthmus.storage.schema import LATENCY_BUCKETS


def counted(latencies: list[int]) -> list[int]:
    counts = [0] * LATENCY_BUCKETS
    for each in latencies:
        counts[bucket_of(each)] += 1
    return counts


@given(st.lists(st.integers(32, int(BOUNDS_MS[-1]) - 1), min_size=1), st.sampled_from([0.5, 0.9, 0.99]))
def test_a_percentile_is_off_by_no_more_than_promised(latencies: list[int], share: float) -> None:
    rank = min(len(latencies) - 1, max(0, -(-len(latencies) * share // 1) - 1))
    exact = sorted(latencies)[int(rank)]
    told = percentile(counted(latencies), share)
    assert told is not None
    assert exact / (1 + MAX_ERROR) - 1 <= told <= exact * (1 + MAX_ERROR) + 1


@given(st.integers(0, 10**9))
def test_every_latency_has_a_bucket(latency_ms: int) -> None:
    bucket = bucket_of(latency_ms)
    assert bucket == LATENCY_BUCKETS - 1 or latency_ms < BOUNDS_MS[bucket]
    assert bucket == 0 or latency_ms >= BOUNDS_MS[bucket - 1]


@pytest.mark.parametrize("share", [0.5, 0.99])
def test_without_requests_there_is_no_percentile(share: float) -> None:
    assert percentile([0] * LATENCY_BUCKETS, share) is None


def test_beyond_the_ends_the_nearest_bound_is_told() -> None:
    assert percentile(counted([1]), 0.5) == 27
    assert percentile(counted([10**9]), 0.5) == round(BOUNDS_MS[-1])
