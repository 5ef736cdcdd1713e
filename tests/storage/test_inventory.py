"""What a database says of itself, on every engine."""

from __future__ import annotations

from isthmus.storage.database import Database
from isthmus.storage.inventory import Inventory, Lease, migrations
from isthmus.storage.keys import ApiKey, KeyStore
from isthmus.storage.leases import LeaseStore
from isthmus.storage.upgrade import HEAD


async def test_it_counts_what_is_there_and_names_its_server(database: Database) -> None:
    leases = LeaseStore(database)
    await leases.acquire("over", "a", 10, 0)
    await leases.acquire("held", "a", 1000, 0)
    key = ApiKey(id="key_1", name="one", hash="h", prefix="sk", created_ms=1, updated_ms=1)
    await KeyStore(database).add(key)
    stock = await Inventory(database).take(now_ms=10)
    assert stock.server_version[:1].isdigit() or "PostgreSQL" in stock.server_version
    assert stock.schema == HEAD
    assert (stock.accounts, stock.api_keys, stock.conversations, stock.users) == (0, 1, 0, 0)
    assert stock.leases == [Lease("held", 1000)]


def test_every_migration_has_a_title_and_the_last_one_is_in_force() -> None:
    known = migrations()
    assert [each.revision for each in known] == [f"{number:04}" for number in range(1, len(known) + 1)]
    assert known[-1].revision == HEAD
    assert all(each.title.endswith(".") for each in known)
