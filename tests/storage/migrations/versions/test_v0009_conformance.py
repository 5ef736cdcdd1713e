"""A database of the version before has a place for runs of the conformance cases afterwards."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, inspect, text

from isthmus.storage.engine import connected, open_engines
from isthmus.storage.upgrade import migration_config


async def test_there_is_a_place_for_runs(empty_database_url: str) -> None:
    engines = open_engines(empty_database_url)
    async with connected(engines.writing, engines.address) as connection:
        await connection.run_sync(_check)
    await engines.close()


def _check(connection: Connection) -> None:
    command.upgrade(migration_config(connection), "0008")
    for _ in range(2):
        command.upgrade(migration_config(connection), "0009")
        connection.commit()
        # As after a start that was cut short on MySQL, which keeps every table that was made.
        connection.execute(text("UPDATE alembic_version SET version_num = '0008'"))
        connection.commit()
    indexes = inspect(connection).get_indexes("conformance_runs")
    assert {each["name"] for each in indexes} == {"ix_conformance_runs_created_ms"}
