"""Leases: what only one process may do at a time, among all that share the database."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage import schema
from isthmus.storage.database import Database

_table: Final = schema.leases


class LeaseStore:
    """Times are the callers' own, so their clocks must agree about as well as a lease is long. A lease says who should go on;
    what must not be done twice needs a check of its own when it is written down."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acquire(self, name: str, owner: str, ttl_ms: int, now_ms: int) -> bool:
        """Whether `owner` has it now: nobody else did, or their time was over."""
        row = {"owner": owner, "until_ms": now_ms + ttl_ms}

        async def take(connection: AsyncConnection) -> bool:
            is_free = (_table.c.owner == owner) | (_table.c.until_ms <= now_ms)
            await connection.execute(update(_table).where(_table.c.name == name, is_free).values(row))
            holder = select(_table.c.owner).where(_table.c.name == name)
            found = (await connection.execute(holder)).scalar()
            if found is not None:
                return bool(found == owner)
            try:
                async with connection.begin_nested():
                    await connection.execute(insert(_table).values(name=name, **row))
            except IntegrityError:  # Somebody else was the first, a moment ago.
                return False
            return True

        return await self._database.write(take)

    async def renew(self, name: str, owner: str, ttl_ms: int, now_ms: int) -> bool:
        """Whether `owner` still has it; then it ends later. One that ended and that nobody else took is still theirs."""

        async def prolong(connection: AsyncConnection) -> bool:
            mine = (_table.c.name == name) & (_table.c.owner == owner)
            await connection.execute(update(_table).where(mine).values(until_ms=now_ms + ttl_ms))
            return (await connection.execute(select(_table.c.owner).where(mine))).scalar() is not None

        return await self._database.write(prolong)

    async def release(self, name: str, owner: str) -> None:
        """Does nothing to a lease of somebody else."""
        mine = (_table.c.name == name) & (_table.c.owner == owner)

        async def give_back(connection: AsyncConnection) -> None:
            await connection.execute(delete(_table).where(mine))

        await self._database.write(give_back)
