"""The request log in the database: written in batches, read newest first, deleted in small pieces."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, and_, case, delete, func, insert, or_, select, true
from sqlalchemy.exc import InternalError, OperationalError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.util import ClauseAdapter

from isthmus.observability.log_row import LogRow
from isthmus.storage.bulk import Bulk
from isthmus.storage.database import Database
from isthmus.storage.errors import Uncertain
from isthmus.storage.log_filter import Condition, LogFilter, Search
from isthmus.storage.request_sums import RequestSums
from isthmus.storage.schema import request_logs

SCAN_ROWS: Final = 5000
"""Rows looked at for one page, at most, where not every one of them is wanted."""
FEW_AS_MANY: Final = 4
"""So many times the page's rows are looked at first."""
COUNT_ROWS: Final = 20_000
"""Rows counted with one query, so that counting can end in time."""
DELETE_ROWS: Final = 500
"""Rows deleted in one transaction: others write in between."""

_table: Final = request_logs
_COLUMNS: Final = (_table.c.id, *(_table.c[name] for name in LogRow._fields))
_TOKENS: Final = (
    _table.c.input_tokens,
    _table.c.cache_read_tokens,
    _table.c.cache_write_tokens,
    _table.c.output_tokens,
)
_NEWEST_FIRST: Final = (_table.c.started_ms.desc(), _table.c.id.desc())


class Position(NamedTuple):
    """A place in the log, which is sorted by time; a larger one is newer."""

    started_ms: int
    id: int


@dataclass(frozen=True, slots=True)
class StoredRow:
    id: int
    row: LogRow

    @property
    def position(self) -> Position:
        return Position(self.row.started_ms, self.id)


@dataclass(frozen=True, slots=True)
class LogPage:
    rows: Sequence[StoredRow]
    """Newest first. Fewer than asked for, or none, when the rows looked at did not have more."""
    next: Position | None
    """Where to go on; None at the end of the log."""


@dataclass(frozen=True, slots=True)
class Counted:
    rows: int
    complete: bool
    """False: there may be more."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What began in a span of time."""

    requests: int
    tokens: int


class RequestLogs:
    def __init__(self, database: Database, sums: RequestSums) -> None:
        self._database = database
        self._sums = sums
        self._bulk = Bulk(lambda _engine: insert(_table).inline(), (*LogRow._fields, "succeeded"))

    async def save(self, rows: Sequence[LogRow]) -> None:
        """All of them or none, and their sums with them. Raises `ValueError` for rows that no repetition would get in,
        `StorageError` when it is the database that fails."""
        if not rows:
            return
        lines = [(*row, row.succeeded) for row in rows]

        async def work(connection: AsyncConnection) -> None:
            await self._bulk.run(connection, lines)
            await self._sums.grow(connection, rows)

        try:
            await self._database.write(work)
        except Uncertain:
            if await self.find(rows[0].request_id) is None:
                raise
        except (OperationalError, InternalError):
            raise  # The database's trouble, though nobody here knows it by name.
        except (StatementError, UnicodeError, OverflowError) as error:
            raise ValueError(f"{type(error).__name__} in {len(rows)} rows") from error

    async def page(self, wanted: LogFilter, limit: int, before: Position | None = None) -> LogPage:
        """The newest rows, or those that follow `before`. The effort is bounded, however rare the rows are."""
        found: list[StoredRow] = []
        horizon: Position | None = None
        async with self._database.read() as connection:
            for search in wanted.searches():
                rows, end = await _along(connection, search, limit + 1, before)
                found += rows
                # One way that ended early hides what others found beyond its end.
                horizon = end if horizon is None else max(horizon, end or horizon)
        found.sort(key=lambda each: each.position, reverse=True)
        if horizon is not None:
            found = [each for each in found if each.position >= horizon]
        page = found[:limit]
        return LogPage(page, page[-1].position if len(found) > limit else horizon)

    async def count(self, wanted: LogFilter, most: int, budget_s: float) -> Counted:
        """How many rows there are: up to `most`, and as far as one gets within the time."""
        deadline_s = time.monotonic() + budget_s
        rows = 0
        async with self._database.read() as connection:
            for search in wanted.searches():
                before: Position | None = None
                while True:
                    some, before = await _count_along(connection, search, before)
                    rows += some
                    if rows > most:
                        return Counted(most, complete=False)
                    if before is None:
                        break
                    if time.monotonic() >= deadline_s:
                        return Counted(rows, complete=False)
        return Counted(rows, complete=True)

    async def after(self, id: int, limit: int) -> list[StoredRow]:
        """Rows that were written later than the one with this id, in the order they were."""
        query = select(*_COLUMNS).where(_table.c.id > id).order_by(_table.c.id).limit(limit)
        async with self._database.read() as connection:
            return _stored(await connection.execute(query))

    async def find(self, request_id: str) -> StoredRow | None:
        query = select(*_COLUMNS).where(_table.c.request_id == request_id).order_by(_table.c.id.desc())
        async with self._database.read() as connection:
            return next(iter(_stored(await connection.execute(query.limit(1)))), None)

    async def last_id(self) -> int:
        """Of the row written last; 0 when there is none."""
        async with self._database.read() as connection:
            return (await connection.scalar(select(func.max(_table.c.id)))) or 0

    async def traffic(self, since_ms: int, keys: frozenset[str] | None = None) -> Traffic:
        """Of a short span up to now: it reads every row of it."""
        of_one = sum((func.coalesce(each, 0) for each in _TOKENS[1:]), func.coalesce(_TOKENS[0], 0))
        query = select(func.count(), func.coalesce(func.sum(of_one), 0))
        query = query.where(LogFilter(since_ms=since_ms, keys=keys).condition)
        async with self._database.read() as connection:
            requests, tokens = (await connection.execute(query)).one()
        return Traffic(int(requests), int(tokens))

    async def count_older_than(self, before_ms: int) -> int:
        query = select(func.count()).select_from(_table).where(_table.c.started_ms < before_ms)
        async with self._database.read() as connection:
            return (await connection.scalar(query)) or 0

    async def delete_older_than(self, before_ms: int, budget_s: float) -> tuple[int, bool]:
        """How many were deleted within the time, and whether that was all. Their sums stay."""
        deadline_s = time.monotonic() + budget_s
        deleted = 0
        while True:
            some = await self._delete_some(before_ms)
            deleted += some
            if some < DELETE_ROWS:
                return deleted, True
            if time.monotonic() >= deadline_s:
                return deleted, False

    async def _delete_some(self, before_ms: int) -> int:
        oldest = select(_table.c.id).where(_table.c.started_ms < before_ms).order_by(_table.c.started_ms)

        async def work(connection: AsyncConnection) -> int:
            ids = (await connection.scalars(oldest.limit(DELETE_ROWS))).all()
            if ids:
                await connection.execute(delete(_table).where(_table.c.id.in_(ids)))
            return len(ids)

        return await self._database.write(work)


