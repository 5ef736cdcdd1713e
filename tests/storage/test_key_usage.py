"""What was used adds up, by day and by month, whoever writes."""

import asyncio
from datetime import UTC, datetime

import pytest

from isthmus.storage.database import Database
from isthmus.storage.key_usage import CurrentUse, KeyUsageStore, Used, UsedOnDay, day_of


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


NOW_MS = at("2026-11-21T12:00")


async def test_batches_add_up(database: Database) -> None:
    store = KeyUsageStore(database)
    first = UsedOnDay("key_1", "2026-11-21", Used(1, 0, 10, 20, 3_000))
    second = UsedOnDay("key_1", "2026-11-21", Used(1, 1, 2**40, 0, 2**61))
    await store.add([first, first, UsedOnDay("key_2", "2026-11-21", Used(5))])
    await store.add([second])
    await store.add([])
    total = Used(3, 1, 2**40 + 20, 40, 2**61 + 6_000)
    assert await store.usage("key_1", "2026-11-21", "2026-11-21") == [UsedOnDay("key_1", "2026-11-21", total)]
    assert total.tokens == 2**40 + 60


async def test_nothing_is_lost_when_many_write(database: Database) -> None:
    store = KeyUsageStore(database)
    days = ["2026-11-20", "2026-11-21"]
    batches = [[UsedOnDay(key, day, Used(1)) for key in ("key_1", "key_2") for day in days]] * 12
    await asyncio.gather(*map(store.add, batches))
    for key in ("key_1", "key_2"):
        assert [row.used.requests for row in await store.usage(key, *days)] == [12, 12]


async def test_a_range_holds_both_its_ends_in_order(database: Database) -> None:
    store = KeyUsageStore(database)
    await store.add([UsedOnDay("key_1", f"2026-11-{day:02}", Used(day)) for day in (5, 3, 4, 2)])
    found = await store.usage("key_1", "2026-11-03", "2026-11-05")
    assert [row.used.requests for row in found] == [3, 4, 5]


async def test_current_use_is_of_today_and_this_month(database: Database) -> None:
    store = KeyUsageStore(database)
    days = {
        "2026-10-31": Used(100),
        "2026-11-01": Used(10, 1, 5, 5, 50),
        "2026-11-21": Used(1, 0, 2, 3, 7),
        "2026-12-01": Used(1000),
    }
    await store.add(UsedOnDay("key_1", day, used) for day, used in days.items())
    await store.add([UsedOnDay("key_2", "2026-11-02", Used(4)), UsedOnDay("key_3", "2026-09-02", Used(4))])
    expected = {
        "key_1": CurrentUse(Used(1, 0, 2, 3, 7), Used(11, 1, 7, 8, 57)),
        "key_2": CurrentUse(Used(), Used(4)),
    }
    found = await store.load_current(NOW_MS)
    assert found == expected
    assert all(type(use.month.requests) is int for use in found.values())
    assert await store.load_current(NOW_MS, ["key_2", "key_4"]) == {"key_2": expected["key_2"]}
    assert await store.load_current(NOW_MS, []) == {}


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-21T23:59:59.999", "2026-11-21"),
        ("2026-11-22T00:00", "2026-11-22"),
        ("2026-02-03T04:00", "2026-02-03"),
    ],
)
def test_days_are_those_of_utc(moment: str, day: str) -> None:
    assert day_of(at(moment)) == day
