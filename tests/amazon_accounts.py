"""Accounts of the simulated Amazon Q as they are stored, and a configuration that reaches it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from isthmus.cli.compose import open_hands
from isthmus.cli.keeping import keeping
from isthmus.cli.stores import open_stores
from isthmus.config import Settings
from isthmus.core.secret import Secret
from isthmus.simulators.amazon_q import Simulator
from isthmus.storage.accounts import Account, AccountStore


def configuration(simulator: Simulator, **more: Any) -> dict[str, Any]:
    """With a provider `amazon`."""
    return {"providers": {"amazon": {"type": "amazon-q", "amazon_q": simulator.settings}}, **more}


def signed_in(simulator: Simulator, kind: str = "builder_id", **fields: Any) -> Account:
    """A new account of the simulator, of the same id here and there."""
    entry = simulator.entry_of(simulator.add_account(kind))
    credential = {name: Secret(value) for name, value in entry["credential"].items()}
    values = {
        "id": entry["label"],
        "provider": "amazon",
        "kind": entry["kind"],
        "label": entry["label"],
        "credential": credential,
        "created_ms": 1,
        "updated_ms": 1,
        "details": entry["details"],
    }
    return Account(**values | fields)


async def store(settings: Settings, accounts: Sequence[Account], *, surveyed: bool = False) -> None:
    """Into the database of these settings; with what the service says of each, if it shall be known from the start."""
    async with open_stores(settings) as stores, open_hands(settings.images) as hands:
        store = AccountStore(stores.database, stores.vault)
        await store.add_all(accounts)
        kept = keeping(stores, hands.http, lambda: settings)
        kept.keeper.seed(await store.load_all())
        if surveyed:
            await asyncio.gather(*(kept.surveys.read_now(each.id) for each in accounts))
        await kept.keeper.close()
