"""The database at the present schema: made when it is empty, migrated when it is older, refused when it is newer.

Of several gateways that start at once, one does it and the others wait. A database that is up to date costs one query.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage.diagnosis import Lapse, diagnose, lapse_of
from isthmus.storage.engine import BUSY_TIMEOUT_S, Engines, connected
from isthmus.storage.errors import StorageError
from isthmus.storage.schema import metadata

HEAD: Final = "0010"
"""The newest of `migrations/versions`. Kept here because asking alembic takes half a second."""
MIGRATIONS: Final = Path(__file__).with_name("migrations")
LOCK_TIMEOUT_S: Final = 120
"""How long another gateway's migration is waited for."""

_MAKING: Final = "making"
"""Stands for the version while tables are made: MySQL cannot take back a table, so a start that was cut short shows."""
_LOCK_NUMBER: Final = 0x69737468
_LOCKED_ATTEMPTS: Final = LOCK_TIMEOUT_S // BUSY_TIMEOUT_S

# As alembic makes and reads it.
_version: Final = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


async def stored_version(connection: AsyncConnection) -> str:
    """The schema that a database has which is open."""
    return str(await connection.scalar(select(_version.c.version_num)))


async def bring_up_to_date(engines: Engines) -> None:
    """Raises `StorageError`, also for a schema that is newer than this program."""
    try:
        if await _stored_version(engines) != HEAD:
            await _upgrade(engines)
    except DBAPIError as error:
        meant = diagnose(error, engines.address)
        if meant is None:
            raise
        raise meant from error


async def _stored_version(engines: Engines) -> str | None:
    async with connected(engines.reading, engines.address) as connection:
        try:
            return await connection.scalar(select(_version.c.version_num))
        except DBAPIError:
            return None  # Most likely there is no such table; whatever else it is happens again in a moment.


async def _upgrade(engines: Engines) -> None:
    for _ in range(_LOCKED_ATTEMPTS):
        try:
            async with connected(engines.writing, engines.address) as connection, _alone(connection):
                await connection.run_sync(_upgrade_alone, engines.address)
                await connection.commit()
                return
        except DBAPIError as error:
            # Turning a new SQLite file to WAL is refused without waiting while another process does the same.
            if lapse_of(error) is not Lapse.CONFLICT:
                raise
        await asyncio.sleep(0.2)
    raise StorageError(
        f"{engines.address} is held by another process: see what else uses it, and start again"
    )


def _upgrade_alone(connection: Connection, address: str) -> None:
    version = _version_of(connection)
    if version is None or version == _MAKING:
        _make(connection, address, made_before=version == _MAKING)
    elif version != HEAD:
        _migrate(connection, address, version)


def _version_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_version.name):
        return None
    version: str | None = connection.scalar(select(_version.c.version_num))
    return version


def _make(connection: Connection, address: str, *, made_before: bool) -> None:
    """All tables as they are now: the same as every migration from the first, and much quicker."""
    if made_before:
        metadata.drop_all(connection)
    else:
        _demand_empty(connection, address)
        _version.create(connection, checkfirst=True)
        connection.execute(insert(_version).values(version_num=_MAKING))
        if connection.dialect.name == "mysql":
            connection.commit()
    metadata.create_all(connection)
    connection.execute(update(_version).values(version_num=HEAD))


def _demand_empty(connection: Connection, address: str) -> None:
    taken = sorted(metadata.tables.keys() & set(inspect(connection).get_table_names()))
    if taken:
        raise StorageError(
            f"{address} has tables of another program ({', '.join(taken[:3])}): give the gateway a database of its own"
        )


def _migrate(connection: Connection, address: str, version: str) -> None:
    if not is_known(version):
        raise StorageError(
            f"{address} was written by a newer isthmus (its schema is {version}, and {HEAD} is the newest known here): "
            "install that version or a later one, or restore a backup made before"
        )
    migrate_to(connection, HEAD)


def is_known(version: str) -> bool:
    """Whether it is a schema of this program, or of one before it."""
    if version == HEAD:
        return True
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - half a second, and needed once per release

    return version in {each.revision for each in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def migrate_to(connection: Connection, version: str) -> None:
    """From whatever schema it has, also from none. The caller commits."""
    from alembic import command  # noqa: PLC0415

    command.upgrade(migration_config(connection), version)


def migration_config(connection: Connection) -> Any:
    """Alembic's configuration (`alembic.config.Config`) for our migrations over this connection."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@asynccontextmanager
async def _alone(connection: AsyncConnection) -> AsyncIterator[None]:
    """No other process makes or migrates this database meanwhile."""
    match connection.dialect.name:
        case "postgresql":
            await connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'"))
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})"))
            yield  # Given back at the end of the transaction.
        case "mysql":
            # The name is known to the whole server; it may have 64 characters.
            name = "CONCAT('isthmus.', MD5(DATABASE()))"
            if not await connection.scalar(text(f"SELECT GET_LOCK({name}, {LOCK_TIMEOUT_S})")):
                raise StorageError(
                    f"another gateway has been migrating for {LOCK_TIMEOUT_S} s: see what it does"
                )
            try:
                yield
            finally:
                await connection.execute(text(f"SELECT RELEASE_LOCK({name})"))
        case _:
            yield  # Our transactions on SQLite begin by locking.
