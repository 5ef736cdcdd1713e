"""Nothing that was acknowledged is lost, however many write at once and however they end."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from isthmus.storage.database import Database, open_database, touch
from isthmus.storage.schema import revisions, settings
from storage.child_writer import add

WRITERS = READERS = 32
DURATION_S = 30.0
WRITES_EACH = 600
"""An end to the rows, however quick the machine."""
CHILD = Path(__file__).with_name("child_writer.py")


@asynccontextmanager
async def child(url: str, prefix: str, pause_s: float = 0.0) -> AsyncIterator[Process]:
    here = os.pathsep.join([str(CHILD.parents[1]), str(CHILD.parents[2])])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(CHILD),
        url,
        prefix,
        str(pause_s),
        stdin=PIPE,
        stdout=PIPE,
        env=os.environ | {"PYTHONPATH": here},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def told_by(process: Process) -> list[str]:
    """Every name it said was saved; a line that was cut off does not count."""
    assert process.stdout is not None
    return (await process.stdout.read()).decode().split("\n")[:-1]


async def names(database: Database) -> set[str]:
    async with database.read() as connection:
        return set((await connection.execute(select(settings.c.name))).scalars())


async def write_steadily(database: Database, number: int, until_s: float) -> list[str]:
    done = []
    while time.monotonic() < until_s and len(done) < WRITES_EACH:
        await add(database, f"{number}-{len(done)}")
        done.append(f"{number}-{len(done)}")
        await database.write(lambda connection: touch(connection, f"t{number % 4}"))
        await asyncio.sleep(DURATION_S / WRITES_EACH)
    return done


async def read_steadily(database: Database, until_s: float) -> int:
    """Counts never go down, and each is of one moment."""
    most = 0
    while time.monotonic() < until_s:
        async with database.read() as connection:
            now = await connection.scalar(select(func.count()).select_from(settings)) or 0
        assert now >= most
        most = now
        await asyncio.sleep(0.02)
    return most


@pytest.mark.slow
@pytest.mark.long
async def test_many_write_and_read_at_once(database: Database) -> None:
    until_s = time.monotonic() + DURATION_S
    reading = [read_steadily(database, until_s) for _ in range(READERS)]
    writing = [write_steadily(database, number, until_s) for number in range(WRITERS)]
    written, seen = await asyncio.gather(asyncio.gather(*writing), asyncio.gather(*reading))
    acknowledged = {name for each in written for name in each}
    assert len(acknowledged) >= WRITERS
    assert await names(database) == acknowledged
    assert max(seen) <= len(acknowledged)
    async with database.read() as connection:
        touched = await connection.scalar(select(func.sum(revisions.c.revision)))
    assert touched == len(acknowledged)
    assert database.pending_writes == 0


@pytest.mark.slow
async def test_another_process_writes_to_the_same_file(sqlite: Database, tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'isthmus.db'}"
    until_s = time.monotonic() + DURATION_S / 3
    async with child(url, "first") as first, child(url, "second", 0.01) as second:
        told = [asyncio.create_task(told_by(each)) for each in (first, second)]
        writing = [write_steadily(sqlite, number, until_s) for number in range(WRITERS)]
        written = await asyncio.gather(*writing)
        for each in (first, second):
            assert each.stdin is not None
            each.stdin.close()
        from_children = await asyncio.gather(*told)
        assert [await each.wait() for each in (first, second)] == [0, 0]
    assert all(from_children)
    assert await names(sqlite) == {name for each in (*written, *from_children) for name in each}


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.2, 0.5, 1.0])
async def test_what_a_killed_process_said_was_saved_is_there(tmp_path: Path, after_s: float) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'isthmus.db'}"
    async with child(url, "row") as process:
        assert process.stdout is not None
        first = (await process.stdout.readline()).decode().strip()
        await asyncio.sleep(after_s)
        process.kill()
        told = [first, *await told_by(process)]
    assert len(told) > 3
    database = await open_database(url)
    found = await names(database)
    async with database.read() as connection:
        assert await connection.scalar(text("PRAGMA integrity_check")) == "ok"
    await database.close()
    assert set(told) <= found
    assert len(found) <= len(told) + 1, "at most the one that it had no time to tell"
