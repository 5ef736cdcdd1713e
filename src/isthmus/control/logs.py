"""Reading the request log, watching it grow, and cutting it short. A holder sees the rows of their own keys alone."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from isthmus.control.clock import now_ms
from isthmus.control.failures import FieldProblem, Invalid, NotFound, Unavailable
from isthmus.control.paging import MAX_PAGE, Page, read_cursor, write_cursor
from isthmus.control.people import Person
from isthmus.observability.live_tail import Missed
from isthmus.observability.log_row import LogRow
from isthmus.observability.request_log import RequestLog
from isthmus.storage.audit import AuditLog
from isthmus.storage.log_filter import LogFilter
from isthmus.storage.request_logs import Counted, Position, RequestLogs, StoredRow

__all__ = ["Cleanup", "Counted", "LogFilter", "LogRow", "LogService", "Missed", "OwnKeys"]

Batch = Sequence[LogRow | Missed]
OwnKeys = Callable[[Person], Awaitable[Collection[str] | None]]
"""The ids of the keys that a person may see; None for all."""

DAY_MS: Final = 86_400_000
SEARCH_S: Final = 0.25
"""How long a page is searched for among rows that are mostly not wanted."""
COUNT_S: Final = 1.0
"""How long rows are counted."""
MAX_COUNT: Final = 100_000
CLEANUP_S: Final = 5.0
QUIET_S: Final = 15.0
"""Longest silence of a live tail: some proxies cut a connection that is silent for longer."""
MAX_TAILS: Final = 50
MAX_REPLAY: Final = 5000
"""Rows that a tail which was away is told of."""
_LARGEST_ID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Cleanup:
    deleted: int
    done: bool
    """False: there are more; ask again."""


@dataclass(frozen=True, slots=True)
class LogService:
    logs: RequestLogs
    log: RequestLog
    own_keys: OwnKeys
    audit: AuditLog
    now_ms: Callable[[], int] = now_ms

    async def page(self, person: Person, wanted: LogFilter, cursor: str | None, limit: int) -> Page[LogRow]:
        """Newest first. A page may have fewer rows than asked for, or none, and a cursor to search on from.

        Raises `Invalid` for a foreign cursor.
        """
        wanted = await self._for(person, wanted)
        before = None if cursor is None else _position(cursor)
        deadline_s = time.monotonic() + SEARCH_S
        found: list[StoredRow] = []
        while True:
            page = await self.logs.page(wanted, limit - len(found), before)
            found += page.rows
            before = page.next
            if before is None or len(found) >= limit or time.monotonic() >= deadline_s:
                return Page([each.row for each in found], None if before is None else write_cursor(*before))

    async def find(self, person: Person, request_id: str) -> LogRow:
        """Raises `NotFound`, also for a row that is not this holder's."""
        mine = await self._for(person, LogFilter())
        row = next((each for each in self.log.unwritten() if each.request_id == request_id), None)
        if row is None:
            stored = await self.logs.find(request_id)
            row = None if stored is None else stored.row
        if row is None or not mine.matches(row):
            raise NotFound(
                f"no request {request_id!r} in the log: it may be too old, still running, or not written yet by another gateway"
            )
        return row

    async def count(self, person: Person, wanted: LogFilter) -> Counted:
        """How many rows there are, as far as that can be counted in a moment."""
        return await self.logs.count(await self._for(person, wanted), MAX_COUNT, COUNT_S)

    async def every(
        self, person: Person, wanted: LogFilter, most: int | None = None
    ) -> AsyncIterator[Sequence[LogRow]]:
        """All rows, newest first, some at a time; at most so many."""
        wanted = await self._for(person, wanted)
        before: Position | None = None
        left = most
        while left is None or left > 0:
            page = await self.logs.page(wanted, MAX_PAGE if left is None else min(MAX_PAGE, left), before)
            yield [each.row for each in page.rows]
            before = page.next
            if before is None:
                return
            left = None if left is None else left - len(page.rows)

    async def cleanup(self, person: Person, older_than_days: int) -> Cleanup:
        """Deletes rows, not their sums, for a few seconds."""
        before_ms = self.now_ms() - older_than_days * DAY_MS
        deleted, done = await self.logs.delete_older_than(before_ms, CLEANUP_S)
        detail = f"{deleted} rows" + ("" if done else ", more are left")
        await self.audit.note(person, "logs.cleanup", f"older than {older_than_days} days", detail)
        return Cleanup(deleted, done)

    async def tail(self, person: Person, wanted: LogFilter, after: str | None) -> AsyncIterator[Batch]:
        """Rows of this gateway as they are logged. First those since the request `after`; without it, those that no page of the log
        can have yet, as they are only on their way there. An empty batch after a while without rows. Ends with the gateway. Raises
        `Unavailable` before the first."""
        wanted = await self._for(person, wanted)
        if self.log.tails >= MAX_TAILS:
            raise Unavailable(f"{MAX_TAILS} live tails are open already: close one that nobody watches")
        return self._tail(wanted, after)

    async def _tail(self, wanted: LogFilter, after: str | None) -> AsyncIterator[Batch]:
        tail = self.log.tail()
        try:
            # Opened before we look: what is neither stored nor waiting by now will come through the tail.
            earlier = self.log.unwritten() if after is None else await self._since(after)
            known = {each.request_id for each in earlier if isinstance(each, LogRow)}
            yield _wanted(earlier, wanted)
            async for batch in tail.batches(QUIET_S):
                new = [each for each in batch if isinstance(each, Missed) or each.request_id not in known]
                yield _wanted(new, wanted)
        finally:
            tail.close()

    async def _since(self, request_id: str) -> Batch:
        """What followed a request, in the database and on the way there."""
        waiting = self.log.unwritten()
        for at, row in enumerate(waiting):
            if row.request_id == request_id:
                return waiting[at + 1 :]
        found = await self.logs.find(request_id)
        if found is None:
            return [Missed(None)]
        stored = [each.row for each in await self.logs.after(found.id, MAX_REPLAY + 1)]
        gap = [Missed(None)] if len(stored) > MAX_REPLAY else []
        written = {each.request_id for each in stored}
        return [*stored[:MAX_REPLAY], *gap, *(row for row in waiting if row.request_id not in written)]

    async def _for(self, person: Person, wanted: LogFilter) -> LogFilter:
        own = await self.own_keys(person)
        return wanted if own is None else replace(wanted, keys=frozenset(own))


def _wanted(batch: Batch, wanted: LogFilter) -> Batch:
    return [each for each in batch if isinstance(each, Missed) or wanted.matches(each)]


def _position(cursor: str) -> Position:
    started_ms, id = read_cursor(cursor, int, int)
    position = Position(int(started_ms), int(id))
    if not all(-_LARGEST_ID <= each <= _LARGEST_ID for each in position):
        raise Invalid(
            "this cursor is not one of the log: leave it out to start from the newest row",
            [FieldProblem("cursor", "not a cursor of this list")],
        )
    return position
