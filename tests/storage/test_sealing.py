"""A wrong key is noticed at once, and a new one can take over."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.core.secret import Secret
from isthmus.storage.database import Database
from isthmus.storage.errors import VaultError
from isthmus.storage.schema import accounts, conversation_turns, conversations, logins, providers
from isthmus.storage.sealing import SEALED_TABLES, check_key, reseal
from isthmus.storage.vault import Vault

OLD = Vault([Secret("the key from before")])
BOTH = Vault([Secret("the key from now on"), Secret("the key from before")])
NEW = Vault([Secret("the key from now on")])
CANARY = "sk-canary-in-the-database"


async def fill(database: Database, count: int, vault: Vault = OLD) -> None:
    def account(number: int) -> dict[str, object]:
        return {
            "id": f"acc_{number:04}",
            "provider": "p",
            "kind": "api_key",
            "label": "x",
            "sealed_credential": vault.seal(f"{CANARY}-{number}"),
            "fingerprint": str(number),
            "sealed_proxy": vault.seal(f"http://me:{CANARY}@proxy") if number % 2 else None,
            "created_ms": 1,
            "updated_ms": 1,
        }

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(insert(accounts), [account(number) for number in range(count)])
        row = {
            "name": "p",
            "type": "dummy",
            "sealed_settings": vault.seal(CANARY),
            "created_ms": 1,
            "updated_ms": 1,
        }
        await connection.execute(insert(providers).values(row))
        waiting = {
            "id": "login_1",
            "provider": "p",
            "method": "builder_id",
            "state": "approved",
            **{name: vault.seal(CANARY) for each in logins.c if (name := each.name).startswith("sealed_")},
            "created_ms": 1,
            "expires_ms": 1,
            "next_poll_ms": 1,
        }
        plain = {each.name: "x" for each in logins.c if not each.nullable and each.name not in waiting}
        await connection.execute(insert(logins).values(plain | waiting))
        talk = {"id": "conv_1", "owner": "key:1", "sealed_particulars": vault.seal(CANARY)}
        counts = dict.fromkeys(("messages", "revision", "created_ms", "used_ms"), 1)
        await connection.execute(insert(conversations).values(talk | counts))
        said = {"conversation_id": "conv_1", "sealed_turn": vault.seal(CANARY)}
        await connection.execute(insert(conversation_turns).values(said))

    await database.write(work)


async def test_a_new_database_takes_the_key_it_is_given(database: Database) -> None:
    await asyncio.gather(*(check_key(database, OLD, 1) for _ in range(3)))
    await check_key(database, OLD, 1)
    await check_key(database, BOTH, 1)


async def test_another_key_is_refused(database: Database) -> None:
    await check_key(database, OLD, 1)
    with pytest.raises(VaultError, match=r"was sealed with another secret key: set storage\.secret_key"):
        await check_key(database, NEW, 1)


async def test_everything_sealed_comes_under_the_newest_key(database: Database) -> None:
    await check_key(database, OLD, 1)
    await fill(database, 450)
    told: list[int] = []
    assert await reseal(database, BOTH, told.append) == sum(told) == 455
    await check_key(database, NEW, 1)
    async with database.read() as connection:
        rows = (await connection.execute(select(accounts).order_by(accounts.c.id))).all()
        (settings,) = (await connection.execute(select(providers.c.sealed_settings))).scalars()
    assert [NEW.open(row.sealed_credential) for row in rows] == [
        f"{CANARY}-{number}" for number in range(450)
    ]
    assert {row.sealed_proxy and NEW.open(row.sealed_proxy) for row in rows} == {
        None,
        f"http://me:{CANARY}@proxy",
    }
    assert NEW.open(settings) == CANARY


async def test_a_row_that_no_key_opens_is_named(database: Database) -> None:
    await fill(database, 1)
    await database.write(
        lambda connection: connection.execute(update(accounts).values(sealed_proxy="nonsense"))
    )
    with pytest.raises(VaultError, match="accounts 'acc_0000': a stored secret cannot be opened"):
        await reseal(database, BOTH)


async def test_a_row_that_changes_meanwhile_keeps_its_change(database: Database) -> None:
    await fill(database, 300)
    fresh = OLD.seal("refreshed")

    async def refresh(number: int) -> None:
        row = update(accounts).where(accounts.c.id == f"acc_{number:04}").values(sealed_credential=fresh)
        await database.write(lambda connection: connection.execute(row))

    await asyncio.gather(reseal(database, BOTH), *(refresh(number) for number in range(0, 300, 10)))
    async with database.read() as connection:
        values = (
            (await connection.execute(select(accounts.c.sealed_credential).order_by(accounts.c.id)))
            .scalars()
            .all()
        )
    opened = [BOTH.open(each) for each in values]
    assert [number for number, value in enumerate(opened) if value == "refreshed"] == list(range(0, 300, 10))


def test_tables_with_secrets() -> None:
    assert {table.name for table in SEALED_TABLES} >= {"accounts", "providers", "vault_canary"}


async def test_the_files_of_the_database_hold_no_secret(sqlite: Database, tmp_path: Path) -> None:
    await check_key(sqlite, OLD, 1)
    await fill(sqlite, 20)
    for file in contents(tmp_path).values():
        assert CANARY.encode() not in file
        assert b"the key from before" not in file


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


async def test_a_dump_of_every_table_holds_no_secret(database: Database) -> None:
    await check_key(database, OLD, 1)
    await fill(database, 20)
    async with database.read() as connection:
        for table in SEALED_TABLES:
            dumped = repr((await connection.execute(select(table))).all())
            assert "gAAAA" in dumped
            assert CANARY not in dumped
