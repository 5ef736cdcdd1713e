"""Client networks that are refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage.database import Database, touch
from isthmus.storage.schema import blocked_ips
from isthmus.storage.upsert import replacing

TOPIC: Final = "ips"


@dataclass(frozen=True, slots=True)
class BlockedNetwork:
    network: str
    """CIDR, as `routing.ip_rules.read_network` spells it."""
    reason: str
    created_ms: int
    expires_ms: int | None = None


class BlockStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, now_ms: int) -> list[BlockedNetwork]:
        """Those in force."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(blocked_ips).where(_in_force(now_ms)))
            return [BlockedNetwork(*row) for row in rows]

    async def get(self, network: str) -> BlockedNetwork | None:
        async with self._database.read() as connection:
            query = select(blocked_ips).where(blocked_ips.c.network == network)
            row = (await connection.execute(query)).one_or_none()
            return None if row is None else BlockedNetwork(*row)

    async def page(self, now_ms: int, after: tuple[int, str] | None, limit: int) -> list[BlockedNetwork]:
        """Those in force, newest first, after the network `after[1]` blocked at `after[0]`."""
        query = select(blocked_ips).where(_in_force(now_ms))
        if after is not None:
            made, network = after
            same_moment = and_(blocked_ips.c.created_ms == made, blocked_ips.c.network > network)
            query = query.where(or_(blocked_ips.c.created_ms < made, same_moment))
        query = query.order_by(blocked_ips.c.created_ms.desc(), blocked_ips.c.network).limit(limit)
        async with self._database.read() as connection:
            return [BlockedNetwork(*row) for row in await connection.execute(query)]

    async def put(self, blocks: Sequence[BlockedNetwork]) -> None:
        """Each in place of the block of the same network. Those that ended before the first was made are removed."""
        if not blocks:
            return
        latest = {each.network: each for each in blocks}
        rows = [asdict(latest[network]) for network in sorted(latest)]
        statement = replacing(self._database.engine, blocked_ips, ("reason", "created_ms", "expires_ms"))

        async def write(connection: AsyncConnection) -> None:
            await connection.execute(
                delete(blocked_ips).where(blocked_ips.c.expires_ms <= blocks[0].created_ms)
            )
            await connection.execute(statement, rows)
            await touch(connection, TOPIC)

        await self._database.write(write)

    async def remove(self, network: str) -> bool:
        """Whether there was one."""

        async def write(connection: AsyncConnection) -> bool:
            done = await connection.execute(delete(blocked_ips).where(blocked_ips.c.network == network))
            if done.rowcount:
                await touch(connection, TOPIC)
            return bool(done.rowcount)

        return await self._database.write(write)


def _in_force(now_ms: int) -> Any:
    return or_(blocked_ips.c.expires_ms.is_(None), blocked_ips.c.expires_ms > now_ms)
