"""Requests added up by the hour and the day and by what they have in common: what statistics are read from.

So they cost the same however long the log is. Days make months quick to add up; hours give them their ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import add
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, delete, func, literal_column, null, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.observability.log_row import LogRow
from isthmus.storage.bulk import Bulk
from isthmus.storage.database import Database
from isthmus.storage.latency import bucket_of
from isthmus.storage.schema import LATENCY_BUCKETS, request_sums
from isthmus.storage.upsert import adding

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
CLIENT_LEFT: Final = "client_left"
"""Stands in `error` for requests whose client did not wait for the end."""
UNNAMED_ERROR: Final = "unknown"
"""Stands there for a failure that has no class, such as one in another program's log."""

_table: Final = request_sums
_KEY: Final = ("span", "start_ms", "provider", "model", "account_id", "key_id", "error")
_COUNTS: Final = (
    "requests",
    "estimated",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cost_nano_usd",
)
_DURATIONS: Final = tuple(f"duration_{bucket}" for bucket in range(LATENCY_BUCKETS))
_FIRST_TOKENS: Final = tuple(f"first_token_{bucket}" for bucket in range(LATENCY_BUCKETS))
_SUMMED: Final = (*_COUNTS, *_DURATIONS, *_FIRST_TOKENS)
_DURATION_AT: Final = len(_COUNTS)
_FIRST_TOKEN_AT: Final = _DURATION_AT + LATENCY_BUCKETS


class Dimension(StrEnum):
    """What requests can be told apart by."""

    PROVIDER = "provider"
    MODEL = "model"
    ACCOUNT = "account"
    KEY = "key"
    ERROR = "error"


class Span(StrEnum):
    HOUR = "hour"
    DAY = "day"
    """Of UTC."""


_COLUMNS: Final = {
    Dimension.PROVIDER: _table.c.provider,
    Dimension.MODEL: _table.c.model,
    Dimension.ACCOUNT: _table.c.account_id,
    Dimension.KEY: _table.c.key_id,
    Dimension.ERROR: _table.c.error,
}


@dataclass(frozen=True, slots=True)
class Sums:
    """What some requests come to."""

    at_ms: int | None
    """Where the bucket of time begins; None when it was not asked for."""
    name: str | None
    """Of the provider, model, …; empty where it is not known, None when it was not asked for."""
    requests: int
    succeeded: int
    client_left: int
    estimated: int
    """Requests of which tokens are estimated, not measured."""
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cost_nano_usd: int
    durations: tuple[int, ...]
    """Successful requests by latency (`storage.latency`)."""
    first_tokens: tuple[int, ...]

    @property
    def failed(self) -> int:
        return self.requests - self.succeeded - self.client_left

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class Slice:
    """Which requests to add up: those of the hours that touch [since_ms, until_ms)."""

    since_ms: int
    until_ms: int
    only: Mapping[Dimension, str] | None = None
    keys: Collection[str] | None = None
    """Only requests of these keys; None for all."""


class RequestSums:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._bulk = Bulk(lambda engine: adding(engine, _table, _SUMMED), (*_KEY, *_SUMMED))

    async def grow(self, connection: AsyncConnection, rows: Iterable[LogRow]) -> None:
        """Within the transaction that writes the rows, so that no request is counted twice or not at all."""
        hours = add_up(rows)
        days: dict[tuple[Any, ...], list[int]] = {}
        for (start_ms, *rest), sums in hours.items():
            day = (start_ms - start_ms % DAY_MS, *rest)
            days[day] = list(map(add, days[day], sums)) if day in days else sums
        lines = [
            *((Span.DAY.value, *key, *sums) for key, sums in days.items()),
            *((Span.HOUR.value, *key, *sums) for key, sums in hours.items()),
        ]
        # In one order everywhere: two gateways that lock the same rows do not wait for each other in a circle.
        await self._bulk.run(connection, sorted(lines))

    async def sums(
        self, wanted: Slice, by: Dimension | None = None, every: Span | None = None, limit: int = 10_000
    ) -> list[Sums]:
        """In the order of time; within it most requests first. Without `by` and `every`: one, if there are any requests."""
        async with self._database.read() as connection:
            rows = await connection.execute(_query(wanted, by, every).limit(limit))
            return [_sums(row) for row in rows]

    async def delete_older_than(self, span: Span, before_ms: int) -> int:
        """How many were deleted."""
        old = delete(_table).where(_table.c.span == span, _table.c.start_ms < before_ms)

        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(old)).rowcount

        return await self._database.write(work)


