"""One request as `/v2/logs/{request_id}` shows it: its row, and where its time went."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, Field

from isthmus.admin.log_views import LogView
from isthmus.control.logs import LogRow
from isthmus.control.timelines import Span, SpanKind, timeline


class SpanView(BaseModel):
    kind: SpanKind = Field(
        description="`gateway`: reading, limits, an answer of its own; `queue`: for an account that is free; `attempt`: one account."
    )
    start_ms: int | None = Field(description="Since the request came; null where the log does not know.")
    length_ms: int | None
    account_id: str | None = Field(description="The one asked.")
    outcome: str | None = Field(
        description="Of an attempt: `answered`, `client_left` or the class of the failure."
    )
    status: int | None = Field(description="What the upstream answered an attempt that failed with.")

    @classmethod
    def of(cls, span: Span) -> Self:
        return cls(
            kind=span.kind,
            start_ms=span.start_ms,
            length_ms=span.length_ms,
            account_id=span.account_id,
            outcome=span.outcome,
            status=span.status,
        )


class TimelineView(BaseModel):
    spans: list[SpanView] = Field(description="One after another, from the first byte to the last.")
    starts_known: bool = Field(
        description="False for rows of versions that did not keep when attempts began: then the spans are the attempts alone."
    )
    first_token_ms: int | None
    duration_ms: int

    @classmethod
    def of(cls, row: LogRow) -> Self:
        course = timeline(row)
        return cls(
            spans=[SpanView.of(each) for each in course.spans],
            starts_known=course.starts_known,
            first_token_ms=row.first_token_ms,
            duration_ms=row.duration_ms,
        )


class LogDetail(LogView):
    """One request, and where its time went."""

    timeline: TimelineView

    @classmethod
    def of(cls, row: LogRow) -> Self:
        return cls(**dict(LogView.of(row)), timeline=TimelineView.of(row))
