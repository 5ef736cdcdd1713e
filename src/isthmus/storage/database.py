"""One database: how it is opened, read and written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import event, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from isthmus.storage.schema import metadata, revisions

Done = TypeVar("Done")


class Database:
    """Reads see the last commit; writes happen one after another, each in a transaction of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writing = asyncio.Lock()

    @property
    def engine(self) -> str:
        """`sqlite`, `postgresql`, `mysql` or `mariadb`."""
        return self._engine.dialect.name

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        async with self._engine.connect() as connection:
            yield connection

    async def write(self, work: Callable[[AsyncConnection], Awaitable[Done]]) -> Done:
        """Runs `work` in a transaction; when this returns, it is committed. `work` may be run again after a deadlock."""
        async with self._writing, self._engine.begin() as connection:
            return await work(connection)

    async def revisions(self) -> dict[str, int]:
        """How often each topic has changed."""
        async with self.read() as connection:
            rows = await connection.execute(select(revisions.c.topic, revisions.c.revision))
            return dict(rows.tuples().all())

    async def close(self) -> None:
        await self._engine.dispose()


async def touch(connection: AsyncConnection, topic: str) -> None:
    """Says, within a write, that `topic` changed: gateways on this database will read it anew."""
    changed = await connection.execute(
        update(revisions).where(revisions.c.topic == topic).values(revision=revisions.c.revision + 1)
    )
    if not changed.rowcount:
        await connection.execute(insert(revisions).values(topic=topic, revision=1))


async def open_database(url: str) -> Database:
    """Opens the database, made or migrated to the present schema. `url` is SQLAlchemy's, with an async driver."""
    engine = create_async_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    return Database(engine)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 30000", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