def add_up(rows: Iterable[LogRow]) -> dict[tuple[Any, ...], list[int]]:
    """Sums by the hour, in the order of `_SUMMED`, by the values of `_KEY` without the span."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for row in rows:
        key = (
            row.started_ms - row.started_ms % HOUR_MS,
            row.provider or "",
            row.model_used or "",
            row.account_id or "",
            row.key_id or "",
            _error_of(row),
        )
        sums = found.get(key)
        if sums is None:
            sums = found[key] = [0] * len(_SUMMED)
        sums[0] += 1
        sums[1] += row.input_estimated or row.output_estimated
        sums[2] += row.input_tokens or 0
        sums[3] += row.cache_read_tokens or 0
        sums[4] += row.cache_write_tokens or 0
        sums[5] += row.output_tokens or 0
        sums[6] += row.reasoning_tokens or 0
        sums[7] += row.cost_nano_usd or 0
        if not key[-1]:
            sums[_DURATION_AT + bucket_of(row.duration_ms)] += 1
            if row.first_token_ms is not None:
                sums[_FIRST_TOKEN_AT + bucket_of(row.first_token_ms)] += 1
    return found


def _error_of(row: LogRow) -> str:
    if row.succeeded:
        return ""
    return CLIENT_LEFT if row.client_left else row.error or UNNAMED_ERROR


def _query(wanted: Slice, by: Dimension | None, every: Span | None) -> Select[Any]:
    at, name = _time(every), None if by is None else _COLUMNS[by]
    requests = func.sum(_table.c.requests)
    query = select(
        null() if at is None else at,
        null() if name is None else name,
        requests,
        _requests_with_error(""),
        _requests_with_error(CLIENT_LEFT),
        *(func.sum(_table.c[each]) for each in _SUMMED[1:]),
    ).where(*_conditions(wanted, every))
    groups: list[ColumnElement[Any]] = [each for each in (at, name) if each is not None]
    if not groups:
        return query.having(requests > 0)
    order = [*([at] if at is not None else []), requests.desc(), *([name] if name is not None else [])]
    return query.group_by(*groups).order_by(*order)


def _time(every: Span | None) -> ColumnElement[Any] | None:
    match every:
        case None:
            return None
        case Span.HOUR:
            return _table.c.start_ms
        case Span.DAY:
            return _table.c.start_ms - _table.c.start_ms % literal_column(str(DAY_MS))


def _requests_with_error(error: str) -> ColumnElement[Any]:
    return func.sum(case((_table.c.error == error, _table.c.requests), else_=0))


def _conditions(wanted: Slice, every: Span | None) -> list[ColumnElement[bool]]:
    conditions = [
        _within(wanted.since_ms - wanted.since_ms % HOUR_MS, wanted.until_ms, every),
        *(_COLUMNS[dimension] == name for dimension, name in (wanted.only or {}).items()),
    ]
    if wanted.keys is not None:
        conditions.append(_table.c.key_id.in_(sorted(wanted.keys)))
    return conditions


def _within(since_ms: int, until_ms: int, every: Span | None) -> ColumnElement[bool]:
    """Whole days by the day, the hours before the first and after the last by the hour."""
    first_day_ms = since_ms + -since_ms % DAY_MS
    end_of_days_ms = until_ms - until_ms % DAY_MS
    if every is Span.HOUR or first_day_ms >= end_of_days_ms:
        return _starts(Span.HOUR, since_ms, until_ms)
    ranges = [_starts(Span.DAY, first_day_ms, end_of_days_ms)]
    if since_ms < first_day_ms:
        ranges.append(_starts(Span.HOUR, since_ms, first_day_ms))
    if end_of_days_ms < until_ms:
        ranges.append(_starts(Span.HOUR, end_of_days_ms, until_ms))
    return or_(*ranges)


def _starts(span: Span, since_ms: int, until_ms: int) -> ColumnElement[bool]:
    return and_(_table.c.span == span.value, _table.c.start_ms >= since_ms, _table.c.start_ms < until_ms)


def _sums(row: Sequence[Any]) -> Sums:
    at_ms, name, *numbers = row
    counts = [int(each) for each in numbers]  # Sums are decimals on some engines.
    durations, first_tokens = counts[-2 * LATENCY_BUCKETS : -LATENCY_BUCKETS], counts[-LATENCY_BUCKETS:]
    plain = counts[: -2 * LATENCY_BUCKETS]
    values: Any = (None if at_ms is None else int(at_ms), name, *plain, tuple(durations), tuple(first_tokens))
    return Sums(*values)
