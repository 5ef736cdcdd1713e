"""How many requests there were, how well they went, how long they took, what they cost.

Latencies are those of successful requests, and off by 19 % at most. A client that left before the end counts neither as a success nor as
a failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from isthmus.storage.latency import percentile
from isthmus.storage.request_sums import Sums


@dataclass(frozen=True, slots=True)
class Latency:
    """In milliseconds; None without requests that had one."""

    p50: int | None
    p90: int | None
    p99: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    requests: int
    succeeded: int
    failed: int
    client_left: int
    success_rate: float | None
    """Of those that succeeded or failed."""
    requests_per_minute: float
    tokens_per_minute: float
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int
    estimated_requests: int
    """Requests of which tokens are estimated, not measured."""
    cost_nano_usd: int
    duration: Latency
    first_token: Latency


def figures_of(sums: Sums | None, minutes: float) -> Figures:
    """`minutes`: the time they are spread over. None: there were no requests."""
    if sums is None:
        nothing = Latency(None, None, None)
        return Figures(0, 0, 0, 0, None, 0.0, 0.0, 0, 0, 0, 0, 0, 0, 0, nothing, nothing)
    judged = sums.succeeded + sums.failed
    return Figures(
        requests=sums.requests,
        succeeded=sums.succeeded,
        failed=sums.failed,
        client_left=sums.client_left,
        success_rate=sums.succeeded / judged if judged else None,
        requests_per_minute=round(sums.requests / minutes, 3),
        tokens_per_minute=round(sums.total_tokens / minutes, 1),
        input_tokens=sums.input_tokens,
        cache_read_tokens=sums.cache_read_tokens,
        cache_write_tokens=sums.cache_write_tokens,
        output_tokens=sums.output_tokens,
        reasoning_tokens=sums.reasoning_tokens,
        estimated_requests=sums.estimated,
        cost_nano_usd=sums.cost_nano_usd,
        duration=_latency(sums.durations),
        first_token=_latency(sums.first_tokens),
    )


def _latency(counts: Sequence[int]) -> Latency:
    return Latency(percentile(counts, 0.5), percentile(counts, 0.9), percentile(counts, 0.99))
