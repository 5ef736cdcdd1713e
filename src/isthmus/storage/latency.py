"""Latencies counted in buckets that grow by the square root of two, from 32 ms to 17 minutes.

Counts of any hours, models and accounts add up, which percentiles do not. A percentile read from them is off by 19 % at most; below
32 ms and beyond 17 minutes only that much is known.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from isthmus.storage.schema import LATENCY_BUCKETS

FIRST_MS: Final = 32.0
BOUNDS_MS: Final = tuple(FIRST_MS * 2 ** (step / 2) for step in range(LATENCY_BUCKETS - 1))
"""A bucket holds what is below its bound and not below the one before; the last has none."""
MAX_ERROR: Final = 2**0.25 - 1


def bucket_of(latency_ms: int) -> int:
    return bisect_right(BOUNDS_MS, latency_ms)


def percentile(counts: Sequence[int], share: float) -> int | None:
    """The latency in ms that `share` (0.9 for p90) of the requests did not exceed; None without requests."""
    total = sum(counts)
    if not total:
        return None
    rank = max(1.0, share * total)
    bucket = next(at for at, reached in enumerate(accumulate(counts)) if reached >= rank)
    # The middle of a bucket, in the measure in which all buckets are equally wide.
    middle = BOUNDS_MS[bucket] / 2**0.25 if bucket < len(BOUNDS_MS) else BOUNDS_MS[-1]
    return round(middle)
