"""Sessions of the simulated claude.ai as they are stored, and a configuration that reaches it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isthmus.cli.compose import Credentials
from isthmus.cli.stores import open_stores
from isthmus.config import Settings
from isthmus.core.secret import Secret
from isthmus.routing.account import AccountId
from isthmus.routing.pool import Member
from isthmus.simulators.claude_web import Account as Person
from isthmus.simulators.claude_web import Simulator
from isthmus.storage.accounts import SESSION_KEY, Account, AccountStore


def configuration(simulator: Simulator, own: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """With a provider `web`; `own` are settings of its section."""
    section = {"base_url": simulator.url, **(own or {})}
    return {"providers": {"web": {"type": "claude-web", "claude_web": section}}, **more}


def session(person: Person, **fields: Any) -> Account:
    """Somebody's session, of the same name here and there."""
    credential = {SESSION_KEY: Secret(person.key)}
    return Account(
        **{
            "id": person.name,
            "provider": "web",
            "kind": SESSION_KEY,
            "label": person.name,
            "credential": credential,
            "created_ms": 1,
            "updated_ms": 1,
            **fields,
        }
    )


def credentials(person: Person) -> Credentials:
    """The same where nothing is stored."""
    key = {SESSION_KEY: Secret(person.key)}
    return Credentials("web", Member(AccountId(person.name)), key, kind=SESSION_KEY)


async def store(settings: Settings, accounts: Sequence[Account]) -> None:
    """Into the database of these settings."""
    async with open_stores(settings) as stores:
        await AccountStore(stores.database, stores.vault).add_all(accounts)