async def _along(
    connection: AsyncConnection, search: Search, limit: int, before: Position | None
) -> tuple[list[StoredRow], Position | None]:
    """Rows on one way, and where it was left before its end; None when nothing is behind what was found but more of it."""
    rows_along = way(search, before)
    if not search.rest:
        return _stored(await connection.execute(rows_along.limit(limit))), None
    ids: Sequence[int] = ()
    for scan in (limit * FEW_AS_MANY, SCAN_ROWS):  # What is frequent is found among few.
        among = _among_the_first(min(scan, SCAN_ROWS), rows_along, search.rest)
        ids = (await connection.scalars(among.limit(limit))).all()
        if len(ids) == limit or scan >= SCAN_ROWS:
            break
    rows = _stored(await connection.execute(select(*_COLUMNS).where(_table.c.id.in_(ids)))) if ids else []
    if len(rows) == limit:
        return rows, None
    return rows, await _end_after(connection, rows_along, SCAN_ROWS)


async def _count_along(
    connection: AsyncConnection, search: Search, before: Position | None
) -> tuple[int, Position | None]:
    """How many of the next rows on one way are wanted, and where it goes on; None at its end."""
    rows_along = way(search, before)
    first = rows_along.add_columns(_table.c.succeeded).limit(COUNT_ROWS).subquery()
    there = ClauseAdapter(first)
    is_wanted = case((and_(true(), *(there.traverse(each) for each in search.rest)), 1), else_=0)
    seen, wanted = (
        await connection.execute(
            select(func.count(), func.coalesce(func.sum(is_wanted), 0)).select_from(first)
        )
    ).one()
    return int(wanted), await _end_after(connection, rows_along, COUNT_ROWS) if seen >= COUNT_ROWS else None


async def _end_after(connection: AsyncConnection, rows_along: Select[Any], count: int) -> Position | None:
    """The position of the last one of so many rows; None when there are fewer."""
    last = rows_along.with_only_columns(_table.c.started_ms, _table.c.id).offset(count - 1).limit(1)
    found = (await connection.execute(last)).first()
    return None if found is None else Position(*found)


def way(search: Search, before: Position | None) -> Select[Any]:
    """Rows along the index, newest first, whatever else is asked of them."""
    return select(*_COLUMNS).where(*search.indexed, *_behind(before)).order_by(*_NEWEST_FIRST)


def _among_the_first(count: int, rows_along: Select[Any], rest: Sequence[Condition]) -> Select[Any]:
    """The ids of those of the first rows of which the rest holds, too. Ids alone: the engine sorts what it finds here.

    The limit within keeps every engine on the index that leads the way.
    """
    first = rows_along.add_columns(_table.c.succeeded).limit(count).subquery()
    there = ClauseAdapter(first)
    newest_first = first.c.started_ms.desc(), first.c.id.desc()
    return select(first.c.id).where(*(there.traverse(each) for each in rest)).order_by(*newest_first)


def _behind(position: Position | None) -> tuple[Condition, ...]:
    if position is None:
        return ()
    at, id = _table.c.started_ms, _table.c.id
    # The first half alone is a range on an index; MySQL sees none in a comparison of pairs.
    return at <= position.started_ms, or_(at < position.started_ms, id < position.id)


def _stored(rows: Iterable[Sequence[Any]]) -> list[StoredRow]:
    return [StoredRow(id, LogRow._make(values)) for id, *values in rows]
