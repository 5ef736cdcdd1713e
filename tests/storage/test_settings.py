"""Settings come back as they were stored; what is not a setting is not touched."""

import asyncio

import pytest
from sqlalchemy import insert, select

from isthmus.storage.database import Database
from isthmus.storage.schema import settings
from isthmus.storage.settings import TOPIC, SettingStore


async def test_values_come_back_as_they_were_stored(database: Database) -> None:
    store = SettingStore(database)
    values = {
        "a.flag": False,
        "b.number": 0,
        "c.text": "ü \x00",
        "d.list": ["https://a.example"],
        "e.map": {"fast": "local/llama"},
        "f.float": 2.5,
    }
    await store.save(values, 1)
    assert await store.load() == values
    await store.save({"a.flag": True, "b.number": None, "z.unknown": None}, 2)
    kept = {name: value for name, value in values.items() if name != "b.number"}
    assert await store.load() == kept | {"a.flag": True}


async def test_gateways_notice_a_change(database: Database) -> None:
    store = SettingStore(database)
    await store.save({"a": 1}, 1)
    before = (await database.revisions())[TOPIC]
    await store.save({}, 2)
    assert (await database.revisions())[TOPIC] == before
    await store.save({"a": None}, 3)
    assert (await database.revisions())[TOPIC] == before + 1


async def test_many_may_change_one_setting_at_once(database: Database) -> None:
    store = SettingStore(database)
    await asyncio.gather(*(store.save({"a": number, "b": number}, number) for number in range(8)))
    found = await store.load()
    assert found["a"] == found["b"]  # Each change is whole.


async def test_rows_of_the_storage_itself_are_no_settings(database: Database) -> None:
    store = SettingStore(database)
    row = {"name": "vault.canary", "value": "sealed", "updated_ms": 1}
    await database.write(lambda connection: connection.execute(insert(settings), [row]))
    assert await store.load() == {}
    with pytest.raises(ValueError, match="reserved"):
        await store.save({"vault.canary": None}, 2)
    async with database.read() as connection:
        assert (await connection.execute(select(settings.c.value))).scalar_one() == "sealed"


async def test_a_value_that_is_no_json_is_its_text(sqlite: Database) -> None:
    row = {"name": "logging.level", "value": "debug", "updated_ms": 1}
    await sqlite.write(lambda connection: connection.execute(insert(settings), [row]))
    assert await SettingStore(sqlite).load() == {"logging.level": "debug"}
