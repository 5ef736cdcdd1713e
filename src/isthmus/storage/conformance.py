"""Runs of the conformance cases, and what came of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from sqlalchemy import Select, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage.database import Database
from isthmus.storage.schema import conformance_runs

RUNNING: Final = "running"

_table: Final = conformance_runs
_JSON: Final = ("asked", "counts", "results")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    id: str
    state: str
    user_name: str
    """Who began it."""
    provider: str
    account_id: str | None
    """None: whichever account the gateway chose."""
    model: str | None
    asked: Mapping[str, Any]
    """Dialects and cases."""
    cases: int = 0
    requests: int = 0
    """At most."""
    done: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    problem: str | None = None
    """Why it could not run."""
    results: Sequence[Mapping[str, Any]] = ()
    """Left out where runs are listed."""
    created_ms: int
    alive_until_ms: int
    finished_ms: int | None = None


class ConformanceStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, run: StoredRun) -> None:
        await self._write(insert(_table).values(_row(run)))

    async def save(self, run: StoredRun) -> None:
        """One that was removed meanwhile stays so."""
        await self._write(update(_table).where(_table.c.id == run.id).values(_row(run)))

    async def find(self, id: str) -> StoredRun | None:
        async with self._database.read() as connection:
            row = (await connection.execute(select(_table).where(_table.c.id == id))).mappings().first()
        return None if row is None else _run(row)

    async def page(self, after: tuple[int, str] | None, limit: int) -> list[StoredRun]:
        """Newest first, without their results; those after the run made at `after[0]` with the id `after[1]`."""
        query: Select[Any] = select(*(each for each in _table.c if each.name != "results"))
        if after is not None:
            made, id = after
            same_moment = and_(_table.c.created_ms == made, _table.c.id < id)
            query = query.where(or_(_table.c.created_ms < made, same_moment))
        query = query.order_by(_table.c.created_ms.desc(), _table.c.id.desc()).limit(limit)
        async with self._database.read() as connection:
            return [_run(row) for row in (await connection.execute(query)).mappings()]

    async def remove(self, id: str) -> bool:
        """Whether there was one."""
        return bool(await self._write(delete(_table).where(_table.c.id == id)))

    async def _write(self, statement: Any) -> int:
        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(statement)).rowcount

        return await self._database.write(work)


def _row(run: StoredRun) -> dict[str, Any]:
    values = {each.name: getattr(run, each.name) for each in fields(run)}
    return values | {name: json.dumps(values[name]) for name in _JSON}


def _run(row: Mapping[Any, Any]) -> StoredRun:
    values = dict(row)
    return StoredRun(**values | {name: json.loads(values[name]) for name in _JSON if name in values})
