"""Prices of the operator's own, which go before those that come with the project."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.routing.prices import Price
from isthmus.storage.database import Database, touch
from isthmus.storage.schema import prices
from isthmus.storage.upsert import replacing

TOPIC: Final = "settings"


@dataclass(frozen=True, slots=True)
class StoredPrice:
    pattern: str
    """Name of a model, `*` for anything; with `provider/` in front for one provider alone."""
    row: Mapping[str, Any]
    """Dollars per million tokens, as `routing.prices.Price.parse` reads it."""
    updated_ms: int


class PriceStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> dict[str, Price]:
        """By pattern, as costs are counted with. A row that this version cannot read is left out."""
        found = {}
        for each in await self.rows():
            try:
                found[each.pattern] = Price.parse(each.row)
            except ValueError:
                continue
        return found

    async def rows(self) -> list[StoredPrice]:
        """By pattern, as they were written."""
        async with self._database.read() as connection:
            rows = [
                StoredPrice(row.pattern, json.loads(row.price), row.updated_ms)
                for row in await connection.execute(select(prices))
            ]
        return sorted(rows, key=lambda each: each.pattern)  # Engines disagree on the order of texts.

    async def put(self, rows: Sequence[StoredPrice]) -> None:
        """Each in place of the price of the same pattern."""
        latest = {each.pattern: each for each in rows}
        values = [
            {
                "pattern": pattern,
                "price": json.dumps(dict(latest[pattern].row)),
                "updated_ms": latest[pattern].updated_ms,
            }
            for pattern in sorted(latest)
        ]
        statement = replacing(self._database.engine, prices, ("price", "updated_ms"))

        async def write(connection: AsyncConnection) -> None:
            await connection.execute(statement, values)
            await touch(connection, TOPIC)

        if values:
            await self._database.write(write)

    async def remove(self, pattern: str) -> bool:
        """Whether there was one."""

        async def write(connection: AsyncConnection) -> bool:
            done = await connection.execute(delete(prices).where(prices.c.pattern == pattern))
            if done.rowcount:
                await touch(connection, TOPIC)
            return bool(done.rowcount)

        return await self._database.write(write)
