"""Nothing that was acknowledged is lost, however many write at once and however they end."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from isthmus.storage.database import Database, open_database, touch
from isthmus.storage.schema import revisions, settings
from storage.child_writer import add

WRITERS = READERS = 32
WRITES_EACH = 15
"""One after the other without a pause, so that on every engine all writers are at it all the time."""
BESIDE_OTHERS_S = 3.0
"""How long processes write to the same file."""
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


async def write_steadily(database: Database, number: int, wanted: Callable[[int], bool]) -> list[str]:
    """Goes on for as long as so many rows are not enough yet."""
    done: list[str] = []
    while wanted(len(done)):
        await add(database, f"{number}-{len(done)}")
        done.append(f"{number}-{len(done)}")
        await database.write(lambda connection: touch(connection, f"t{number % 4}"))
    return done


async def read_steadily(database: Database, wanted: Callable[[], bool]) -> list[int]:
    """Counts never go down, and each is of one moment."""
    seen = [0]
    while wanted():
        async with database.read() as connection:
            seen.append(await connection.scalar(select(func.count()).select_from(settings)) or 0)
        assert seen[-1] >= seen[-2]
        await asyncio.sleep(0.05)
    return seen


@pytest.mark.slow
async def test_many_write_and_read_at_once(database: Database) -> None:
    async with asyncio.TaskGroup() as crowd:
        writing = [
            crowd.create_task(write_steadily(database, number, lambda so_far: so_far < WRITES_EACH))
            for number in range(WRITERS)
        ]
        at_work = asyncio.gather(*writing)
        reading = [
            crowd.create_task(read_steadily(database, lambda: not at_work.done())) for _ in range(READERS)
        ]
    acknowledged = {name for each in writing for name in each.result()}
    assert len(acknowledged) == WRITERS * WRITES_EACH
    assert await names(database) == acknowledged
    seen = {count for each in reading for count in each.result()}
    assert max(seen) <= len(acknowledged)
    assert len(seen) > WRITES_EACH / 2, "they read between writes, not only before and after"
    async with database.read() as connection:
        touched = await connection.scalar(select(func.sum(revisions.c.revision)))
    assert touched == len(acknowledged)
    assert database.pending_writes == 0


@pytest.mark.slow
async def test_another_process_writes_to_the_same_file(sqlite: Database, tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'isthmus.db'}"
    until_s = time.monotonic() + BESIDE_OTHERS_S
    async with child(url, "first") as first, child(url, "second", 0.01) as second:
        told = [asyncio.create_task(told_by(each)) for each in (first, second)]
        writing = [
            write_steadily(sqlite, number, lambda _: time.monotonic() < until_s) for number in range(WRITERS)
        ]
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
