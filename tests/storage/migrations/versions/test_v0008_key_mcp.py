"""Keys that are older than the choice of servers are not restricted by it."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, text

from isthmus.storage.database import open_database
from isthmus.storage.engine import connected, open_engines
from isthmus.storage.keys import KeyStore
from isthmus.storage.upgrade import migration_config

KEY = (
    "INSERT INTO api_keys (id, name, hash, prefix, enabled, models, created_ms, updated_ms) "
    "VALUES ('key_1', 'laptop', 'hash', 'sk-', :enabled, '[\"gpt-5\"]', 1, 1)"
)


async def test_a_key_stays_as_it_was(empty_database_url: str) -> None:
    engines = open_engines(empty_database_url)
    async with connected(engines.writing, engines.address) as connection:
        await connection.run_sync(_of_before)
    await engines.close()
    database = await open_database(empty_database_url)
    try:
        key = await KeyStore(database).get("key_1")
    finally:
        await database.close()
    assert key is not None
    assert key.terms.mcp is None
    assert key.terms.models == ("gpt-5",)


def _of_before(connection: Connection) -> None:
    command.upgrade(migration_config(connection), "0007")
    connection.execute(text(KEY), {"enabled": True})
    connection.commit()
