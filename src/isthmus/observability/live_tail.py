"""Watching a log as it grows. Who watches too slowly misses rows and is told how many; the log never waits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

CAPACITY: Final = 1000
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Missed:
    """Stands where rows are missing."""

    rows: int | None
    """None when nobody knows how many."""


class LiveTail(Generic[Row]):
    def __init__(self, on_close: Callable[[LiveTail[Row]], None], capacity: int = CAPACITY) -> None:
        self._on_close = on_close
        self._capacity = capacity
        self._waiting: deque[Row] = deque()
        self._missed = 0
        self._ended = False
        self._news = asyncio.Event()

    def put(self, row: Row) -> None:
        """Never waits. When the watcher is too far behind, the newest rows are the ones it misses."""
        if self._missed or len(self._waiting) >= self._capacity:
            self._missed += 1
            return
        self._waiting.append(row)
        self._news.set()

    def end(self) -> None:
        """There will be no more rows."""
        self._ended = True
        self._news.set()

    def close(self) -> None:
        self._on_close(self)

    async def batches(self, quiet_s: float) -> AsyncIterator[list[Row | Missed]]:
        """What has come since the last time; an empty list after `quiet_s` without anything. Ends with the log."""
        while True:
            try:
                async with asyncio.timeout(quiet_s):
                    await self._news.wait()
            except TimeoutError:
                yield []
                continue
            ended = self._ended  # Looked at before the watcher has its rows: more may come while they read.
            if taken := self._taken():
                yield taken
            if ended:
                return

    def _taken(self) -> list[Row | Missed]:
        taken: list[Row | Missed] = list(self._waiting)
        if self._missed:
            taken.append(Missed(self._missed))
        self._waiting.clear()
        self._missed = 0
        if not self._ended:
            self._news.clear()
        return taken
