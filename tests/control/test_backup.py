"""A backup over the network: complete before it is sent, one at a time, and never with the key."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from isthmus.control.backup import BackupService
from isthmus.control.failures import Conflict, Unavailable
from isthmus.control.people import OPERATOR, Person
from isthmus.storage.archive import Archive
from isthmus.storage.database import Database
from isthmus.storage.vault import Vault
from stocked import stock


def service_of(database: Database, folder: Path | None = None) -> tuple[BackupService, list[tuple[str, ...]]]:
    notes: list[tuple[str, ...]] = []

    async def note(person: Person, action: str, target: str, detail: str) -> None:
        notes.append((person.name, action, target, detail))

    return BackupService(database, note, folder), notes


async def test_it_is_whole_and_leaves_nothing_behind(sqlite: Database, vault: Vault, tmp_path: Path) -> None:
    await stock(sqlite, vault)
    before = names(tmp_path)
    service, notes = service_of(sqlite, tmp_path)
    made = await service.make(OPERATOR)
    with made.file as file:
        data = file.read()
    assert len(data) == made.size
    assert notes == [("command line", "backup.made", "", f"{made.size} bytes")]
    assert names(tmp_path) == before
    keep(tmp_path / "b.zip", data)
    with Archive(tmp_path / "b.zip") as archive:
        assert archive.manifest.made_ms == made.made_ms
        assert archive.manifest.tables["accounts"] == 3
        assert archive.keys == []


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def keep(file: Path, data: bytes) -> None:
    file.write_bytes(data)


async def test_a_second_one_at_the_same_time_is_refused(sqlite: Database, vault: Vault) -> None:
    service, _ = service_of(sqlite)
    first = asyncio.create_task(service.make(OPERATOR))
    await asyncio.sleep(0)
    with pytest.raises(Conflict, match="a backup is being made already"):
        await service.make(OPERATOR)
    (await first).file.close()
    (await service.make(OPERATOR)).file.close()


async def test_a_folder_that_is_gone(sqlite: Database, tmp_path: Path) -> None:
    service, notes = service_of(sqlite, tmp_path / "gone")
    with pytest.raises(Unavailable, match="the backup cannot be written: No such file"):
        await service.make(OPERATOR)
    assert notes == []


async def test_a_database_that_is_gone(sqlite: Database) -> None:
    service, _ = service_of(sqlite)

    async def drop(connection: object) -> None:
        await connection.exec_driver_sql("DROP TABLE settings")  # type: ignore[attr-defined]

    await sqlite.write(drop)
    with pytest.raises(Unavailable, match="has lost the gateway's tables"):
        await service.make(OPERATOR)
