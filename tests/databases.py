"""Every engine, really connected: a fresh, empty database for one test, gone afterwards.

@pytest.mark.parametrize("database_url", ENGINES, indirect=True)   or simply take the fixture `database`
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from isthmus.core.secret import Secret
from isthmus.storage.database import Database, open_database
from isthmus.storage.vault import Vault

ENGINES: Final = ("sqlite", "postgresql", "mariadb")
SERVERS: Final = {
    "postgresql": os.environ.get(
        "ISTHMUS_TEST_POSTGRESQL", "postgresql+asyncpg://postgres@127.0.0.1:5432/postgres"
    ),
    "mariadb": os.environ.get("ISTHMUS_TEST_MARIADB", "mysql+asyncmy://root@127.0.0.1:3306/test"),
}


@pytest.fixture(params=ENGINES)
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database on each engine in turn."""
    engine: str = request.param
    if engine == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'isthmus.db'}"
        return
    name = f"isthmus_test_{secrets.token_hex(6)}"
    await administer(engine, f"CREATE DATABASE {name}")
    try:
        yield f"{SERVERS[engine].rpartition('/')[0]}/{name}"
    finally:
        force = " WITH (FORCE)" if engine == "postgresql" else ""
        await administer(engine, f"DROP DATABASE {name}{force}")


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
