"""What requests leave behind reaches the database, and nothing is lost while it is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from isthmus.control.clock import now_ms
from isthmus.control.ledger import Ledger, LedgerStores
from isthmus.core.errors import UpstreamError
from isthmus.core.secret import Secret
from isthmus.observability.redaction import Redaction
from isthmus.routing.account import AccountId
from isthmus.routing.cooldown import Change, Cooling, CoolingReason
from isthmus.storage.accounts import API_KEY, Account, AccountStore
from isthmus.storage.cooldowns import CooldownStore
from isthmus.storage.database import Database
from isthmus.storage.key_usage import KeyUsageStore, Used
from isthmus.storage.keys import ApiKey, KeyStore
from isthmus.storage.vault import Vault

SECRET = "sk-canary-0123456789abcdef"
ONE = AccountId("acc_1")


@pytest.fixture
async def stores(sqlite: Database, vault: Vault) -> LedgerStores:
    stores = LedgerStores(
        AccountStore(sqlite, vault), CooldownStore(sqlite), KeyUsageStore(sqlite), KeyStore(sqlite)
    )
    now = now_ms()
    await stores.accounts.add_all([Account(ONE, "p", API_KEY, "one", {API_KEY: Secret(SECRET)}, now, now)])
    await stores.keys.add(ApiKey(id="key_1", name="k", hash="h", prefix="p", created_ms=now, updated_ms=now))
    return stores


@pytest.fixture
async def ledger(stores: LedgerStores) -> AsyncIterator[Ledger]:
    async with Ledger(stores, Redaction([Secret(SECRET)]).text) as opened:
        yield opened


def rest(seconds: float = 60.0, model: str | None = "m") -> Change:
    until_s = now_ms() / 1000 + seconds
    return Change(Cooling(ONE, model, until_s, CoolingReason.RATE_LIMIT, f"slow down, {SECRET}", 2))


async def test_a_rest_is_written_at_once_and_without_secrets(ledger: Ledger, stores: LedgerStores) -> None:
    ledger.changed("p", ONE, rest())
    await asyncio.sleep(0.2)
    (row,) = await stores.cooldowns.load(now_ms())
    assert (row.account_id, row.model, row.reason, row.text, row.strikes) == (
        ONE,
        "m",
        "rate_limit",
        "slow down, ***",
        2,
    )
    ledger.changed("p", ONE, Change(cleared=((ONE, "m"),)))
    await asyncio.sleep(0.2)
    assert await stores.cooldowns.load(now_ms()) == []


async def test_a_dead_account_is_switched_off(ledger: Ledger, stores: LedgerStores) -> None:
    ledger.changed("p", ONE, Change(disabled="invalid x-api-key"))
    await asyncio.sleep(0.2)
    account = await stores.accounts.find(ONE)
    assert account is not None
    assert (account.enabled, account.off_reason) == (False, "invalid x-api-key")


async def test_counters_add_up(stores: LedgerStores) -> None:
    async with Ledger(stores, str) as ledger:
        ledger.used(ONE, 7, 3, None)
        ledger.used(ONE, 1, 1, None)
        ledger.used(ONE, 0, 0, UpstreamError("broken", status=500))
        ledger.key_used("key_1", Used(1, 0, 7, 3, 20))
        ledger.key_used("key_1", Used(1, 1))
    account = await stores.accounts.find(ONE)
    assert account is not None
    assert (account.successes, account.failures, account.input_tokens, account.output_tokens) == (2, 1, 8, 4)
    assert (account.last_error, account.last_used_ms is not None) == ("broken", True)
    use = (await stores.key_usage.load_current(now_ms()))["key_1"]
    assert use.day == use.month == Used(2, 1, 7, 3, 20)
    key = await stores.keys.get("key_1")
    assert key is not None
    assert key.last_used_ms is not None


async def test_nothing_is_lost_while_the_database_refuses(sqlite: Database, stores: LedgerStores) -> None:
    async def rename(one: str, other: str) -> None:
        await sqlite.write(
            lambda connection: connection.execute(text(f"ALTER TABLE {one} RENAME TO {other}"))
        )

    ledger = Ledger(stores, str)
    ledger.used(ONE, 7, 3, None)
    ledger.key_used("key_1", Used(1, 0, 7, 3))
    ledger.changed("p", ONE, rest())
    tables = ("cooldowns", "accounts", "key_usage")
    for table in tables:
        await rename(table, f"{table}_away")
    with pytest.raises(Exception, match="lost the gateway's tables"):
        await ledger.flush()
    await rename("cooldowns_away", "cooldowns")
    with pytest.raises(Exception, match="lost the gateway's tables"):
        await ledger.flush()
    ledger.used(ONE, 1, 1, None)
    await rename("accounts_away", "accounts")
    with pytest.raises(Exception, match="lost the gateway's tables"):
        await ledger.flush()
    ledger.key_used("key_1", Used(1, 0, 1, 1))
    await rename("key_usage_away", "key_usage")
    await ledger.flush()
    account = await stores.accounts.find(ONE)
    assert account is not None
    assert (account.successes, account.input_tokens) == (2, 8)
    assert (await stores.key_usage.load_current(now_ms()))["key_1"].day == Used(2, 0, 8, 4)
    assert len(await stores.cooldowns.load(now_ms())) == 1
