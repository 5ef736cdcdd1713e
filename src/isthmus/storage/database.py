"""One database: how it is opened, read and written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, TypeVar

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage.diagnosis import diagnose
from isthmus.storage.engine import Engines, connected, limited, open_engines
from isthmus.storage.errors import StorageError, Unreachable
from isthmus.storage.schema import revisions
from isthmus.storage.upgrade import bring_up_to_date
from isthmus.storage.writer import WORK_TIMEOUT_S, ConcurrentWriter, QueuedWriter, Writer

READ_TIMEOUT_S: Final = 60.0
HEALTH_TIMEOUT_S: Final = 5.0

Done = TypeVar("Done")


class Database:
    """Reads see the last commit. Of writes, each is a transaction; on SQLite one after another, on servers side by side.

    Nothing waits for ever. What is the database's fault is raised as `StorageError`; what is the statement's, such as
    `IntegrityError`, as SQLAlchemy raises it.
    """

    def __init__(self, engines: Engines) -> None:
        """Inside the event loop."""
        self._engines = engines
        kind = QueuedWriter if self.engine == "sqlite" else ConcurrentWriter
        self._writer: Writer = kind(engines.writing, engines.address)
        self.last_error: str | None = None
        """What the last failure said; None when the database has answered since."""

    @property
    def engine(self) -> str:
        """`sqlite`, `postgresql`, `mysql` or `mariadb`."""
        return self._engines.writing.dialect.name

    @property
    def address(self) -> str:
        """Its name for people, without a password: `PostgreSQL at 127.0.0.1:5432/isthmus`."""
        return self._engines.address

    @property
    def pending_writes(self) -> int:
        """Changes that wait for the database or are under way."""
        return self._writer.pending

    @asynccontextmanager
    async def read(self, timeout_s: float | None = READ_TIMEOUT_S) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one state of the database throughout (SQLite, MySQL) or per statement (PostgreSQL).

        `timeout_s` is for all that is done with it; None, for what streams to somebody else at their pace.
        """
        slow = Unreachable(f"{self.address} did not answer within {timeout_s} s")
        with self._diagnosed():
            async with (
                limited(timeout_s, slow),
                connected(self._engines.reading, self.address) as connection,
            ):
                yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one state throughout, on every engine, for as long as it takes."""
        engine = self._engines.reading
        if self.engine != "sqlite":
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with self._diagnosed():
            async with connected(engine, self.address) as connection:
                yield connection

    async def write(
        self,
        work: Callable[[AsyncConnection], Awaitable[Done]],
        timeout_s: float | None = WORK_TIMEOUT_S,
        *,
        lasting: bool = False,
    ) -> Done:
        """Runs `work` in a transaction; when this returns, it is committed. `work` may be run again after a deadlock.

        `timeout_s`: for the work itself; None for as long as it takes, which on SQLite holds up every other change.
        `lasting`: what cannot be had again, so that it must outlive a power cut on SQLite, too (`engine.LASTING`).
        """
        with self._diagnosed():
            return await self._writer.write(work, timeout_s, lasting=lasting)

    async def revisions(self) -> dict[str, int]:
        """How often each topic has changed."""
        async with self.read() as connection:
            rows = (await connection.execute(select(revisions.c.topic, revisions.c.revision))).all()
            return {row.topic: row.revision for row in rows}

    async def healthy(self) -> bool:
        """Whether it answers now; `last_error` says why not."""
        try:
            async with self.read(HEALTH_TIMEOUT_S) as connection:
                await connection.execute(select(revisions.c.topic).limit(1))
        except StorageError:
            return False
        return True

    async def close(self) -> None:
        """What was asked for before is written first."""
        await self._writer.close()
        await self._engines.close()

    @contextmanager
    def _diagnosed(self) -> Iterator[None]:
        """Renames drivers' exceptions, and remembers the last one. Whoever is cancelled hears of nothing else."""
        try:
            yield
        except Exception as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                # asyncmy turns a cancellation into a lost connection: a loop would note that and go on for ever.
                raise asyncio.CancelledError from error
            meant = diagnose(error, self.address)
            if meant is None:
                raise
            self.last_error = str(meant)
            if meant is error:
                raise
            raise meant from error
        self.last_error = None


async def touch(connection: AsyncConnection, topic: str) -> None:
    """Says, within a write, that `topic` changed: gateways on this database will read it anew."""
    count = update(revisions).where(revisions.c.topic == topic).values(revision=revisions.c.revision + 1)
    if (await connection.execute(count)).rowcount:
        return
    try:
        async with connection.begin_nested():
            await connection.execute(insert(revisions).values(topic=topic, revision=1))
    except IntegrityError:  # Somebody else was the first, a moment ago.
        await connection.execute(count)


async def open_database(url: str) -> Database:
    """Opens the database, made or migrated to the present schema. `url` is SQLAlchemy's, with an async driver.

    Raises `StorageError`.
    """
    engines = open_engines(url)
    try:
        await bring_up_to_date(engines)
    except BaseException:
        await engines.close()
        raise
    return Database(engines)
