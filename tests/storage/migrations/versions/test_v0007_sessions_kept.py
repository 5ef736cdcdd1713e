"""What a provider keeps with a conversation may be long afterwards, and what was there is there."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, text

from isthmus.storage.engine import connected, open_engines
from isthmus.storage.upgrade import migration_config

ROW = (
    "INSERT INTO conversations (id, owner, sealed_particulars, sealed_session, messages, revision, created_ms, used_ms) "
    "VALUES (:id, 'key:a', 'x', :session, 0, 0, 1, 1)"
)
LONG = "x" * (6 << 20)


async def test_a_long_session_has_room(empty_database_url: str) -> None:
    engines = open_engines(empty_database_url)
    async with connected(engines.writing, engines.address) as connection:
        assert await connection.run_sync(_migrated) == {"before": "short", "none": None, "after": LONG}
    await engines.close()


def _migrated(connection: Connection) -> dict[str, str | None]:
    command.upgrade(migration_config(connection), "0006")
    before = [{"id": "before", "session": "short"}, {"id": "none", "session": None}]
    connection.execute(text(ROW), before)
    connection.commit()
    command.upgrade(migration_config(connection), "0007")
    connection.execute(text(ROW), {"id": "after", "session": LONG})
    connection.commit()
    found = connection.execute(text("SELECT id, sealed_session FROM conversations")).all()
    return {row.id: row.sealed_session for row in found}
