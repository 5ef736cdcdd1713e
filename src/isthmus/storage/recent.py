"""The newest rows of the request log, added up by the minute or by the address they came from.

Read row by row, unlike `request_sums`: so the effort is bounded by a number of rows, and whether that was enough is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Subquery, case, func, literal_column, select

from isthmus.storage.database import Database
from isthmus.storage.log_filter import LogFilter
from isthmus.storage.schema import request_logs

MINUTE_MS: Final = 60_000
MOST_ROWS: Final = 100_000

_table: Final = request_logs


class Minute(NamedTuple):
    """What began within a minute."""

    at_ms: int
    requests: int
    failures: int
    input_tokens: int
    """Those read from or written to a cache included."""
    output_tokens: int


class Address(NamedTuple):
    client: str
    requests: int
    failures: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class Minutes:
    rows: Sequence[Minute]
    """In the order of time; minutes without a request are left out."""
    complete: bool
    """False: there were more requests than are looked at, and the oldest are missing."""


@dataclass(frozen=True, slots=True)
class Addresses:
    rows: Sequence[Address]
    """Those with most requests first."""
    complete: bool


@dataclass(frozen=True, slots=True)
class RecentRequests:
    database: Database
    most_rows: int = MOST_ROWS

    async def minutes(self, wanted: LogFilter) -> Minutes:
        newest = self._newest(wanted)
        at = newest.c.started_ms - newest.c.started_ms % literal_column(str(MINUTE_MS))
        query = select(
            at.label("at_ms"),
            func.count(),
            _failures(newest),
            _total(newest.c.input_tokens, newest.c.cache_read_tokens, newest.c.cache_write_tokens),
            _total(newest.c.output_tokens),
        )
        found = [
            Minute(*map(int, row)) for row in await self._rows(query.group_by("at_ms").order_by("at_ms"))
        ]
        return Minutes(found, sum(each.requests for each in found) < self.most_rows)

    async def addresses(self, wanted: LogFilter, limit: int) -> Addresses:
        newest = self._newest(wanted)
        requests = func.count()
        query = select(newest.c.client, requests, _failures(newest), func.max(newest.c.started_ms))
        query = query.group_by(newest.c.client).order_by(requests.desc(), newest.c.client).limit(limit)
        found = [
            Address(client, int(requests), int(failures), int(last_ms))
            for client, requests, failures, last_ms in await self._rows(query)
        ]
        seen = await self._rows(select(func.count()).select_from(newest))
        return Addresses(found, seen[0][0] < self.most_rows)

    def _newest(self, wanted: LogFilter) -> Subquery:
        columns = (
            *("started_ms", "client", "succeeded", "client_left"),
            *("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens"),
        )
        newest = select(*(_table.c[name] for name in columns)).where(wanted.condition)
        return newest.order_by(_table.c.started_ms.desc()).limit(self.most_rows).subquery()

    async def _rows(self, query: Any) -> Sequence[Any]:
        async with self.database.read() as connection:
            rows: Sequence[Any] = (await connection.execute(query)).all()
            return rows


def _failures(rows: Subquery) -> ColumnElement[Any]:
    """A client that did not wait is no failure."""
    failed = ~rows.c.succeeded & ~rows.c.client_left
    return func.coalesce(func.sum(case((failed, 1), else_=0)), 0)


def _total(*columns: ColumnElement[Any]) -> ColumnElement[Any]:
    of_one = sum((func.coalesce(each, 0) for each in columns[1:]), func.coalesce(columns[0], 0))
    return func.coalesce(func.sum(of_one), 0)
