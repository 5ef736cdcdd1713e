"""Signing accounts in, as commands do it: on the database alone, whether or not a gateway is running."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from isthmus import registry
from isthmus.cli.account_desk import probe_account, with_stored
from isthmus.cli.compose import Hands, open_hands, with_defaults
from isthmus.cli.failure import CommandFailed
from isthmus.cli.settings import load_settings
from isthmus.cli.stores import Stores, open_stores
from isthmus.config import ProviderSettings, Settings
from isthmus.control.account_checks import SERVED_TYPES
from isthmus.control.account_probing import ProbeResult
from isthmus.control.accounts import AccountService
from isthmus.control.failures import Conflict, NotFound, OperationFailed
from isthmus.control.login_polling import Send
from isthmus.control.logins import LoginService
from isthmus.control.people import OPERATOR
from isthmus.control.provider_choice import choose_provider, make_sure
from isthmus.control.providers import ProviderService
from isthmus.core.commands import Call, Reply
from isthmus.core.logins import Logins, Method
from isthmus.core.secret import Secret
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.audit import AuditLog
from isthmus.storage.cooldowns import CooldownStore
from isthmus.storage.logins import LoginStore
from isthmus.storage.providers import ProviderStore
from isthmus.transport.http import Http, Limits

_WRITTEN: Final = {
    "options.start_url": "--start-url",
    "options.auth_region": "--region",
    "profile": "--profile-arn",
}
"""Fields of a sign-in as the command line has them."""
ANSWER_S: Final = 30.0
"""How long a token service may take. Nobody waits for a model here."""


def sender(settings: Callable[[], Settings], http: Http) -> Send:
    """Asks as the provider's requests go out: with its time to connect, and through its proxy unless there is a nearer one."""

    async def send(provider: str, proxy: Secret | None, call: Call) -> Reply:
        known = settings()
        own = with_defaults(known, known.providers[provider])
        limits = Limits(own.connect_timeout_s, ANSWER_S, ANSWER_S, ANSWER_S)
        through = proxy or own.proxy
        channel = http.channel(limits, None if through is None else through.reveal())
        return await channel.call(call)

    return send


def sign_in_types() -> dict[str, Logins]:
    """Types of providers whose accounts sign in, with what is known of all of them."""
    known = {
        type: registry.logins(type, ProviderSettings.model_validate({"type": type}))
        for type in sorted(SERVED_TYPES)
    }
    return {type: logins for type, logins in known.items() if logins is not None and logins.methods}


@dataclass(slots=True)
class LoginDesk:
    accounts: AccountService
    providers: ProviderService
    file: Settings
    """Of the configuration file and the environment."""
    http: Http
    logins: LoginService
    settings: Settings
    """With the stored providers that are switched on."""

    @classmethod
    async def of(cls, stores: Stores, hands: Hands) -> LoginDesk:
        database, file, http = stores.database, stores.settings, hands.http
        note, stored = AuditLog(database).note, ProviderStore(database, stores.vault)

        def configured() -> Mapping[str, ProviderSettings]:
            return file.providers

        async def ask(account: Account) -> ProbeResult:
            return await probe_account(account, desk.settings, hands)

        accounts = AccountService(
            AccountStore(database, stores.vault), stored, CooldownStore(database), configured, note, ask
        )
        logins = LoginService(
            LoginStore(database, stores.vault),
            accounts,
            lambda: desk.settings.providers,
            sender(lambda: desk.settings, http),
        )
        providers = ProviderService(stored, configured, note, accounts.count_states)
        desk = cls(accounts, providers, file, http, logins, file)
        await desk.look()
        return desk

    async def look(self) -> None:
        """Takes over what is stored of providers now."""
        stored = [each for each in await self.providers.providers.load_all() if each.enabled]
        self.settings = with_stored(self.file, stored)

    async def provider_for(self, target: str, wanted: str | None) -> str:
        """The provider that `target`, a type or a provider's name, means; the first sign-in of a type makes it.

        Raises `OperationFailed`.
        """
        if target not in sign_in_types():
            if target not in self.settings.providers:
                raise NotFound(
                    f"{target!r} is neither a kind of account that signs in nor a provider: `isthmus login` lists them"
                )
            if wanted not in {None, target}:
                raise Conflict(
                    f"provider {target!r} is named, and --provider says {wanted!r}: give one of them"
                )
            return target
        choice = await choose_provider(self.providers, target, wanted)
        await make_sure(self.providers, OPERATOR, choice)
        await self.look()
        if choice.name not in self.settings.providers:
            raise Conflict(f"provider {choice.name!r} is switched off: switch it on, or name another one")
        return choice.name

    def method(self, provider: str, wanted: str | None) -> Method:
        """The one that is wanted, or the usual one. Raises `OperationFailed`."""
        [offered] = self.logins.offered(provider)
        for each in offered.methods:
            if wanted in {None, each.name}:
                return each
        if not offered.methods:
            raise Conflict(
                f"accounts of {provider!r} do not sign in: `isthmus accounts add {provider}` adds one"
            )
        known = ", ".join(each.name for each in offered.methods)
        raise Conflict(f"accounts of {provider!r} do not sign in by {wanted!r}: choose one of {known}")


@asynccontextmanager
async def open_login_desk(config: Path | None) -> AsyncIterator[LoginDesk]:
    """What is refused ends the command."""
    async with (
        open_stores(load_settings(config).settings) as stores,
        open_hands(stores.settings.images) as hands,
    ):
        try:
            yield await LoginDesk.of(stores, hands)
        except OperationFailed as refusal:
            raise CommandFailed(_in_words(refusal)) from None


def _in_words(refusal: OperationFailed) -> str:
    """With the options of the command line that its fields stand for."""
    named = [(_WRITTEN.get(each.field, each.field), each.message) for each in refusal.fields]
    if [message for _, message in named] == [refusal.message]:
        return f"{refusal.message} ({named[0][0]})"
    return refusal.message + "".join(f"\n  {field}: {message}" for field, message in named)
