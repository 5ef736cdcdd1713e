"""The durable request log, off the hot path: rows are taken in at once and written in batches behind it.

A request never waits for this log and never fails because of it. What cannot be written is kept, up to a bound; beyond it rows
are dropped, counted and complained of. What is written where is the business of `save`.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Self

import structlog

from isthmus.observability.live_tail import LiveTail
from isthmus.observability.log_row import Fitting, LogRow

log = structlog.get_logger("isthmus")

CAPACITY: Final = 10_000
"""Rows kept in memory. A row is about 1 KiB."""
BATCH_ROWS: Final = 1000
INTERVAL_S: Final = 0.5
"""Longest wait of a row for company."""
MAX_RETRY_S: Final = 15.0
LAST_TRIES_S: Final = 0.2
"""Between attempts while the gateway waits for its end."""
COMPLAIN_EVERY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class QueueState:
    """How the writing goes, for the dashboard and the metrics."""

    queued: int
    capacity: int
    written: int
    dropped: int
    """Rows that were lost since the start."""
    failing: str | None
    """Why the last attempt to write failed; None when it went well."""


class RequestLog:
    """Use as `async with`: leaving it writes what is left, within a bounded time. Everything happens on one event loop."""

    def __init__(
        self,
        save: Callable[[Sequence[LogRow]], Awaitable[None]],
        redact: Callable[[str], str],
        *,
        capacity: int = CAPACITY,
        batch_rows: int = BATCH_ROWS,
        interval_s: float = INTERVAL_S,
        close_within_s: float = 5.0,
    ) -> None:
        """`save` keeps all rows or none. It raises `ValueError` when rows can never be kept; any other exception is a matter of
        time. `redact` masks secrets in a text."""
        self._save = save
        self._fitting = Fitting(redact)
        self._capacity = capacity
        self._batch_rows = batch_rows
        self._interval_s = interval_s
        self._close_within_s = close_within_s
        self._queue: deque[LogRow] = deque()
        self._tails: set[LiveTail[LogRow]] = set()
        self._some = asyncio.Event()
        self._enough = asyncio.Event()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._written = self._dropped = self._failures = 0
        self._failing: str | None = None
        self._complained_s: dict[str, float] = {}

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="request log")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        self._some.set()
        self._enough.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=self._close_within_s)
            self._task.cancel()
            await asyncio.wait([self._task])
        self.end_tails()
        if self._queue:
            self._drop(len(self._queue), "the gateway ended before they could be written")
            self._queue.clear()

    def append(self, row: LogRow) -> None:
        """Takes a row in, or drops it when there are too many already. Never waits, never raises."""
        try:
            row = self._fitting(row)
            for tail in self._tails:
                tail.put(row)
            if len(self._queue) >= self._capacity:
                self._drop(1, self._failing or "they come faster than the database takes them")
                return
            self._queue.append(row)
            self._some.set()
            if len(self._queue) >= self._batch_rows:
                self._enough.set()
        except Exception as error:  # noqa: BLE001 - the request this is about must not suffer for it
            self._drop(1, f"a row could not be made: {type(error).__name__}")

    @property
    def state(self) -> QueueState:
        return QueueState(len(self._queue), self._capacity, self._written, self._dropped, self._failing)

    def tail(self) -> LiveTail[LogRow]:
        """Rows from now on, as they are appended. Close it after use."""
        tail: LiveTail[LogRow] = LiveTail(self._tails.discard)
        self._tails.add(tail)
        return tail

    @property
    def tails(self) -> int:
        """How many are open."""
        return len(self._tails)

    def end_tails(self) -> None:
        """Whoever watches is told that there will be no more, as when the gateway begins to stop."""
        for tail in self._tails:
            tail.end()

    def unwritten(self) -> tuple[LogRow, ...]:
        """What is not in the database yet, oldest first."""
        return tuple(self._queue)

    async def _run(self) -> None:
        while True:
            await self._some.wait()
            if not self._queue:
                return  # Closing, and all is written.
            await _either(self._enough, self._interval_s)
            while len(self._queue) >= self._batch_rows or (self._queue and self._closing.is_set()):
                await self._write_some()
            await self._write_some()
            if not self._closing.is_set():
                self._enough.clear()
                if not self._queue:
                    self._some.clear()

    async def _write_some(self) -> None:
        batch = list(islice(self._queue, self._batch_rows))
        if not batch:
            return
        try:
            await self._keep(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, the rows stay and it is tried again
            # Only the first line: a driver's next ones are the statement and its values.
            self._failing = f"{type(error).__name__}: {error}".partition("\n")[0][:500]
            self._failures += 1
            self._complain(
                "the request log cannot be written; rows are kept in memory", queued=len(self._queue)
            )
            await self._rest()
            return
        self._failing, self._failures = None, 0

    async def _keep(self, head: Sequence[LogRow]) -> None:
        """Writes the first rows of the queue; they leave it as they are kept, so that none is written twice.

        Halves what cannot be kept as a whole, until the one row that is at fault is found and dropped.
        """
        try:
            await self._save(head)
        except ValueError as error:
            if len(head) > 1:
                await self._keep(head[: len(head) // 2])
                await self._keep(head[len(head) // 2 :])
                return
            self._drop(1, f"the database cannot hold it: {error}"[:500])
        else:
            self._written += len(head)
        for _ in head:
            self._queue.popleft()

    async def _rest(self) -> None:
        """Longer after each failure; when the gateway ends there is only a moment."""
        await _either(self._closing, min(MAX_RETRY_S, self._interval_s * 2.0 ** min(self._failures, 10)))
        if self._closing.is_set():
            await asyncio.sleep(LAST_TRIES_S)

    def _drop(self, rows: int, reason: str) -> None:
        self._dropped += rows
        self._complain("rows of the request log are lost", dropped=self._dropped, reason=reason)

    def _complain(self, event: str, **fields: object) -> None:
        """Of each event at most once a minute, or a storm in the database would be one in the log."""
        now_s = time.monotonic()
        if now_s - self._complained_s.get(event, float("-inf")) >= COMPLAIN_EVERY_S:
            self._complained_s[event] = now_s
            log.warning(event, failing=self._failing, **fields)


async def _either(event: asyncio.Event, within_s: float) -> None:
    """Returns when the event is set, or after that time."""
    try:
        async with asyncio.timeout(within_s):
            await event.wait()
    except TimeoutError:
        pass
