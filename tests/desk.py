"""An operator's desk: the services for accounts and providers over real stores, with what they noted and asked of upstreams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from isthmus.config import ProviderSettings
from isthmus.control.account_adding import AccountAdder
from isthmus.control.account_input import AccountInput
from isthmus.control.account_probing import ProbeResult
from isthmus.control.account_views import Standings
from isthmus.control.accounts import AccountService
from isthmus.control.people import Person, Role
from isthmus.control.providers import ProviderService
from isthmus.core.secret import Secret
from isthmus.routing.account import AccountId
from isthmus.routing.slot import Standing
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.cooldowns import CooldownStore
from isthmus.storage.database import Database
from isthmus.storage.providers import ProviderStore, StoredProvider
from isthmus.storage.vault import Vault

ANNA: Final = Person("usr_1", "anna", Role.ADMIN)
KEY: Final = "sk-a-key-that-is-long-1234"
CONFIGURED: Final[Mapping[str, ProviderSettings]] = {
    "openai": ProviderSettings(
        vendor="openai",
        api_key=Secret("sk-configured-key-9876"),
        proxy=Secret("http://user:pass@proxy:3128"),
        models={"small": "gpt-small"},
    ),
    "play": ProviderSettings(type="dummy"),
}
LATER: Final = StoredProvider("web", "of-later", {}, 1, 1, enabled=False)


@dataclass
class Desk:
    accounts: AccountService
    providers: ProviderService
    adder: AccountAdder
    standings: dict[AccountId, Standing]
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def set_up(database: Database, vault: Vault) -> Desk:
    """`openai` and `play` are in the configuration file. Every upstream answers but that of a label with `dead` in it."""
    notes: list[tuple[str, str, str]] = []
    asked: list[str] = []
    standings: dict[AccountId, Standing] = {}

    async def note(person: Person, action: str, target: str, detail: str) -> None:
        assert person == ANNA
        notes.append((action, target, detail))

    async def probe(account: Account) -> ProbeResult:
        asked.append(account.id)
        if "dead" in account.label:
            return ProbeResult(ok=False, latency_ms=3, model="m", error="401 invalid key")
        return ProbeResult(ok=True, latency_ms=5, model="m")

    stores = AccountStore(database, vault), ProviderStore(database, vault), CooldownStore(database)

    async def standing() -> Standings:
        return standings

    accounts = AccountService(*stores, lambda: CONFIGURED, note, probe, standing)
    providers = ProviderService(stores[1], lambda: CONFIGURED, note, accounts.count_states)
    adder = AccountAdder(*stores, lambda: CONFIGURED)
    return Desk(accounts, providers, adder, standings, notes, asked)


def written(key: str = KEY, **fields: Any) -> dict[str, Any]:
    """An account as an operator writes it."""
    return {"provider": "openai", "credential": {"api_key": key}} | fields


def account_input(key: str = KEY, **fields: Any) -> AccountInput:
    return AccountInput.model_validate(written(key, **fields))
