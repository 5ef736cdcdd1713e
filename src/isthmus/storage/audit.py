"""Who did what, and when: lines that are added and read, never changed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import Column, String, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage.database import Database
from isthmus.storage.schema import audit_log

MAX_DETAIL_CHARS: Final = 2000


class Actor(Protocol):
    """Whoever does something; `control.people.Person` is one."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def client(self) -> str: ...


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A row of `audit_log`: the same columns in the same order."""

    id: int
    at_ms: int
    user_id: str | None
    user_name: str | None
    action: str
    target: str | None
    detail: str | None
    client: str | None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    user_id: str | None = None
    action: str | None = None
    target: str | None = None
    from_ms: int | None = None
    until_ms: int | None = None


class AuditLog:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, actor: Actor, action: str, target: str = "", detail: str = "") -> None:
        """Texts that are too long for their column are cut. They must hold no secret: this is for everybody's eyes."""
        row = {
            "at_ms": time.time_ns() // 1_000_000,
            "user_id": actor.id or None,
            "user_name": _kept(audit_log.c.user_name, actor.name),
            "action": _kept(audit_log.c.action, action),
            "target": _kept(audit_log.c.target, target),
            "detail": _kept(audit_log.c.detail, detail),
            "client": _kept(audit_log.c.client, actor.client),
        }

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(insert(audit_log).values(row))

        await self._database.write(work)

    async def page(self, wanted: AuditFilter, before_id: int | None, limit: int) -> Sequence[AuditLine]:
        """The newest first, from the first one that is older than `before_id`."""
        lines = select(audit_log).where(*_conditions(wanted)).order_by(audit_log.c.id.desc()).limit(limit)
        if before_id is not None:
            lines = lines.where(audit_log.c.id < before_id)
        async with self._database.read() as connection:
            return [AuditLine(*row) for row in await connection.execute(lines)]

    async def forget_before(self, moment_ms: int) -> int:
        """Deletes what is older; returns how many lines that were."""

        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(delete(audit_log).where(audit_log.c.at_ms < moment_ms))).rowcount

        return await self._database.write(work)


def _kept(column: Column[Any], text: str) -> str | None:
    """What a column takes of a text: PostgreSQL has no place for a NUL, and no engine for half a surrogate pair."""
    assert isinstance(column.type, String)
    clean = text.encode("utf-8", "replace").decode().replace("\0", "")
    return clean[: column.type.length or MAX_DETAIL_CHARS] or None


def _conditions(wanted: AuditFilter) -> list[Any]:
    log = audit_log.c
    asked = [
        (wanted.user_id, log.user_id == wanted.user_id),
        (wanted.action, log.action == wanted.action),
        (wanted.target, log.target == wanted.target),
        (wanted.from_ms, log.at_ms >= (wanted.from_ms or 0)),
        (wanted.until_ms, log.at_ms < (wanted.until_ms or 0)),
    ]
    return [condition for value, condition in asked if value is not None]
