"""The database opens on every engine; what was written is there, and what is wrong is said."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from databases import administer
from isthmus.storage.database import Database, open_database, touch
from isthmus.storage.errors import StorageError, Unreachable
from isthmus.storage.schema import settings


async def add(connection: AsyncConnection) -> None:
    await connection.execute(insert(settings).values(name="a", value="1", updated_ms=1))
    await touch(connection, "settings")


async def test_what_was_written_is_read(database: Database) -> None:
    await database.write(add)
    async with database.read() as connection:
        rows = (await connection.execute(select(settings))).all()
    assert [tuple(row) for row in rows] == [("a", "1", 1)]
    assert await database.revisions() == {"settings": 1}


async def test_what_failed_leaves_nothing(database: Database) -> None:
    async def fails(connection: AsyncConnection) -> None:
        await add(connection)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fails)
    assert await database.revisions() == {}


async def test_what_is_the_statements_fault_is_raised_as_it_is(database: Database) -> None:
    await database.write(add)
    with pytest.raises(IntegrityError):
        await database.write(add)
    assert await database.revisions() == {"settings": 1}
    assert database.last_error is None


async def test_a_topic_that_many_touch_first_counts_each_of_them(database: Database) -> None:
    async def only_touch(connection: AsyncConnection) -> None:
        await touch(connection, "keys")

    await asyncio.gather(*(database.write(only_touch) for _ in range(10)))
    assert await database.revisions() == {"keys": 10}
    assert database.pending_writes == 0


async def test_a_revision_made_by_another_process_is_seen(database: Database, database_url: str) -> None:
    other = await open_database(database_url)
    await other.write(add)
    await other.close()
    assert await database.revisions() == {"settings": 1}


@pytest.mark.parametrize("empty_database_url", ["postgresql", "mariadb"], indirect=True)
async def test_a_database_that_went_away_is_told(empty_database_url: str) -> None:
    database = await open_database(empty_database_url)
    assert await database.healthy()
    assert database.last_error is None
    name = empty_database_url.rpartition("/")[2]
    engine, force = ("postgresql", " WITH (FORCE)") if database.engine == "postgresql" else ("mariadb", "")
    await administer(engine, f"DROP DATABASE {name}{force}")
    try:
        assert not await database.healthy()
        assert database.last_error is not None
        assert name in database.last_error
        with pytest.raises(StorageError):
            await database.write(add)
    finally:
        await administer(engine, f"CREATE DATABASE {name}")
        await database.close()


async def test_a_server_that_is_silent_does_not_hold_up_readers_for_ever(database: Database) -> None:
    slow = {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000000) SELECT max(i) FROM n",
        "postgresql": "SELECT pg_sleep(2)",
        "mysql": "SELECT SLEEP(2)",
    }[database.engine]
    with pytest.raises(Unreachable, match=r"did not answer within 0\.05 s"):
        async with database.read(timeout_s=0.05) as connection:
            await connection.execute(text(slow))
    assert database.last_error is not None
    assert await database.healthy()
    assert database.last_error is None


async def test_a_failure_of_the_readers_own_is_not_the_databases(database: Database) -> None:
    with pytest.raises(ConnectionResetError):
        async with database.read():
            raise ConnectionResetError("the client went away")
    assert database.last_error is None


async def test_nobody_at_the_address(unused_tcp_port: int) -> None:
    with pytest.raises(
        Unreachable, match=f"PostgreSQL at 127.0.0.1:{unused_tcp_port}/x is not reachable"
    ) as said:
        await open_database(f"postgresql+asyncpg://me:secret@127.0.0.1:{unused_tcp_port}/x")
    assert "secret" not in str(said.value)


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "i.db").write_bytes(b"nothing of the kind" * 1000)
    with pytest.raises(StorageError, match="is damaged or no SQLite database"):
        await open_database(f"sqlite+aiosqlite:///{tmp_path / 'i.db'}")


async def test_a_full_disk_is_told_and_reading_goes_on(sqlite: Database) -> None:
    async def fill(connection: AsyncConnection) -> None:
        pages = await connection.scalar(text("PRAGMA page_count"))
        await connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        await connection.execute(insert(settings).values(name="large", value="x" * 100_000, updated_ms=1))

    with pytest.raises(StorageError, match=r"isthmus\.db has no room left: free some space"):
        await sqlite.write(fill)
    assert sqlite.last_error is not None
    assert await sqlite.healthy()


async def test_whoever_is_cancelled_hears_of_nothing_else(sqlite: Database) -> None:
    async def interrupted() -> None:
        with sqlite._diagnosed():
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:  # As a driver does that tells of a lost connection instead.
                raise Unreachable("lost") from None

    task = asyncio.create_task(interrupted())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sqlite.last_error is None
