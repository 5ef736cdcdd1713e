"""A database of the version before has a place for conversations afterwards, and keeps what it had."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, inspect, text

from isthmus.storage.engine import connected, open_engines
from isthmus.storage.upgrade import migration_config

KEY = "INSERT INTO settings (name, value, updated_ms) VALUES ('cache.enabled', 'true', 1)"
PLACES = {
    "conversations": {"ix_conversations_owner_created_ms", "ix_conversations_used_ms"},
    "conversation_turns": {"ix_conversation_turns_conversation_id"},
}


async def test_there_is_a_place_for_conversations(empty_database_url: str) -> None:
    engines = open_engines(empty_database_url)
    async with connected(engines.writing, engines.address) as connection:
        await connection.run_sync(_check)
    await engines.close()


def _check(connection: Connection) -> None:
    command.upgrade(migration_config(connection), "0004")
    connection.execute(text(KEY))
    connection.commit()
    for _ in range(2):
        command.upgrade(migration_config(connection), "0005")
        connection.commit()
        # As after a start that was cut short on MySQL, which keeps every table that was made.
        connection.execute(text("UPDATE alembic_version SET version_num = '0004'"))
        connection.commit()
    for table, indexes in PLACES.items():
        assert {each["name"] for each in inspect(connection).get_indexes(table)} == indexes
    assert connection.execute(text("SELECT name FROM settings")).scalars().all() == ["cache.enabled"]
