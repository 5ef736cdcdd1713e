"""`/v2/audit`: who did what, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from isthmus.admin.asking import Admin, Cursor, Limit, Moment, PageOf, milliseconds, moment
from isthmus.admin.times import Time
from isthmus.control.audit import Audit

_TEXT = r"^[^\x00-\x1f\x7f]*$"
User = Annotated[str | None, Query(max_length=64, pattern=_TEXT, description="Id of who did it.")]
Action = Annotated[
    str | None, Query(max_length=64, pattern=_TEXT, description="What was done, such as `sign_in`.")
]
Target = Annotated[str | None, Query(max_length=200, pattern=_TEXT, description="What it was done to.")]
From = Annotated[Time | None, Query(alias="from", description="No line before this moment.")]
Until = Annotated[Time | None, Query(description="No line at or after this moment.")]


class AuditView(BaseModel):
    id: int
    at: Moment
    user_id: str | None = Field(description="Null for the command line, and for whoever was not signed in.")
    user: str | None = Field(description="Their name then.")
    action: str
    target: str | None
    detail: str | None
    client: str | None = Field(description="Address it came from.")


def router(service: Audit) -> APIRouter:
    router = APIRouter(prefix="/audit", tags=["audit"])

    @router.get("")
    async def list_audit(
        admin: Admin,
        user_id: User = None,
        action: Action = None,
        target: Target = None,
        since: From = None,
        until: Until = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> PageOf[AuditView]:
        """What was done, the newest first."""
        page = await service.list(
            cursor,
            limit,
            user_id=user_id,
            action=action,
            target=target,
            from_ms=_ms(since),
            until_ms=_ms(until),
        )
        shown = [
            AuditView(
                id=line.id,
                at=moment(line.at_ms),
                user_id=line.user_id,
                user=line.user_name,
                action=line.action,
                target=line.target,
                detail=line.detail,
                client=line.client,
            )
            for line in page.items
        ]
        return PageOf(items=shown, next_cursor=page.next_cursor)

    return router


def _ms(at: datetime | None) -> int | None:
    return None if at is None else milliseconds(at)
