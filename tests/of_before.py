"""A database as an earlier version left it, with a row in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alembic import command
from sqlalchemy import Connection, text

from isthmus.storage.engine import connected, open_engines
from isthmus.storage.upgrade import migration_config


async def leave(url: str, revision: str, statement: str, values: Mapping[str, Any]) -> None:
    """Makes the schema of `revision` in an empty database, and runs the statement in it."""

    def make(connection: Connection) -> None:
        command.upgrade(migration_config(connection), revision)
        connection.execute(text(statement), dict(values))
        connection.commit()

    engines = open_engines(url)
    try:
        async with connected(engines.writing, engines.address) as connection:
            await connection.run_sync(make)
    finally:
        await engines.close()
