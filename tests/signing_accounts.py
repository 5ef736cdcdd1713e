"""A desk at which accounts of Amazon Q sign in, against the simulator, with a clock of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from desk import ANNA
from isthmus.config import ProviderSettings
from isthmus.control.account_probing import ProbeResult
from isthmus.control.accounts import AccountService
from isthmus.control.login_input import LoginInput
from isthmus.control.login_views import LoginView
from isthmus.control.logins import LoginService
from isthmus.control.people import Person
from isthmus.core.commands import Call, Reply
from isthmus.core.secret import Secret
from isthmus.simulators.amazon_q.accounts import Account as Owner
from isthmus.simulators.amazon_q.simulator import Simulator
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.cooldowns import CooldownStore
from isthmus.storage.database import Database
from isthmus.storage.logins import LoginStore
from isthmus.storage.providers import ProviderStore
from isthmus.storage.vault import Vault
from isthmus.transport.http import Http, Limits

NOW_S: Final = 1_790_000_000.0
START_URL: Final = "https://d-1234567890.awsapps.com/start"


@dataclass
class Clock:
    now_s: float = NOW_S

    def __call__(self) -> float:
        return self.now_s

    def now_ms(self) -> int:
        return round(self.now_s * 1000)


@dataclass
class Desk:
    simulator: Simulator
    clock: Clock
    accounts: AccountService
    logins: LoginService
    providers: dict[str, ProviderSettings]
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    sent: list[tuple[str, Secret | None, Call]] = field(default_factory=list)

    async def start(self, **written: Any) -> LoginView:
        return await self.logins.start(ANNA, LoginInput.model_validate({"provider": "amazon-q", **written}))

    async def poll(self, id: str, after_s: float = 1.0) -> LoginView:
        self.clock.now_s += after_s
        return await self.logins.poll(id)

    async def approved(self, email: str = "person@example.com", **written: Any) -> LoginView:
        begun = await self.start(**written)
        self.simulator.approve(begun.code, email)
        return await self.poll(begun.id)

    async def stored(self, id: str) -> Account:
        account = await self.accounts.accounts.find(id)
        assert account is not None
        return account

    def with_profiles(self, email: str, *names: str) -> Owner:
        """Somebody of an organisation who may choose between profiles."""
        owner = self.simulator.add_account("idc", email=email)
        owner.more_profiles = tuple(
            f"arn:aws:codewhisperer:us-east-1:000000000000:profile/{each}" for each in names
        )
        return owner


@asynccontextmanager
async def open_desk(database: Database, vault: Vault, **simulator: Any) -> AsyncIterator[Desk]:
    clock = Clock()
    async with Simulator(clock=clock, **simulator) as service, Http() as http:
        providers = {
            "amazon-q": ProviderSettings.model_validate({"type": "amazon-q", "amazon_q": service.settings}),
            "play": ProviderSettings(type="dummy"),
        }
        notes: list[tuple[str, str, str]] = []
        sent: list[tuple[str, Secret | None, Call]] = []

        async def note(person: Person, action: str, target: str, detail: str) -> None:
            assert person == ANNA
            notes.append((action, target, detail))

        async def probe(account: Account) -> ProbeResult:
            raise AssertionError(f"nobody asks {account.id} a question")

        async def send(provider: str, proxy: Secret | None, call: Call) -> Reply:
            sent.append((provider, proxy, call))
            return await http.channel(Limits()).call(call)

        accounts = AccountService(
            AccountStore(database, vault),
            ProviderStore(database, vault),
            CooldownStore(database),
            lambda: providers,
            note,
            probe,
        )
        logins = LoginService(LoginStore(database, vault), accounts, lambda: providers, send, clock.now_ms)
        yield Desk(service, clock, accounts, logins, providers, notes, sent)
