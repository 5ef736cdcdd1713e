"""Making a backup: one state of the whole database, read while others go on writing."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus import __version__
from isthmus.core.secret import Secret
from isthmus.storage.archive import FORMAT, ArchiveWriter, Manifest
from isthmus.storage.database import Database
from isthmus.storage.errors import StorageError
from isthmus.storage.schema import metadata, revisions, sessions, vault_canary
from isthmus.storage.upgrade import HEAD

LEFT_OUT: Final = frozenset({revisions.name, sessions.name, vault_canary.name})
"""`revisions` counts the changes of this one database, and the canary goes with its key. A session that was ended since must not
come back to life."""
ROWS_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """How far a backup or a restore is."""

    table: str
    rows: int
    """More than the last step."""
    total: int
    """In all tables together."""


Told = Callable[[Step], None]


def saved_tables() -> list[Table]:
    return [each for each in metadata.sorted_tables if each.name not in LEFT_OUT]


async def back_up(
    database: Database,
    file: Path,
    now_ms: int,
    keys: Sequence[Secret] = (),
    told: Told = lambda _: None,
    *,
    overwrite: bool = False,
) -> Manifest:
    """Makes `file`, whole or not at all, for its owner alone. With `keys` it can be restored without the key file.

    Raises `StorageError`.
    """
    with _new_file(file, overwrite=overwrite) as opened:
        return await write_backup(database, opened, now_ms, keys, told)


async def write_backup(
    database: Database,
    file: BinaryIO,
    now_ms: int,
    keys: Sequence[Secret] = (),
    told: Told = lambda _: None,
) -> Manifest:
    """Never more than some rows are in memory, and packing them does not hold up the event loop. Raises `StorageError`."""
    with ArchiveWriter(file) as archive:
        async with database.snapshot() as connection:
            counts = {table.name: await _count(connection, table) for table in saved_tables()}
            manifest = Manifest(FORMAT, HEAD, __version__, database.engine, now_ms, counts)
            for table in saved_tables():
                await _write_table(connection, table, archive, manifest.rows, told)
        archive.finish(manifest, keys)
    return manifest


async def _write_table(
    connection: AsyncConnection, table: Table, archive: ArchiveWriter, total: int, told: Told
) -> None:
    archive.begin_table(table.name, [each.name for each in table.columns])
    result = await connection.stream(select(table).order_by(*table.primary_key.columns))
    async for rows in result.partitions(ROWS_AT_ONCE):
        await asyncio.to_thread(archive.add, rows)
        told(Step(table.name, len(rows), total))
    archive.end_table()


async def _count(connection: AsyncConnection, table: Table) -> int:
    return await connection.scalar(select(func.count()).select_from(table)) or 0


@contextmanager
def _new_file(file: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """Under its name when it is whole and on the disk; nothing of it stays otherwise."""
    if file.exists() and not overwrite:
        raise StorageError(f"{file} exists: choose another name, or replace it with --overwrite")
    part = file.with_name(f".{file.name}.{secrets.token_hex(6)}.part")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as opened:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(file)
    except OSError as error:
        raise StorageError(f"{file} cannot be written: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)
