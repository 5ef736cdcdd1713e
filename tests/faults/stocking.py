"""Accounts that are in a gateway's database before it starts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from isthmus.cli.stores import open_stores
from isthmus.config import Settings
from isthmus.control.clock import now_ms
from isthmus.core.secret import Secret
from isthmus.storage.accounts import Account, AccountStore

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stocked:
    """An account of a provider, preferred in the order in which they are given."""

    key: str
    max_concurrency: int | None = None
    proxy: str | None = None


def key_of(id: str) -> str:
    """The credential that the tests give to the account of this id."""
    return f"sk-upstream-{id}"


def stock(storage: Json, accounts: Mapping[str, Sequence[Stocked]]) -> None:
    """`storage`: the configuration's section. The accounts of a provider have the ids `NAME-1`, `NAME-2`, …"""
    asyncio.run(_stock(Settings.model_validate({"storage": storage}), accounts))


async def _stock(settings: Settings, accounts: Mapping[str, Sequence[Stocked]]) -> None:
    async with open_stores(settings) as stores:
        rows = [
            _account(provider, number, each)
            for provider, listed in accounts.items()
            for number, each in enumerate(listed, 1)
        ]
        await AccountStore(stores.database, stores.vault).add_all(rows)


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
