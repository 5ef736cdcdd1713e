"""Rows of tuples arrive in their columns, whatever order the engine's own statement has."""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage.bulk import Bulk
from isthmus.storage.database import Database
from isthmus.storage.schema import settings


async def test_values_arrive_in_their_columns(database: Database) -> None:
    bulk = Bulk(lambda _engine: insert(settings), ("updated_ms", "value", "name"))

    async def write(connection: AsyncConnection) -> None:
        await bulk.run(connection, [(1, "one", "a"), (2, "100% of ?, :x and $1", "b")])
        await bulk.run(connection, [(3, "three", "c")])

    await database.write(write)
    async with database.read() as connection:
        rows = await connection.execute(
            select(settings.c.name, settings.c.value, settings.c.updated_ms).order_by(settings.c.name)
        )
        assert [tuple(row) for row in rows] == [
            ("a", "one", 1),
            ("b", "100% of ?, :x and $1", 2),
            ("c", "three", 3),
        ]
