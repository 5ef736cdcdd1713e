"""Putting a backup back: all of it in one transaction, sealed anew with the keys of the database it comes to."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, MetaData, Table, delete, exists, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage.archive import Archive, Manifest
from isthmus.storage.backup import ROWS_AT_ONCE, Step, Told, saved_tables
from isthmus.storage.database import Database, open_database, touch
from isthmus.storage.diagnosis import diagnose
from isthmus.storage.engine import connected, open_engines
from isthmus.storage.errors import StorageError, VaultError
from isthmus.storage.schema import revisions, sessions
from isthmus.storage.sealing import sealed_columns
from isthmus.storage.upgrade import HEAD, is_known, migrate_to
from isthmus.storage.vault import Vault

TOPICS: Final = ("accounts", "cooldowns", "keys", "settings", "ips", "users")
"""Everything that a running gateway keeps in memory."""

Values = dict[str, Any]
Batches = Callable[[Table], AsyncIterator[list[Values]]]
"""The rows of a table at the present schema, some at a time."""


@dataclass(frozen=True, slots=True)
class _Plan:
    file: Path
    address: str
    total: int
    opens: Vault
    seals: Vault
    told: Told
    replace: bool


async def restore(
    database: Database, file: Path, vault: Vault, told: Told = lambda _: None, *, replace: bool = False
) -> Manifest:
    """Fills `database` with what `file` holds, all or nothing. One that is not empty is replaced only when told to.

    The keys in the file open what it holds, or those of `vault` when it has none. Sessions end. Raises `StorageError`.
    """
    with Archive(file) as archive:
        manifest = archive.manifest
        if not is_known(manifest.schema):
            raise StorageError(
                f"{file} was made by a newer isthmus ({manifest.version}): restore it with that version or a later one"
            )
        opens = Vault(archive.keys) if archive.keys else vault
        plan = _Plan(file, database.address, manifest.rows, opens, vault, told, replace)
        async with _at_present_schema(archive) as batches:
            await database.write(partial(_fill, plan=plan, batches=batches), timeout_s=None)
        return manifest


@asynccontextmanager
async def _at_present_schema(archive: Archive) -> AsyncIterator[Batches]:
    """Migrations change databases, not files: the rows of an older backup take the way through a passing one."""
    if archive.manifest.schema == HEAD:
        yield partial(_archived, archive)
        return
    with tempfile.TemporaryDirectory(prefix="isthmus-restore-") as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'older.db'}"
        await _load_older(archive, url)
        migrated = await open_database(url)
        try:
            async with migrated.snapshot() as connection:
                yield partial(_selected, connection)
        finally:
            await migrated.close()


async def _load_older(archive: Archive, url: str) -> None:
    engines = open_engines(url)
    try:
        async with connected(engines.writing, engines.address) as connection:
            await connection.run_sync(_insert_older, archive)
            await connection.commit()
    finally:
        await engines.close()


def _insert_older(connection: Connection, archive: Archive) -> None:
    migrate_to(connection, archive.manifest.schema)
    older = MetaData()
    older.reflect(connection)
    for name in archive.manifest.tables:
        if name not in older.tables:
            raise StorageError(
                f"{archive.file} is damaged: its schema {archive.manifest.schema} has no table {name}"
            )
        columns = archive.columns(name)
        with _fitting(archive.file, name, "the older database"):
            for rows in archive.rows(name, ROWS_AT_ONCE):
                connection.execute(insert(older.tables[name]), [_named(columns, row) for row in rows])


async def _archived(archive: Archive, table: Table) -> AsyncIterator[list[Values]]:
    columns = archive.columns(table.name)
    if set(columns) != {each.name for each in table.columns}:
        raise StorageError(
            f"{archive.file} is damaged: the columns of {table.name} are not those of its schema"
        )
    batches = archive.rows(table.name, ROWS_AT_ONCE)
    while (rows := await asyncio.to_thread(next, batches, None)) is not None:
        yield [_named(columns, row) for row in rows]


async def _selected(connection: AsyncConnection, table: Table) -> AsyncIterator[list[Values]]:
    result = await connection.stream(select(table))
    async for rows in result.mappings().partitions(ROWS_AT_ONCE):
        yield [dict(row) for row in rows]


def _named(columns: list[str], row: list[Any]) -> Values:
    return dict(zip(columns, row, strict=True))


async def _fill(connection: AsyncConnection, plan: _Plan, batches: Batches) -> None:
    if not plan.replace:
        await _demand_empty(connection, plan.address)
    for table in (sessions, *saved_tables()):
        await connection.execute(delete(table))
    for table in saved_tables():
        async for rows in batches(table):
            _seal_anew(rows, table, plan)
            with _fitting(plan.file, table.name, plan.address):
                await connection.execute(insert(table), rows)
            plan.told(Step(table.name, len(rows), plan.total))
        await _count_on(connection, table)
    await connection.execute(update(revisions).values(revision=revisions.c.revision + 1))
    for topic in TOPICS:
        await touch(connection, topic)


async def _demand_empty(connection: AsyncConnection, address: str) -> None:
    for table in saved_tables():
        if await connection.scalar(select(exists().select_from(table))):
            raise StorageError(
                f"{address} is not empty (there are rows in {table.name}): restore into an empty one, or have everything "
                "in it replaced with --replace"
            )


def _seal_anew(rows: list[Values], table: Table, plan: _Plan) -> None:
    for column in sealed_columns(table):
        for row in rows:
            try:
                row[column.name] = row[column.name] and plan.seals.seal(plan.opens.open(row[column.name]))
            except VaultError:
                raise VaultError(
                    f"{plan.file} was made under another secret key: add that key behind the present one, in the key file or "
                    "in storage.secret_key, or use a backup that was made with --with-key"
                ) from None


async def _count_on(connection: AsyncConnection, table: Table) -> None:
    """PostgreSQL does not notice ids that were given to it, and would give them again."""
    column = table.autoincrement_column
    if connection.dialect.name == "postgresql" and column is not None:
        sequence = f"pg_get_serial_sequence('{table.name}', '{column.name}')"
        last = f"MAX({column.name})"
        await connection.execute(
            text(f"SELECT setval({sequence}, COALESCE({last}, 1), {last} IS NOT NULL) FROM {table.name}")  # noqa: S608 - our own names
        )


@contextmanager
def _fitting(file: Path, table: str, address: str) -> Iterator[None]:
    """Rows that a database does not take are the file's fault."""
    try:
        yield
    except (DBAPIError, OverflowError, UnicodeError) as error:
        if isinstance(error, DBAPIError) and diagnose(error, address) is not None:
            raise
        said = str(error.orig if isinstance(error, DBAPIError) else error).splitlines()[0][:200]
        raise StorageError(f"{file}: rows of {table} do not fit into {address}: {said}") from None
