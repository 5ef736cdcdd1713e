"""Every engine, really connected. Most tests simply take the fixture `database`, and run on each engine in turn."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection, delete, exists, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from isthmus.core.secret import Secret
from isthmus.storage.database import Database, open_database
from isthmus.storage.schema import metadata
from isthmus.storage.vault import Vault

ENGINES: Final = ("sqlite", "postgresql", "mariadb")
SERVERS: Final = {
    "postgresql": os.environ.get(
        "ISTHMUS_TEST_POSTGRESQL", "postgresql+asyncpg://postgres@127.0.0.1:5432/postgres"
    ),
    "mariadb": os.environ.get("ISTHMUS_TEST_MARIADB", "mysql+asyncmy://root@127.0.0.1:3306/test"),
}


@pytest.fixture(scope="session")
def prepared() -> Iterator[dict[str, str]]:
    """Engine → name of a database with all tables. Making one takes a server a second; emptying it, a moment."""
    names: dict[str, str] = {}
    yield names
    for engine, name in names.items():
        asyncio.run(drop(engine, name))


@pytest.fixture(params=ENGINES)
async def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, prepared: dict[str, str]
) -> AsyncIterator[str]:
    """A database without rows on each engine in turn. Whoever changes its tables takes `empty_database_url` instead."""
    engine: str = request.param
    if engine == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'isthmus.db'}"
        return
    if engine not in prepared:
        prepared[engine] = await create(engine)
        await (await open_database(url_of(engine, prepared[engine]))).close()
    url = url_of(engine, prepared[engine])
    yield url
    if not await emptied(url):
        await drop(engine, prepared.pop(engine))


@pytest.fixture(params=ENGINES)
async def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A database without tables, for one test, on each engine in turn."""
    engine: str = request.param
    if engine == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'isthmus.db'}"
        return
    name = await create(engine)
    try:
        yield url_of(engine, name)
    finally:
        await drop(engine, name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open and with all tables, on each engine in turn."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    """Open and with all tables, on SQLite alone: for what does not depend on the engine."""
    opened = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'isthmus.db'}")
    yield opened
    await opened.close()


@pytest.fixture
def vault() -> Vault:
    return Vault([Secret("a key for tests")])


def url_of(engine: str, name: str) -> str:
    return f"{SERVERS[engine].rpartition('/')[0]}/{name}"


async def create(engine: str) -> str:
    name = f"isthmus_test_{secrets.token_hex(6)}"
    await administer(engine, f"CREATE DATABASE {name}")
    return name


async def drop(engine: str, name: str) -> None:
    force = " WITH (FORCE)" if engine == "postgresql" else ""
    await administer(engine, f"DROP DATABASE IF EXISTS {name}{force}")


async def emptied(url: str) -> bool:
    """Removes every row and counts ids from one again. False when the test left something else behind."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text(PATIENCE[engine.dialect.name]))
            await connection.run_sync(_empty)
    except (OSError, DBAPIError):
        return False
    finally:
        await engine.dispose()
    return True


PATIENCE: Final = {"postgresql": "SET lock_timeout = '5s'", "mysql": "SET innodb_lock_wait_timeout = 5"}
RESTART: Final = {
    "postgresql": "ALTER SEQUENCE {table}_id_seq RESTART",
    "mysql": "ALTER TABLE {table} AUTO_INCREMENT = 1",
}


def _empty(connection: Connection) -> None:
    full = [
        table for table in metadata.sorted_tables if connection.scalar(select(exists().select_from(table)))
    ]
    for table in full:
        connection.execute(delete(table))
    for table in metadata.sorted_tables:
        if table.autoincrement_column is not None:
            connection.execute(text(RESTART[connection.dialect.name].format(table=table.name)))


async def administer(engine: str, statement: str) -> None:
    """Runs a statement of the server's own administrator; skips the test when there is no such server."""
    server = create_async_engine(SERVERS[engine], isolation_level="AUTOCOMMIT")
    try:
        async with server.connect() as connection:
            await connection.execute(text(statement))
    except (OSError, DBAPIError) as error:
        pytest.skip(
            f"needs {engine} at {server.url.render_as_string(hide_password=True)}: {type(error).__name__}"
        )
    finally:
        await server.dispose()
