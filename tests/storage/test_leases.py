"""One process at a time, on every engine, however many ask at once and however they end."""

from __future__ import annotations

import asyncio

import pytest

from isthmus.storage.database import Database, open_database
from isthmus.storage.leases import LeaseStore

NAME = "renew:acc_1"


@pytest.fixture
def leases(database: Database) -> LeaseStore:
    return LeaseStore(database)


async def test_one_has_it_until_it_is_given_back(leases: LeaseStore) -> None:
    assert await leases.acquire(NAME, "a", 1000, 0)
    assert not await leases.acquire(NAME, "b", 1000, 999)
    assert await leases.acquire("renew:acc_2", "b", 1000, 999), "another thing"
    await leases.release(NAME, "b")
    assert not await leases.acquire(NAME, "b", 1000, 999), "it was not theirs to give back"
    await leases.release(NAME, "a")
    assert await leases.acquire(NAME, "b", 1000, 999)


async def test_who_has_it_may_take_it_again(leases: LeaseStore) -> None:
    assert await leases.acquire(NAME, "a", 1000, 0)
    assert await leases.acquire(NAME, "a", 1000, 0)
    assert await leases.acquire(NAME, "a", 1000, 900)
    assert not await leases.acquire(NAME, "b", 1000, 1800)


async def test_one_that_died_loses_it_when_its_time_is_over(leases: LeaseStore) -> None:
    assert await leases.acquire(NAME, "a", 1000, 0)
    assert await leases.acquire(NAME, "b", 1000, 1000)
    assert not await leases.renew(NAME, "a", 1000, 1001)
    assert await leases.renew(NAME, "b", 1000, 1001)


async def test_it_lasts_as_long_as_it_is_renewed(leases: LeaseStore) -> None:
    assert await leases.acquire(NAME, "a", 1000, 0)
    assert await leases.renew(NAME, "a", 1000, 900)
    assert not await leases.acquire(NAME, "b", 1000, 1500)
    assert await leases.renew(NAME, "a", 1000, 5000), "late, but nobody was waiting"
    assert not await leases.renew("renew:acc_9", "a", 1000, 0), "never taken"


async def test_of_many_who_ask_at_once_one_gets_it(database_url: str) -> None:
    databases = [await open_database(database_url) for _ in range(3)]
    try:
        for at_ms in range(0, 5000, 1000):  # A new one first, then one whose time is over.
            asking = [
                LeaseStore(databases[number % 3]).acquire(NAME, f"{at_ms}-{number}", 1000, at_ms)
                for number in range(12)
            ]
            assert (await asyncio.gather(*asking)).count(True) == 1
    finally:
        for each in databases:
            await each.close()
