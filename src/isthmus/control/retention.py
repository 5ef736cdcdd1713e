"""Deleting old rows of the request log, and old sums, while the gateway runs. Several gateways may do it at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from isthmus.control.clock import now_ms
from isthmus.storage.errors import StorageError
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import DAY_MS, RequestSums, Span

log = structlog.get_logger("isthmus")

HOURS_KEPT_DAYS: Final = 62
"""How far back statistics go by the hour: two months."""
DAYS_KEPT_DAYS: Final = 400
"""How far back they go by the day: thirteen months, so that a month can be compared with the one a year before."""
EVERY_S: Final = 3600.0
WORK_S: Final = 0.2
"""At most so long at a time."""
REST_S: Final = 1.0
"""In between, so that the requests under way hardly notice."""


@dataclass(frozen=True, slots=True)
class Retention:
    logs: RequestLogs
    sums: RequestSums
    keep_days: Callable[[], int]
    """`request_log.retention_days` as it is now."""
    now_ms: Callable[[], int] = now_ms

    async def run(self, every_s: float = EVERY_S, rest_s: float = REST_S) -> None:
        """Until it is cancelled. A database that is away is tried again the next time."""
        while True:
            try:
                if deleted := await self.forget_old(rest_s):
                    log.info("old rows of the request log deleted", rows=deleted)
            except StorageError as error:
                log.warning("old rows of the request log cannot be deleted", error=str(error))
            await asyncio.sleep(every_s)

    async def forget_old(self, rest_s: float = REST_S) -> int:
        """How many rows were deleted."""
        before_ms = self.now_ms() - self.keep_days() * DAY_MS
        total = 0
        while True:
            deleted, done = await self.logs.delete_older_than(before_ms, WORK_S)
            total += deleted
            if done:
                break
            await asyncio.sleep(rest_s)
        await self.sums.delete_older_than(Span.HOUR, self.now_ms() - HOURS_KEPT_DAYS * DAY_MS)
        await self.sums.delete_older_than(Span.DAY, self.now_ms() - DAYS_KEPT_DAYS * DAY_MS)
        return total
