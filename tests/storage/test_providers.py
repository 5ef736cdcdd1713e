"""Providers come back as they went, their secrets as secrets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from isthmus.core.secret import Secret
from isthmus.storage import schema
from isthmus.storage.accounts import TOPIC, Account, AccountStore
from isthmus.storage.cooldowns import CooldownRow, CooldownStore
from isthmus.storage.database import Database
from isthmus.storage.providers import ProviderStore, Removal, StoredProvider
from isthmus.storage.vault import Vault

VENDOR = StoredProvider(
    "vendor",
    "openai-compatible",
    {
        "base_url": "https://vendor.example/v1",
        "models": {"small": "vendor-small"},
        "headers": {"x-team": Secret("team-secret")},
        "proxy": Secret("http://user:pass@proxy:3128"),
        "quirks": {"list": [1, {"deep": True}]},
    },
    created_ms=1,
    updated_ms=2,
)


@pytest.fixture
def store(database: Database, vault: Vault) -> ProviderStore:
    return ProviderStore(database, vault)


async def test_a_provider_comes_back_as_it_went(store: ProviderStore, database: Database) -> None:
    later = StoredProvider("later", "claude-code", {}, 0, 0, enabled=False)
    assert await store.add(VENDOR)
    assert await store.add(later)
    assert await store.load_all() == [later, VENDOR]
    assert await store.switched_off() == {each.name for each in (later, VENDOR) if not each.enabled}
    assert await store.find("vendor") == VENDOR
    assert await store.find("Vendor") is None
    assert (await database.revisions())[TOPIC] == 2


async def test_no_secret_is_readable_in_the_table(store: ProviderStore, database: Database) -> None:
    await store.add(VENDOR)
    async with database.read() as connection:
        [row] = (await connection.execute(select(schema.providers))).all()
    assert "team-secret" not in str(row)
    assert "team-secret" not in repr(await store.find("vendor"))


async def test_a_name_is_taken_once(store: ProviderStore) -> None:
    assert await store.add(VENDOR)
    assert not await store.add(replace(VENDOR, type="anthropic"))
    assert await store.load_all() == [VENDOR]


async def test_a_provider_is_changed(store: ProviderStore, database: Database) -> None:
    await store.add(VENDOR)
    edited = await store.change("vendor", lambda it: replace(it, enabled=False, settings={"models": {}}))
    assert edited == replace(VENDOR, enabled=False, settings={"models": {}})
    assert await store.load_all() == [edited]
    assert await store.change("nobody", lambda it: it) is None
    assert (await database.revisions())[TOPIC] == 2


async def test_a_provider_goes_alone_or_with_all_that_is_its_own(
    store: ProviderStore, database: Database, vault: Vault
) -> None:
    await store.add(VENDOR)
    accounts, cooldowns = AccountStore(database, vault), CooldownStore(database)
    for name in ("vendor", "another"):
        credential = {"api_key": Secret("sk-1")}
        await accounts.add_all([Account(f"acc_{name}", name, "api_key", "one", credential, 1, 1)])
        await cooldowns.save([CooldownRow(f"acc_{name}", None, 10, "sick", "503")])
    assert await store.remove("nobody", with_accounts=True) == Removal(found=False, accounts=0, done=False)
    assert await store.remove("vendor", with_accounts=False) == Removal(found=True, accounts=1, done=False)
    assert await store.load_all() == [VENDOR]
    assert await store.remove("vendor", with_accounts=True) == Removal(found=True, accounts=1, done=True)
    assert await store.load_all() == []
    assert [each.id for each in await accounts.load_all()] == ["acc_another"]
    assert list(await cooldowns.current(0)) == ["acc_another"]
