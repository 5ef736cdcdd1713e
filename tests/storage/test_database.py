"""The database opens on every engine, and what was written is there."""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage.database import Database, touch
from isthmus.storage.schema import settings


async def test_what_was_written_is_read(database: Database) -> None:
    async def write(connection: AsyncConnection) -> None:
        await connection.execute(insert(settings).values(name="a", value="1", updated_ms=1))
        await touch(connection, "settings")

    await database.write(write)
    async with database.read() as connection:
        rows = (await connection.execute(select(settings))).all()
    assert [tuple(row) for row in rows] == [("a", "1", 1)]
    assert await database.revisions() == {"settings": 1}
