"""Settings changed while running: dotted name → value, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage.database import Database, touch
from isthmus.storage.schema import settings
from isthmus.storage.upsert import replacing

TOPIC: Final = "settings"
RESERVED: Final = "vault."
"""Rows that begin so are the storage's own business."""


class SettingStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> dict[str, Any]:
        """A value that is no JSON, which only another hand can have written, is its text: whoever checks it says so."""
        query = select(settings.c.name, settings.c.value).order_by(settings.c.name)
        async with self._database.read() as connection:
            rows = await connection.execute(query)
            return {row.name: _read(row.value) for row in rows if not row.name.startswith(RESERVED)}

    async def save(self, changes: Mapping[str, Any], now_ms: int) -> None:
        """All or nothing; None removes a name. Raises `ValueError` for a name that is reserved."""
        if reserved := [name for name in changes if name.startswith(RESERVED)]:
            raise ValueError(
                f"{reserved[0]!r} is not a setting: names beginning with {RESERVED} are reserved"
            )
        rows = [
            {"name": name, "value": json.dumps(value, ensure_ascii=False), "updated_ms": now_ms}
            for name, value in sorted(changes.items())
            if value is not None
        ]
        removed = [name for name, value in changes.items() if value is None]
        statement = replacing(self._database.engine, settings, ("value", "updated_ms"))

        async def write(connection: AsyncConnection) -> None:
            await connection.execute(delete(settings).where(settings.c.name.in_(removed)))
            if rows:
                await connection.execute(statement, rows)
            await touch(connection, TOPIC)

        if changes:
            await self._database.write(write)


def _read(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
