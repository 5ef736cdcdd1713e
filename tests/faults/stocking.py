"""What is in a gateway's database before it starts: accounts, and an administrator."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from isthmus.cli.stores import open_stores
from isthmus.config import Settings
from isthmus.control.clock import now_ms
from isthmus.control.passwords import Passwords
from isthmus.control.people import OPERATOR
from isthmus.control.set_up import ADMIN_NAME, FirstAdministrator
from isthmus.control.tokens import Tokens
from isthmus.core.secret import Secret
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.audit import AuditLog
from isthmus.storage.database import Database
from isthmus.storage.tokens import TokenStore
from isthmus.storage.users import UserStore

Json = dict[str, Any]
PASSWORD = "a canary sings at four 4711"


@dataclass(frozen=True, slots=True)
class Stocked:
    """An account of a provider, preferred in the order in which they are given."""

    key: str
    max_concurrency: int | None = None
    proxy: str | None = None


def key_of(id: str) -> str:
    """The credential that the tests give to the account of this id."""
    return f"sk-upstream-{id}"


def stock(storage: Json, accounts: Mapping[str, Sequence[Stocked]]) -> Secret:
    """A token of the administrator `admin`, whose password is `PASSWORD`.

    `storage`: the configuration's section. The accounts of a provider have the ids `NAME-1`, `NAME-2`, …
    """
    return asyncio.run(_stock(Settings.model_validate({"storage": storage}), accounts))


async def _stock(settings: Settings, accounts: Mapping[str, Sequence[Stocked]]) -> Secret:
    async with open_stores(settings) as stores:
        rows = [
            _account(provider, number, each)
            for provider, listed in accounts.items()
            for number, each in enumerate(listed, 1)
        ]
        await AccountStore(stores.database, stores.vault).add_all(rows)
        return await _administrator_token(stores.database)


async def _administrator_token(database: Database) -> Secret:
    users, audit = UserStore(database), AuditLog(database)
    await FirstAdministrator(users, Passwords(), audit).ensure(Secret(PASSWORD))
    admin = await users.find(ADMIN_NAME)
    assert admin is not None
    made = await Tokens(TokenStore(database), audit).create(OPERATOR, admin.id, "tests", None)
    return made.secret


def _account(provider: str, number: int, stocked: Stocked) -> Account:
    name, now = f"{provider}-{number}", now_ms()
    return Account(
        name,
        provider,
        "api_key",
        name,
        {"api_key": Secret(stocked.key)},
        now,
        now,
        priority=number,
        max_concurrency=stocked.max_concurrency,
        proxy=None if stocked.proxy is None else Secret(stocked.proxy),
    )
