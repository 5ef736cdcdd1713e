"""Another program's SQLite database, read from a copy, so that the program may go on writing to its own."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from isthmus.migrate.source import Unreadable

MAGIC: Final = b"SQLite format 3\x00"
_BESIDE: Final = ("", "-wal", "-shm")


def is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


@contextmanager
def copied(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a private copy of the database with what its journal holds; the copy is gone afterwards.

    Bytes that are no UTF-8 are replaced. Raises `Unreadable`.
    """
    with tempfile.TemporaryDirectory(prefix="isthmus-") as folder:
        copy = Path(folder) / "copy.sqlite"
        try:
            for ending in _BESIDE:
                if (source := path.with_name(path.name + ending)).exists():
                    shutil.copyfile(source, copy.with_name(copy.name + ending))
        except OSError as error:
            raise Unreadable(f"{path} cannot be read: {error.strerror}") from None
        try:
            with closing(sqlite3.connect(copy)) as connection:
                # The journal is taken in while the copy may be written; from then on nothing may.
                connection.execute("PRAGMA schema_version")
                connection.execute("PRAGMA query_only = ON")
                connection.text_factory = lambda data: data.decode("utf-8", "replace")
                yield connection
        except sqlite3.DatabaseError:
            raise Unreadable(
                f"{path} is not a whole SQLite database: copy it again with its -wal and -shm files"
            ) from None


def tables(connection: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    """Name of each table → its columns, as they are spelled."""
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    names = [str(name) for (name,) in found.fetchall()]
    return {
        name: tuple(row[1] for row in connection.execute(f"PRAGMA table_info({_quoted(name)})"))
        for name in names
    }


def rows(connection: sqlite3.Connection, table: str, *, order: str = "rowid") -> Iterator[dict[str, Any]]:
    """Each row by its columns; none when there is no such table."""
    if table not in tables(connection):
        return
    cursor = connection.execute(f"SELECT * FROM {_quoted(table)} ORDER BY {_quoted(order)}")  # noqa: S608 - quoted
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
