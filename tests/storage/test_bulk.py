"""Rows of tuples arrive in their columns, whatever order the engine's own statement has."""

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage import bulk as bulk_module
from isthmus.storage.bulk import Bulk
from isthmus.storage.database import Database
from isthmus.storage.key_usage import FIGURES
from isthmus.storage.schema import key_usage, settings
from isthmus.storage.upsert import adding


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


@pytest.mark.parametrize("rows", [0, 1, 3, 4, 5, 8, 11])
async def test_however_many_there_are_each_arrives_once(
    database: Database, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(bulk_module, "MAX_PARAMETERS", 12)  # four rows in a statement
    bulk = Bulk(lambda _engine: insert(settings), ("name", "value", "updated_ms"))
    written = [(f"name {at:02}", f"value {at}", at) for at in range(rows)]

    async def write(connection: AsyncConnection) -> None:
        if written:
            await bulk.run(connection, written)

    await database.write(write)
    async with database.read() as connection:
        found = await connection.execute(select(settings).order_by(settings.c.name))
        assert [tuple(row) for row in found] == written


async def test_a_statement_with_a_clause_of_its_own_stays_as_it_is(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_module, "MAX_PARAMETERS", 6)
    bulk = Bulk(lambda engine: adding(engine, key_usage, FIGURES), ("key_id", "day", *FIGURES))

    async def write(connection: AsyncConnection) -> None:
        await bulk.run(connection, [("key_1", "2026-11-21", 1, 0, 10, 0, 0)] * 3)

    await database.write(write)
    async with database.read() as connection:
        found = (await connection.execute(select(key_usage))).mappings().one()
    assert (found["requests"], found["input_tokens"]) == (3, 30)
