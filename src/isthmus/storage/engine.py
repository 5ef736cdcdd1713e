"""Connections: how each engine is opened so that nobody waits for ever and readers never stop a writer."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from isthmus.storage.errors import StorageError, Unreachable

CONNECT_TIMEOUT_S: Final = 10
CLOSE_TIMEOUT_S: Final = 2
BUSY_TIMEOUT_S: Final = 10
"""How long SQLite itself waits for a lock that another process holds; the writer then asks again."""
SQLITE_READERS: Final = 8
_WAL_LIMIT_BYTES: Final = 64 << 20
LASTING: Final = "isthmus_lasting"
"""Option of a connection that writes: its commits outlive a power cut, too, at the price of waiting for the disk. Servers do that
with every commit, as they are usually set up; SQLite's commits otherwise outlive a crash of the process only."""

_NAMES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}
_EXTRAS: Final = {"asyncpg": "postgres", "asyncmy": "mysql"}
_CONNECT_TIMEOUT: Final = {"asyncpg": "timeout", "asyncmy": "connect_timeout", "aiomysql": "connect_timeout"}
_POOL: Final[Mapping[str, Any]] = {
    "pool_size": 10,
    "max_overflow": 10,
    "pool_timeout": 30,
    "pool_pre_ping": True,
    "pool_recycle": 1800,  # Firewalls forget connections that are idle for long, and say nothing.
}


@dataclass(frozen=True, slots=True)
class Engines:
    """Two ways to one database; on a server they share their connections."""

    reading: AsyncEngine
    writing: AsyncEngine
    address: str
    """Names the database for people, without a password."""

    async def close(self) -> None:
        """Within a bounded time: a server that has fallen silent takes no leave."""
        for engine in (self.reading, self.writing):
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await engine.dispose()


def open_engines(url: str) -> Engines:
    """Connects to nothing yet, but makes a missing SQLite file. `url` is SQLAlchemy's, with an async driver.

    Raises `StorageError`.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StorageError(
            "storage.url is not the address of a database: see docs/configuration.md"
        ) from None
    address = address_of(parsed)
    try:
        if parsed.get_backend_name() == "sqlite":
            return _open_sqlite(parsed, address)
        return _open_server(parsed, address)
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(error.name or "", "")
        way_out = f"pip install 'isthmus[{extra}]'" if extra else f"pip install {error.name}"
        raise StorageError(
            f"{address} needs the driver {error.name}, which is not installed: {way_out}"
        ) from None


@asynccontextmanager
async def connected(engine: AsyncEngine, address: str) -> AsyncIterator[AsyncConnection]:
    """A connection of the pool. Raises `Unreachable` where drivers let the network's own exceptions through."""
    connection = engine.connect()
    try:
        await connection.start()
    except OSError as error:
        said = error.strerror or str(error) or f"no answer within {CONNECT_TIMEOUT_S} s"
        raise Unreachable(f"{address} is not reachable ({said}): see whether it is running") from None
    except (TypeError, ValueError) as error:  # Options in the address go to the driver as they are.
        raise StorageError(
            f"{address}: the driver does not take the options in storage.url: {error}"
        ) from None
    try:
        yield connection
    finally:
        await asyncio.shield(connection.close())


@asynccontextmanager
async def limited(timeout_s: float | None, failure: StorageError) -> AsyncIterator[None]:
    """Raises `failure` when what is within takes longer; a `TimeoutError` of its own passes."""
    patience = asyncio.timeout(timeout_s)
    try:
        async with patience:
            yield
    except TimeoutError:
        if patience.expired():
            raise failure from None
        raise


def address_of(url: URL) -> str:
    """`PostgreSQL at 127.0.0.1:5432/isthmus`: nothing of the user, the password or the options."""
    name = _NAMES.get(url.get_backend_name(), url.get_backend_name())
    if url.get_backend_name() == "sqlite":
        return f"the {name} database {url.database}"
    port = "" if url.port is None else f":{url.port}"
    return f"{name} at {url.host or 'localhost'}{port}/{url.database or ''}"


def _open_server(url: URL, address: str) -> Engines:
    if not url.database:
        raise StorageError(f"{address} names no database: add its name at the end of storage.url")
    mode = url.query.get("sslmode")
    if mode is not None:  # What every tool of PostgreSQL calls it; this driver does not.
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    driver = url.get_driver_name()
    arguments = {_CONNECT_TIMEOUT[driver]: CONNECT_TIMEOUT_S} if driver in _CONNECT_TIMEOUT else {}
    # MySQL's default, REPEATABLE READ, locks gaps between rows: writers that have nothing in common would meet there.
    engine = create_async_engine(url, connect_args=arguments, isolation_level="READ COMMITTED", **_POOL)
    reading = engine.execution_options(postgresql_readonly=True) if engine.name == "postgresql" else engine
    return Engines(reading, engine, address)


def _open_sqlite(url: URL, address: str) -> Engines:
    if not url.database or url.database == ":memory:":
        raise StorageError("storage.url names no file: write sqlite:////var/lib/isthmus/isthmus.db")
    _make_private_file(Path(url.database), address)
    # Transactions are begun by us (`_begin…`), not by the driver's guesses.
    arguments = {"timeout": BUSY_TIMEOUT_S, "isolation_level": None}
    pool = {"max_overflow": 0, "pool_timeout": 30}
    reading = create_async_engine(url, connect_args=arguments, pool_size=SQLITE_READERS, **pool)
    writing = create_async_engine(url, connect_args=arguments, pool_size=1, **pool)
    event.listen(reading.sync_engine, "connect", _prepare_reader)
    event.listen(reading.sync_engine, "begin", _begin_reading)
    event.listen(writing.sync_engine, "connect", _prepare_writer)
    event.listen(writing.sync_engine, "begin", _begin_writing)
    return Engines(reading, writing, address)


def _make_private_file(file: Path, address: str) -> None:
    """The files that SQLite puts beside it get the same mode."""
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StorageError(
            f"{address} cannot be opened ({error.strerror}): its directory must exist, and this user must be able to write "
            "to both"
        ) from None


def _prepare_reader(connection: Any, _record: Any) -> None:
    _set(connection, "query_only = ON")


def _prepare_writer(connection: Any, _record: Any) -> None:
    _set(connection, "journal_mode = WAL", f"journal_size_limit = {_WAL_LIMIT_BYTES}")
    _set(connection, "synchronous = NORMAL", "foreign_keys = ON")


def _set(connection: Any, *pragmas: str) -> None:
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_reading(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Any) -> None:
    lasting = bool(connection.get_execution_options().get(LASTING))
    if connection.info.get(LASTING, False) != lasting:  # It can be changed outside of transactions only.
        connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
        connection.info[LASTING] = lasting
    # At once: a transaction that reads first and then wants to write may be refused without any waiting.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
