"""How connections are opened on each engine, and what is said when they cannot be."""

from __future__ import annotations

import asyncio
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from databases import SERVERS
from isthmus.storage import engine
from isthmus.storage.database import Database
from isthmus.storage.engine import address_of, connected, limited, open_engines
from isthmus.storage.errors import StorageError, Unreachable


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+asyncpg://me:secret@db.example/isthmus", "PostgreSQL at db.example/isthmus"),
        ("mysql+asyncmy://me:secret@10.0.0.1:3307/i?charset=utf8mb4", "MySQL at 10.0.0.1:3307/i"),
        ("sqlite+aiosqlite:////var/lib/i.db", "the SQLite database /var/lib/i.db"),
    ],
)
def test_a_database_is_named_without_its_password(url: str, said: str) -> None:
    assert address_of(make_url(url)) == said


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "is not the address of a database"),
        ("postgresql+asyncpg://me:secret@h:port/x", "is not the address of a database"),
        ("mysql+asyncmy://me:secret@127.0.0.1", "names no database"),
        ("sqlite+aiosqlite://", "names no file"),
        ("sqlite+aiosqlite:////no/such/directory/i.db", r"cannot be opened \(No such file"),
    ],
)
def test_addresses_that_lead_nowhere(url: str, said: str) -> None:
    with pytest.raises(StorageError, match=said) as refused:
        open_engines(url)
    assert "secret" not in str(refused.value)


def test_a_driver_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(StorageError, match=r"needs the driver asyncpg, .* pip install 'isthmus\[postgres\]'"):
        open_engines("postgresql+asyncpg://me@127.0.0.1/x")


@pytest.mark.parametrize("scheme", ["postgresql+asyncpg", "mysql+asyncmy", "mysql+aiomysql"])
async def test_nobody_there(scheme: str, unused_tcp_port: int) -> None:
    engines = open_engines(f"{scheme}://me:secret@127.0.0.1:{unused_tcp_port}/isthmus")
    with pytest.raises((Unreachable, DBAPIError)):
        async with connected(engines.reading, engines.address):
            raise AssertionError
    await engines.close()


async def test_an_option_that_the_driver_does_not_know() -> None:
    engines = open_engines("postgresql+asyncpg://me@127.0.0.1/x?colour=red")
    with pytest.raises(StorageError, match=r"does not take the options in storage\.url.*colour"):
        async with connected(engines.reading, engines.address):
            raise AssertionError


async def test_postgresqls_usual_name_for_tls_is_understood() -> None:
    engines = open_engines(f"{SERVERS['postgresql']}?sslmode=disable")
    async with connected(engines.reading, engines.address) as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    await engines.close()


async def test_the_sqlite_files_are_their_owners_alone(sqlite: Database, tmp_path: Path) -> None:
    async with sqlite.read() as connection:
        await connection.execute(text("SELECT 1"))
    assert modes_in(tmp_path) == {"isthmus.db": 0o600, "isthmus.db-wal": 0o600, "isthmus.db-shm": 0o600}


def modes_in(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


async def test_how_sqlite_is_set_up(tmp_path: Path) -> None:
    engines = open_engines(f"sqlite+aiosqlite:///{tmp_path / 'i.db'}")
    async with connected(engines.writing, "") as connection:
        found = [
            await connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    await engines.close()
    assert found == ["wal", 1, 1, 10_000]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_readers_cannot_write(engine: str, tmp_path: Path) -> None:
    url = SERVERS.get(engine, f"sqlite+aiosqlite:///{tmp_path / 'i.db'}")
    engines = open_engines(url)
    with pytest.raises(DBAPIError, match=r"readonly database|read-only transaction"):
        async with connected(engines.reading, "") as connection:
            await connection.execute(text("CREATE TABLE t (a INTEGER)"))
    await engines.close()


async def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(Unreachable, match="slow"):
        async with limited(0.01, Unreachable("slow")):
            await asyncio.sleep(10)


async def test_a_time_out_from_within_is_passed_on() -> None:
    with pytest.raises(TimeoutError, match="another"):
        async with limited(10, Unreachable("slow")):
            raise TimeoutError("another")


class Silent:
    """An engine whose server answers nothing any more."""

    async def dispose(self) -> None:
        await asyncio.Event().wait()


async def test_a_server_that_has_fallen_silent_keeps_nobody_from_leaving(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "CLOSE_TIMEOUT_S", 0.05)
    silent: Any = Silent()
    await asyncio.wait_for(engine.Engines(silent, silent, "a database").close(), 5)
