"""Changes queue up for one writer on SQLite, run side by side on servers, and none undoes another."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from databases import administer
from isthmus.storage import writer as writing
from isthmus.storage.database import Database
from isthmus.storage.engine import Engines, open_engines
from isthmus.storage.errors import StorageError, Uncertain, Unreachable
from isthmus.storage.schema import settings
from isthmus.storage.writer import ConcurrentWriter, QueuedWriter, Work


def adding(name: str) -> Work[str]:
    async def work(connection: AsyncConnection) -> str:
        await connection.execute(insert(settings).values(name=name, value="1", updated_ms=1))
        return name

    return work


async def names(database: Database) -> set[str]:
    async with database.read() as connection:
        return set((await connection.execute(select(settings.c.name))).scalars())


@pytest.fixture
async def engines(sqlite: Database, tmp_path: Path) -> AsyncIterator[Engines]:
    opened = open_engines(f"sqlite+aiosqlite:///{tmp_path / 'isthmus.db'}")
    yield opened
    await opened.close()


@pytest.fixture
async def queued(engines: Engines) -> AsyncIterator[QueuedWriter]:
    writer = QueuedWriter(engines.writing, engines.address)
    yield writer
    await writer.close()


def count_commits(engines: Engines) -> list[Any]:
    seen: list[Any] = []
    event.listen(engines.writing.sync_engine, "commit", seen.append)
    return seen


async def test_what_waits_is_committed_together(
    engines: Engines, queued: QueuedWriter, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "TOGETHER_FOR_S", 60)
    commits = count_commits(engines)
    asked = [asyncio.create_task(queued.write(adding(f"n{number}"))) for number in range(100)]
    assert await asyncio.gather(*asked) == [f"n{number}" for number in range(100)]
    assert len(await names(sqlite)) == 100
    assert len(commits) <= 2


async def test_one_that_fails_undoes_only_itself(queued: QueuedWriter, sqlite: Database) -> None:
    async def half(connection: AsyncConnection) -> None:
        await adding("half")(connection)
        raise LookupError("changed my mind")

    asked = [
        queued.write(adding("a")),
        queued.write(half),
        queued.write(adding("a")),
        queued.write(adding("b")),
    ]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in results] == [str, LookupError, IntegrityError, str]
    assert await names(sqlite) == {"a", "b"}


async def test_what_must_last_has_transactions_that_wait_for_the_disk(
    engines: Engines, queued: QueuedWriter, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "TOGETHER_FOR_S", 60)
    levels: dict[str, int] = {}

    def noting(name: str) -> Work[str]:
        async def work(connection: AsyncConnection) -> str:
            levels[name] = await connection.scalar(text("PRAGMA synchronous")) or 0
            return await adding(name)(connection)

        return work

    commits = count_commits(engines)
    plain = [queued.write(noting(f"plain {number}")) for number in range(3)]
    must_last = [queued.write(noting(f"lasting {number}"), lasting=True) for number in range(3)]
    await asyncio.gather(*plain, *must_last, queued.write(noting("beside")))
    await queued.write(noting("after"))
    normal, full = 1, 2
    assert levels == {
        **{f"plain {number}": normal for number in range(3)},
        **{f"lasting {number}": full for number in range(3)},
        "beside": full,
        "after": normal,
    }
    assert len(commits) == 3
    assert await names(sqlite) == levels.keys()


async def test_what_must_last_is_told_when_the_writer_closes(engines: Engines, sqlite: Database) -> None:
    writer = QueuedWriter(engines.writing, engines.address)
    asked = [asyncio.create_task(writer.write(adding("plain")))]
    asked += [asyncio.create_task(writer.write(adding("lasting"), lasting=True))]
    await asyncio.sleep(0)
    await writer.close()
    await asyncio.gather(*asked)
    assert await names(sqlite) == {"plain", "lasting"}


async def test_a_caller_that_leaves_while_waiting_takes_its_change_back(
    queued: QueuedWriter, sqlite: Database
) -> None:
    begun, let_go = asyncio.Event(), asyncio.Event()

    async def slow(connection: AsyncConnection) -> None:
        await adding("slow")(connection)
        begun.set()
        await let_go.wait()

    first = asyncio.create_task(queued.write(slow))
    await begun.wait()
    second = asyncio.create_task(queued.write(adding("second")))
    third = asyncio.create_task(queued.write(adding("third")))
    await asyncio.sleep(0)
    assert queued.pending == 3
    first.cancel()
    second.cancel()
    await asyncio.sleep(0)
    let_go.set()
    await third
    assert await names(sqlite) == {"slow", "third"}, "one that has begun is carried to its end"
    assert queued.pending == 0


async def test_work_that_cancels_itself_stops_nobody(queued: QueuedWriter, sqlite: Database) -> None:
    async def gives_up(connection: AsyncConnection) -> None:
        await adding("half")(connection)
        raise asyncio.CancelledError

    asked = [queued.write(adding("a")), queued.write(gives_up), queued.write(adding("b"))]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in results] == [str, asyncio.CancelledError, str]
    assert await names(sqlite) == {"a", "b"}


async def test_a_full_disk_hits_only_what_does_not_fit(
    engines: Engines, queued: QueuedWriter, sqlite: Database
) -> None:
    await queued.write(adding("before"))

    async def limit(connection: AsyncConnection) -> None:
        pages = await connection.scalar(text("PRAGMA page_count"))
        await connection.execute(text(f"PRAGMA max_page_count = {pages + 1}"))

    async def large(connection: AsyncConnection) -> None:
        await connection.execute(insert(settings).values(name="large", value="x" * 100_000, updated_ms=1))

    await queued.write(limit)
    asked = [queued.write(adding("a")), queued.write(large), queued.write(adding("b"))]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in results] == [str, OperationalError, str]
    assert "full" in str(results[1])
    assert await names(sqlite) == {"before", "a", "b"}


async def test_another_process_that_holds_the_file_is_waited_for(
    queued: QueuedWriter, sqlite: Database, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "isthmus.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    asked = asyncio.create_task(queued.write(adding("patient")))
    await asyncio.sleep(0.3)
    assert not asked.done()
    other.execute("COMMIT")
    other.close()
    assert await asked == "patient"


async def test_patience_has_an_end(
    queued: QueuedWriter, sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "WRITE_TIMEOUT_S", 0.2)
    other = sqlite3.connect(tmp_path / "isthmus.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unreachable, match=r"was busy for 0\.2 s: see which process holds it"):
        await queued.write(adding("late"))
    other.execute("COMMIT")
    other.close()
    monkeypatch.undo()
    await queued.write(adding("next"))
    assert await names(sqlite) == {"next"}


async def test_work_that_hangs_lets_the_others_through(queued: QueuedWriter, sqlite: Database) -> None:
    async def hangs(connection: AsyncConnection) -> None:
        await adding("half")(connection)
        await asyncio.Event().wait()

    asked = [queued.write(hangs, 0.1), queued.write(adding("b"))]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in results] == [StorageError, str]
    assert await names(sqlite) == {"b"}


async def test_a_change_within_a_change_is_a_bug_that_is_told(queued: QueuedWriter) -> None:
    async def nested(_: AsyncConnection) -> None:
        await queued.write(adding("x"))

    with pytest.raises(RuntimeError, match="a change within a change"):
        await queued.write(nested)


async def test_closing_waits_for_what_was_asked(engines: Engines, sqlite: Database) -> None:
    writer = QueuedWriter(engines.writing, engines.address)
    asked = [asyncio.create_task(writer.write(adding(f"n{number}"))) for number in range(20)]
    await asyncio.sleep(0)
    await writer.close()
    await asyncio.gather(*asked)
    assert len(await names(sqlite)) == 20
    with pytest.raises(StorageError, match="is closed"):
        await writer.write(adding("late"))


@pytest.mark.parametrize("database_url", ["postgresql", "mariadb"], indirect=True)
async def test_those_who_meet_in_a_deadlock_all_get_through(database: Database) -> None:
    await database.write(adding("a"))
    await database.write(adding("b"))
    both_hold_one = asyncio.Barrier(2)
    attempts: list[str] = []

    def crossing(first: str, second: str) -> Work[None]:
        async def work(connection: AsyncConnection) -> None:
            attempts.append(first)
            await connection.execute(update(settings).where(settings.c.name == first).values(value=first))
            if len(attempts) <= 2:
                await both_hold_one.wait()
            await connection.execute(update(settings).where(settings.c.name == second).values(value=first))

        return work

    await asyncio.gather(database.write(crossing("a", "b")), database.write(crossing("b", "a")))
    assert len(attempts) == 3


@pytest.mark.parametrize("database_url", ["postgresql", "mariadb"], indirect=True)
async def test_a_connection_that_is_cut_before_the_commit_is_replaced(database: Database) -> None:
    attempts: list[int] = []

    async def work(connection: AsyncConnection) -> None:
        query = "SELECT pg_backend_pid()" if database.engine == "postgresql" else "SELECT CONNECTION_ID()"
        attempts.append(await connection.scalar(text(query)) or 0)
        if len(attempts) == 1:
            await cut(database, attempts[0])
        await adding("kept")(connection)

    await database.write(work)
    assert len(attempts) == 2
    assert await names(database) == {"kept"}


@pytest.mark.parametrize("database_url", ["postgresql", "mariadb"], indirect=True)
async def test_a_connection_that_is_cut_at_the_commit_leaves_it_open(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Repeating the change might make it twice."""
    commit = ConcurrentWriter._commit

    async def cut_and_commit(self: ConcurrentWriter, connection: AsyncConnection) -> None:
        query = "SELECT pg_backend_pid()" if database.engine == "postgresql" else "SELECT CONNECTION_ID()"
        await cut(database, await connection.scalar(text(query)) or 0)
        await commit(self, connection)

    monkeypatch.setattr(ConcurrentWriter, "_commit", cut_and_commit)
    with pytest.raises(Uncertain, match="was lost while a change was being saved"):
        await database.write(adding("a"))


async def cut(database: Database, number: int) -> None:
    if database.engine == "postgresql":
        await administer("postgresql", f"SELECT pg_terminate_backend({number})")
    else:
        await administer("mariadb", f"KILL {number}")
    await asyncio.sleep(0.05)
