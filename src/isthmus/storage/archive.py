"""A backup as a file: the same for every engine, so that one may also move from one to another with it.

A ZIP archive. `tables/NAME.jsonl` has the names of the columns in its first line and a row in each line after it, all as JSON
lists; `manifest.json`, written last, says what it is. With `keys.json` whoever has the file has the credentials, too.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO, Final, Self

import msgspec

from isthmus.core.secret import Secret
from isthmus.storage.errors import StorageError

FORMAT: Final = 1
_MANIFEST: Final = "manifest.json"
_KEYS: Final = "keys.json"
_LEVEL: Final = 1
"""Of compression: rows shrink to a fifth even so, and a backup is made beside a running gateway."""

Row = list[str | int | bool | None]
_rows: Final = msgspec.json.Decoder(Row)


@dataclass(frozen=True, slots=True)
class Manifest:
    format: int
    schema: str
    """Revision of the schema that the rows have."""
    version: str
    """Of the program that made it."""
    engine: str
    made_ms: int
    tables: Mapping[str, int]
    """Rows in each."""

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


class ArchiveWriter:
    """Writes one table after another, and the manifest at the end: what is left before that is no backup."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        self._table: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end_table()
        self._zip.close()

    def begin_table(self, name: str, columns: Sequence[str]) -> None:
        self.end_table()
        self._table = self._zip.open(_member(name), "w", force_zip64=True)
        self._table.write(msgspec.json.encode([str(each) for each in columns]) + b"\n")

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        assert self._table is not None
        self._table.write(b"".join(msgspec.json.encode(list(row)) + b"\n" for row in rows))

    def end_table(self) -> None:
        if self._table is not None:
            self._table.close()
            self._table = None

    def finish(self, manifest: Manifest, keys: Sequence[Secret]) -> None:
        self.end_table()
        if keys:
            self._zip.writestr(_KEYS, json.dumps([key.reveal() for key in keys]))
        self._zip.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=2))


class Archive:
    """A backup that is there. Raises `StorageError` wherever it is not what it should be."""

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            self._zip = zipfile.ZipFile(file)  # Closed with this object.
        except OSError as error:
            raise StorageError(f"{file} cannot be read: {error.strerror or error}") from None
        except zipfile.BadZipFile:
            raise StorageError(f"{file} is no backup, or not the whole of one: take another file") from None
        self.manifest = self._read_manifest()
        self.keys = self._read_keys()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def columns(self, table: str) -> list[str]:
        with self._open(table) as lines:
            return [str(each) for each in self._parse(table, b"".join(self._lines(table, lines, 1)))]

    def rows(self, table: str, at_once: int) -> Iterator[list[Row]]:
        """In the order of `columns`."""
        width = len(self.columns(table))
        with self._open(table) as lines:
            self._lines(table, lines, 1)
            while batch := [self._parse(table, line, width) for line in self._lines(table, lines, at_once)]:
                yield batch

    def _open(self, table: str) -> IO[bytes]:
        try:
            return self._zip.open(_member(table))
        except KeyError:
            raise StorageError(f"{self.file} is damaged: it has no rows of {table}") from None

    def _lines(self, table: str, lines: IO[bytes], at_once: int) -> list[bytes]:
        try:
            return list(islice(lines, at_once))
        except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            raise StorageError(f"{self.file} is damaged in {table}: {error}") from None

    def _parse(self, table: str, line: bytes, width: int | None = None) -> Row:
        try:
            row = _rows.decode(line)
        except msgspec.DecodeError:
            row = []
        if not row or (width is not None and len(row) != width):
            raise StorageError(f"{self.file} is damaged: a line of {table} is no row")
        return row

    def _read_manifest(self) -> Manifest:
        try:
            found = msgspec.json.decode(self._zip.read(_MANIFEST), type=Manifest)
        except (KeyError, msgspec.DecodeError):
            raise StorageError(f"{self.file} is no backup: it has no manifest of one") from None
        if found.format != FORMAT:
            raise StorageError(
                f"{self.file} was made by a newer isthmus (format {found.format}): restore it with that version"
            )
        return found

    def _read_keys(self) -> list[Secret]:
        if _KEYS not in self._zip.namelist():
            return []
        try:
            return [Secret(key) for key in msgspec.json.decode(self._zip.read(_KEYS), type=list[str])]
        except msgspec.DecodeError:
            raise StorageError(f"{self.file} is damaged: its keys cannot be read") from None


def _member(table: str) -> str:
    return f"tables/{table}.jsonl"
