"""A backup has one state of the database, while others go on changing it."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.core.secret import Secret
from isthmus.storage import backup
from isthmus.storage.archive import Archive
from isthmus.storage.backup import Step, back_up, saved_tables
from isthmus.storage.database import Database
from isthmus.storage.errors import StorageError
from isthmus.storage.schema import metadata, settings
from isthmus.storage.upgrade import HEAD
from isthmus.storage.vault import Vault
from stocked import CANARY, stock

VAULT = Vault([Secret("the key of this database")])


async def test_everything_is_in_it(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "ROWS_AT_ONCE", 7)
    await stock(database, VAULT, rows=20)
    steps: list[Step] = []
    manifest = await back_up(database, tmp_path / "b.zip", 7, told=steps.append)
    assert (manifest.schema, manifest.engine, manifest.made_ms) == (HEAD, database.engine, 7)
    assert manifest.rows == sum(step.rows for step in steps) == steps[0].total == 20 * len(saved_tables())
    with Archive(tmp_path / "b.zip") as archive:
        assert archive.manifest == manifest
        for table in saved_tables():
            assert sum(len(batch) for batch in archive.rows(table.name, 1000)) == manifest.tables[table.name]


async def test_what_is_left_out() -> None:
    left_out = set(metadata.tables) - {table.name for table in saved_tables()}
    assert left_out == {"revisions", "sessions", "vault_canary"}


async def test_it_is_its_owners_alone_and_holds_no_secret(sqlite: Database, tmp_path: Path) -> None:
    await stock(sqlite, VAULT)
    await back_up(sqlite, tmp_path / "b.zip", 7)
    assert stat.S_IMODE(file_mode(tmp_path / "b.zip")) == 0o600
    with Archive(tmp_path / "b.zip") as archive:
        assert archive.keys == []
        sealed = [row for batch in archive.rows("accounts", 100) for row in batch]
    assert "gAAAA" in repr(sealed)
    assert CANARY not in repr(sealed)


def file_mode(file: Path) -> int:
    return file.stat().st_mode


async def test_a_file_that_is_there_is_kept_unless_told_otherwise(sqlite: Database, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    write(file)
    with pytest.raises(StorageError, match=r"b\.zip exists: choose another name"):
        await back_up(sqlite, file, 7)
    assert names(tmp_path) == {"b.zip", "isthmus.db", "isthmus.db-wal", "isthmus.db-shm"}
    await back_up(sqlite, file, 7, overwrite=True)
    with Archive(file) as archive:
        assert archive.manifest.made_ms == 7


def write(file: Path) -> None:
    file.write_text("something else")


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


async def test_nothing_stays_of_one_that_failed(sqlite: Database, tmp_path: Path) -> None:
    await stock(sqlite, VAULT)

    def interrupt(_: Step) -> None:
        raise LookupError

    before = names(tmp_path)
    with pytest.raises(LookupError):
        await back_up(sqlite, tmp_path / "b.zip", 7, told=interrupt)
    assert names(tmp_path) - {"isthmus.db-wal", "isthmus.db-shm"} == before - {
        "isthmus.db-wal",
        "isthmus.db-shm",
    }
    with pytest.raises(StorageError, match="cannot be written: No such file"):
        await back_up(sqlite, tmp_path / "nowhere" / "b.zip", 7)


async def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all(
    database: Database, tmp_path: Path
) -> None:
    """Each change adds a setting and a price; a backup between the two would have more of one."""
    done = asyncio.Event()

    async def change(number: int) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(insert(settings).values(name=f"s{number}", value="1", updated_ms=1))
            await connection.execute(
                insert(metadata.tables["prices"]).values(pattern=f"p{number}", price="{}", updated_ms=1)
            )

        await database.write(work)

    async def keep_changing() -> int:
        number = 0
        while not done.is_set():
            await change(number)
            number += 1
        return number

    changing = asyncio.create_task(keep_changing())
    for number in range(5):
        await asyncio.sleep(0.02)
        manifest = await back_up(database, tmp_path / f"{number}.zip", 7)
        assert manifest.tables["settings"] == manifest.tables["prices"]
        with Archive(tmp_path / f"{number}.zip") as archive:
            rows = {name: sum(map(len, archive.rows(name, 100))) for name in ("settings", "prices")}
        assert rows == {name: manifest.tables[name] for name in rows}
    done.set()
    assert await changing > 5
