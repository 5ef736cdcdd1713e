"""`/v2/logs`: the request log, its statistics, its live tail."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from isthmus.admin.asking import Admin, Asker, Model, Moment, PageOf, milliseconds, moment
from isthmus.admin.figures import FiguresView, GroupView
from isthmus.admin.log_views import LogView, csv_head, csv_lines, events
from isthmus.admin.timeline_views import LogDetail
from isthmus.control.logs import LogFilter, LogRow, LogService, Missed
from isthmus.control.paging import MAX_PAGE
from isthmus.control.people import Person
from isthmus.control.statistics import Dimension, Report, Span, StatisticsService

_PLAIN: Final = r"^[^\x00-\x1f\x7f]*$"
_NUMBER: Final = re.compile(r"\s*[-+]?[0-9._]+(?:[eE][-+]?[0-9]+)?\s*\Z")
Name = Annotated[str, StringConstraints(max_length=200, pattern=_PLAIN)]
Identity = Annotated[str, StringConstraints(max_length=80, pattern=_PLAIN)]


def _written_out(value: object) -> object:
    """Pydantic would take `0.5` for half a second after 1970; whoever writes that means something else."""
    if isinstance(value, str) and _NUMBER.match(value):
        raise ValueError("write a time such as 2026-11-21T09:30:00Z")
    return value


Length = Annotated[int, Field(ge=0, le=2**31 - 1)]
When = Annotated[datetime, BeforeValidator(_written_out)]
Since = Annotated[When | None, Field(description="Requests that began then or later.")]
Until = Annotated[When | None, Field(description="Requests that began before.")]
LastEventId = Annotated[
    str | None,
    Header(max_length=80, pattern=_PLAIN, description="Request id of the last event seen: go on after it."),
]
RequestId = Annotated[str, Path(max_length=80, pattern=_PLAIN)]
_EVENTS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}
_EXPORTED: Final = {"content-disposition": 'attachment; filename="isthmus-requests.csv"'}


class LogQuery(Model):
    """Every filter that is given must hold."""

    since: Since = None
    until: Until = None
    request_id: Identity | None = None
    key_id: Identity | None = None
    account_id: Identity | None = None
    provider: Identity | None = None
    model: Name | None = Field(default=None, description="Asked for or used.")
    client: Identity | None = Field(default=None, description="Address of the client.")
    status: Annotated[int, Field(ge=100, le=599)] | None = None
    status_class: Literal["2xx", "3xx", "4xx", "5xx"] | None = None
    succeeded: bool | None = None
    error: Identity | None = Field(default=None, description="Class of the failure.")
    streamed: bool | None = None
    lossy: bool | None = Field(default=None, description="Whether something could not be carried over.")
    slower_than_ms: Length | None = Field(default=None, description="It took longer.")
    first_token_slower_than_ms: Length | None = Field(
        default=None, description="Its first token took longer; of those that have one."
    )
    text: Name | None = Field(
        default=None, description="Part of the error text, a model's name or the request id."
    )

    def filter(self) -> LogFilter:
        return LogFilter(
            since_ms=_ms(self.since),
            until_ms=_ms(self.until),
            status_class=None if self.status_class is None else int(self.status_class[0]),
            **{name: getattr(self, name) for name in _AS_THEY_ARE},
        )


_AS_THEY_ARE: Final = tuple(LogQuery.model_fields.keys() - {"since", "until", "status_class"})


class LogPageQuery(LogQuery):
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE, description="Rows on a page.")] = 100
    cursor: Annotated[str, Field(max_length=1000)] | None = Field(
        default=None, description="`next_cursor` of the page before."
    )


class LogExportQuery(LogQuery):
    limit: Annotated[int, Field(ge=1, description="At most so many rows.")] | None = None


class CountAnswer(BaseModel):
    rows: int
    complete: bool = Field(
        description="False: at least so many; they are counted up to a hundred thousand, for a second."
    )


class StatisticsQuery(Model):
    since: Annotated[
        When | None, Field(description="Default: 24 hours before `until`. Whole hours or days count.")
    ] = None
    until: Annotated[When | None, Field(description="Default: now.")] = None
    group_by: Dimension | None = None
    bucket: Span | None = Field(default=None, description="Cut time into hours or days (of UTC).")
    provider: Identity | None = None
    model: Name | None = Field(default=None, description="The one used.")
    account_id: Identity | None = None
    key_id: Identity | None = None
    error: Identity | None = None

    def only(self) -> dict[Dimension, str]:
        named = {
            Dimension.PROVIDER: self.provider,
            Dimension.MODEL: self.model,
            Dimension.ACCOUNT: self.account_id,
            Dimension.KEY: self.key_id,
            Dimension.ERROR: self.error,
        }
        return {dimension: name for dimension, name in named.items() if name is not None}


class StatisticsAnswer(BaseModel):
    since: Moment = Field(description="As asked for, at the beginning of an hour or day.")
    until: Moment
    total: FiguresView
    groups: list[GroupView] = Field(
        description="In the order of time, then by requests; empty when not asked for."
    )

    @classmethod
    def of(cls, report: Report) -> StatisticsAnswer:
        return cls(
            since=moment(report.since_ms),
            until=moment(report.until_ms),
            total=FiguresView.of(report.total),
            groups=[GroupView.of(each) for each in report.groups],
        )


class CleanupBody(Model):
    older_than_days: Annotated[int, Field(strict=True, ge=0, le=36_500, description="0 deletes every row.")]


class CleanupAnswer(BaseModel):
    deleted: int
    done: bool = Field(description="False: the time was up before all were deleted; ask again.")


def router(service: LogService, statistics: StatisticsService) -> APIRouter:
    routes = APIRouter(prefix="/logs", tags=["logs"])

    @routes.get("")
    async def list_logs(asker: Asker, query: Annotated[LogPageQuery, Query()]) -> PageOf[LogView]:
        """The newest first. A page may be short, even empty, and have a cursor: what is rare is searched for piece by piece."""
        page = await service.page(asker, query.filter(), query.cursor, query.limit)
        return PageOf(items=[LogView.of(each) for each in page.items], next_cursor=page.next_cursor)

    @routes.get("/stats")
    async def get_log_statistics(
        asker: Asker, query: Annotated[StatisticsQuery, Query()]
    ) -> StatisticsAnswer:
        """Figures over a time. Latencies are those of successful requests, off by 19 % at most."""
        report = await statistics.report(
            asker, _ms(query.since), _ms(query.until), query.group_by, query.bucket, query.only()
        )
        return StatisticsAnswer.of(report)

    @routes.post("/cleanup")
    async def clean_up_logs(body: CleanupBody, admin: Admin) -> CleanupAnswer:
        """Deletes rows for up to five seconds; statistics stay."""
        cleanup = await service.cleanup(admin, body.older_than_days)
        return CleanupAnswer(deleted=cleanup.deleted, done=cleanup.done)

    @routes.get(
        "/tail", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}}
    )
    async def tail_logs(
        asker: Asker, query: Annotated[LogQuery, Query()], last_event_id: LastEventId = None
    ) -> StreamingResponse:
        """Requests as they end, as server-sent events `request`; `missed` says how many were left out for a slow reader."""
        batches = await service.tail(asker, query.filter(), last_event_id)
        return StreamingResponse(_events(batches), media_type="text/event-stream", headers=_EVENTS)

    @routes.get("/export", response_class=StreamingResponse, responses={200: {"content": {"text/csv": {}}}})
    async def export_logs(asker: Asker, query: Annotated[LogExportQuery, Query()]) -> StreamingResponse:
        """All rows that fit, as CSV, the newest first."""
        lines = _lines(service, asker, query.filter(), query.limit)
        return StreamingResponse(lines, media_type="text/csv", headers=_EXPORTED)

    @routes.get("/count")
    async def count_logs(asker: Asker, query: Annotated[LogQuery, Query()]) -> CountAnswer:
        """How many rows fit."""
        counted = await service.count(asker, query.filter())
        return CountAnswer(rows=counted.rows, complete=counted.complete)

    @routes.get("/{request_id}")
    async def get_log(request_id: RequestId, asker: Asker) -> LogDetail:
        """One request, by the id that its answer carried, and where its time went."""
        return LogDetail.of(await service.find(asker, request_id))

    return routes


async def _events(batches: AsyncIterator[Sequence[LogRow | Missed]]) -> AsyncIterator[str]:
    async for batch in batches:
        yield events(batch)


async def _lines(
    service: LogService, asker: Person, wanted: LogFilter, most: int | None
) -> AsyncIterator[str]:
    yield csv_head()
    async for rows in service.every(asker, wanted, most):
        if rows:
            yield csv_lines(rows)


def _ms(when: datetime | None) -> int | None:
    return None if when is None else milliseconds(when)
