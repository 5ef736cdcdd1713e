"""Whatever the database was, it is at the present schema once it is open; or it says why it cannot be."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Connection, Integer, MetaData, Table, insert, inspect, select, text

from isthmus.storage.database import open_database
from isthmus.storage.engine import connected, open_engines
from isthmus.storage.errors import StorageError
from isthmus.storage.schema import metadata
from isthmus.storage.upgrade import HEAD, MIGRATIONS, migration_config

OLDEST = "0001"


async def run(url: str, work: Callable[[Connection], Any]) -> Any:
    engines = open_engines(url)
    try:
        async with connected(engines.writing, engines.address) as connection:
            done = await connection.run_sync(work)
            await connection.commit()
            return done
    finally:
        await engines.close()


async def upgrade(url: str) -> None:
    await (await open_database(url)).close()


def at_revision(revision: str) -> Callable[[Connection], None]:
    return lambda connection: command.upgrade(migration_config(connection), revision)


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def version(connection: Connection) -> str | None:
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def shape(connection: Connection) -> Any:
    """Everything the engine itself says of its tables."""
    seen = inspect(connection)
    return {
        name: {
            "columns": [
                (each["name"], str(each["type"]), each["nullable"], str(each["default"]))
                for each in seen.get_columns(name)
            ],
            "key": seen.get_pk_constraint(name)["constrained_columns"],
            "unique": sorted(str(each["column_names"]) for each in seen.get_unique_constraints(name)),
            "indexes": sorted(
                (str(each["name"]), each["column_names"], bool(each["unique"]), _condition(each))
                for each in seen.get_indexes(name)
            ),
        }
        for name in sorted(seen.get_table_names())
        if name != "alembic_version"
    }


def _condition(index: Any) -> list[str]:
    return [f"{option} {value}" for option, value in index.get("dialect_options", {}).items()]


def test_the_head_is_the_newest_version() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_heads() == [HEAD]
    assert scripts.get_bases() == [OLDEST]


async def test_a_new_database_and_a_migrated_one_are_the_same(empty_database_url: str) -> None:
    await run(empty_database_url, at_revision("head"))
    migrated = await run(empty_database_url, shape)
    assert await run(empty_database_url, differences) == []
    await run(empty_database_url, drop_all)
    await upgrade(empty_database_url)
    assert await run(empty_database_url, differences) == []
    assert await run(empty_database_url, shape) == migrated
    assert await run(empty_database_url, version) == HEAD


def drop_all(connection: Connection) -> None:
    everything = MetaData()
    everything.reflect(connection)
    everything.drop_all(connection)


def value_for(column: Any, number: int) -> Any:
    if isinstance(column.type, Boolean) or "BOOL" in str(column.type) or "TINYINT" in str(column.type):
        return number % 2 == 1
    if isinstance(column.type, Integer):
        return 4_000_000_000 * number if "BIG" in str(column.type) else number
    length = getattr(column.type, "length", None)
    return f"{column.name[:12]} {number} ü✓"[:length]


def filled(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Three rows in every table, and what they read back as."""
    everything = MetaData()
    everything.reflect(connection)
    rows = {}
    for table in everything.tables.values():
        if table.name == "alembic_version":
            continue
        for number in (1, 2, 3):
            connection.execute(insert(table).values({each.name: value_for(each, number) for each in table.c}))
        rows[table.name] = read(connection, table)
    return rows


def read(connection: Connection, table: Table) -> list[dict[str, Any]]:
    query = select(table).order_by(*table.primary_key.columns)
    return [dict(row) for row in connection.execute(query).mappings()]


def reread(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    everything = MetaData()
    everything.reflect(connection)
    return {table.name: read(connection, table) for table in everything.tables.values()}


async def test_rows_of_the_oldest_schema_survive_every_migration(empty_database_url: str) -> None:
    await run(empty_database_url, at_revision(OLDEST))
    before = await run(empty_database_url, filled)
    assert len(before) > 10
    await upgrade(empty_database_url)
    after = await run(empty_database_url, reread)
    for name, rows in before.items():
        kept = [{column: row[column] for column in rows[0]} for row in after[name]]
        assert kept == rows, name
    assert await run(empty_database_url, differences) == []


async def test_a_newer_schema_is_refused(empty_database_url: str) -> None:
    await upgrade(empty_database_url)
    await run(empty_database_url, set_version("0999"))
    with pytest.raises(StorageError, match=f"a newer isthmus .its schema is 0999, and {HEAD} is the newest"):
        await upgrade(empty_database_url)
    assert await run(empty_database_url, version) == "0999"


def set_version(to: str) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{to}'"))

    return work


async def test_tables_of_another_program_are_left_alone(empty_database_url: str) -> None:
    await run(
        empty_database_url,
        lambda connection: connection.execute(text("CREATE TABLE users (shoe_size INTEGER)")),
    )
    with pytest.raises(
        StorageError, match=r"tables of another program \(users\): give the gateway a database of its own"
    ):
        await upgrade(empty_database_url)
    assert await run(empty_database_url, lambda connection: inspect(connection).get_table_names()) == [
        "users"
    ]


async def test_a_start_that_was_cut_short_while_making_tables_is_made_up_for(empty_database_url: str) -> None:
    await upgrade(empty_database_url)
    await run(empty_database_url, set_version("making"))
    await run(empty_database_url, metadata.tables["users"].drop)
    await upgrade(empty_database_url)
    assert await run(empty_database_url, differences) == []


async def test_many_that_start_at_once_make_one_database(empty_database_url: str) -> None:
    await asyncio.gather(*(upgrade(empty_database_url) for _ in range(4)))
    assert await run(empty_database_url, differences) == []


async def test_many_that_start_at_once_migrate_once(empty_database_url: str) -> None:
    await run(empty_database_url, at_revision(OLDEST))
    await asyncio.gather(*(upgrade(empty_database_url) for _ in range(4)))
    assert await run(empty_database_url, differences) == []
    assert await run(empty_database_url, version) == HEAD


def test_alembic_is_not_loaded_for_a_database_that_needs_no_migration(tmp_path: Any) -> None:
    """It costs a third of a second of every start and every command."""
    program = (
        "import asyncio, sys\n"
        "from isthmus.storage.database import open_database\n"
        "async def twice():\n"
        "    for _ in range(2):\n"
        f"        await (await open_database('sqlite+aiosqlite:///{tmp_path / 'i.db'}')).close()\n"
        "asyncio.run(twice())\n"
        "print('alembic' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == "False\n"
