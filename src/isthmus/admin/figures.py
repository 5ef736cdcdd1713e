"""Figures of requests as the admin API shows them."""

from __future__ import annotations

from pydantic import BaseModel, Field

from isthmus.admin.asking import Moment, moment
from isthmus.control.statistics import Figures, Group, Latency


class LatencyView(BaseModel):
    """In milliseconds; null without requests that had one."""

    p50: int | None
    p90: int | None
    p99: int | None

    @classmethod
    def of(cls, latency: Latency) -> LatencyView:
        return cls(p50=latency.p50, p90=latency.p90, p99=latency.p99)


class FiguresView(BaseModel):
    requests: int
    succeeded: int
    failed: int
    client_left: int = Field(
        description="The client did not wait for the end: neither a success nor a failure."
    )
    success_rate: float | None = Field(
        description="Between 0 and 1, of those that succeeded or failed; null without any."
    )
    requests_per_minute: float
    tokens_per_minute: float
    input_tokens: int = Field(description="Without those read from or written to a cache.")
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int = Field(description="The part of `output_tokens` that was thinking.")
    estimated_requests: int = Field(description="Requests of which tokens are estimated, not measured.")
    cost_usd: float = Field(description="Of the requests for which a price is known.")
    duration_ms: LatencyView
    first_token_ms: LatencyView

    @classmethod
    def of(cls, figures: Figures) -> FiguresView:
        return cls(
            requests=figures.requests,
            succeeded=figures.succeeded,
            failed=figures.failed,
            client_left=figures.client_left,
            success_rate=figures.success_rate,
            requests_per_minute=figures.requests_per_minute,
            tokens_per_minute=figures.tokens_per_minute,
            input_tokens=figures.input_tokens,
            cache_read_tokens=figures.cache_read_tokens,
            cache_write_tokens=figures.cache_write_tokens,
            output_tokens=figures.output_tokens,
            reasoning_tokens=figures.reasoning_tokens,
            estimated_requests=figures.estimated_requests,
            cost_usd=figures.cost_nano_usd / 1e9,
            duration_ms=LatencyView.of(figures.duration),
            first_token_ms=LatencyView.of(figures.first_token),
        )


class GroupView(BaseModel):
    at: Moment | None = Field(description="Where its hour or day begins; null when time was not cut.")
    name: str | None = Field(description="Null where it is not known, or nothing was grouped by.")
    figures: FiguresView

    @classmethod
    def of(cls, group: Group) -> GroupView:
        at = None if group.at_ms is None else moment(group.at_ms)
        return cls(at=at, name=group.name, figures=FiguresView.of(group.figures))
