"""Reading the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from isthmus.control.clock import now_ms
from isthmus.control.paging import Page, read_cursor, write_cursor
from isthmus.storage.audit import AuditFilter, AuditLine, AuditLog

KEPT_DAYS: Final = 400
"""A year and a month: long enough to look back from one yearly review to the last."""
DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Audit:
    log: AuditLog

    async def list(
        self,
        cursor: str | None,
        limit: int,
        *,
        user_id: str | None = None,
        action: str | None = None,
        target: str | None = None,
        from_ms: int | None = None,
        until_ms: int | None = None,
    ) -> Page[AuditLine]:
        """The newest first."""
        wanted = AuditFilter(user_id, action, target, from_ms, until_ms)
        before = int(read_cursor(cursor, int)[0]) if cursor else None
        found = await self.log.page(wanted, before, limit + 1)
        more = len(found) > limit
        return Page(found[:limit], write_cursor(found[limit - 1].id) if more else None)

    async def forget_old(self) -> int:
        """Deletes lines older than `KEPT_DAYS`; returns how many. For a job that runs now and then."""
        return await self.log.forget_before(now_ms() - KEPT_DAYS * DAY_MS)
