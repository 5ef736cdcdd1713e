"""One statement adds to rows or replaces them, also when two write at once."""

import asyncio

from sqlalchemy import select

from isthmus.storage.database import Database
from isthmus.storage.schema import key_usage, settings
from isthmus.storage.upsert import adding, replacing

FIGURES = {"failures": 0, "input_tokens": 0, "output_tokens": 0, "cost_nano_usd": 0}


async def test_figures_are_added(database: Database) -> None:
    statement = adding(database.engine, key_usage, ("requests", "cost_nano_usd"))

    async def add(*days: str) -> None:
        rows = [{**FIGURES, "key_id": "key_1", "day": day, "requests": 2, "failures": 7} for day in days]
        await database.write(lambda connection: connection.execute(statement, rows))

    await asyncio.gather(*(add("2026-11-20", "2026-11-21") for _ in range(5)), add("2026-11-22"))
    async with database.read() as connection:
        rows = (await connection.execute(select(key_usage).order_by(key_usage.c.day))).all()
    # Failures were not among the sums: the first row's stand.
    assert [(row.day[-2:], row.requests, row.failures) for row in rows] == [
        ("20", 10, 7),
        ("21", 10, 7),
        ("22", 2, 7),
    ]


async def test_values_are_replaced(database: Database) -> None:
    statement = replacing(database.engine, settings, ("value",))

    async def put(updated_ms: int, **values: str) -> None:
        rows = [{"name": name, "value": value, "updated_ms": updated_ms} for name, value in values.items()]
        await database.write(lambda connection: connection.execute(statement, rows))

    await put(1, a="1", b="2")
    await put(2, b="3", c="4")
    async with database.read() as connection:
        rows = (await connection.execute(select(settings).order_by(settings.c.name))).all()
    assert [tuple(row) for row in rows] == [("a", "1", 1), ("b", "3", 1), ("c", "4", 2)]
