"""What keeps accounts signed in, over the database and the network of this process: for a gateway, and for commands beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from isthmus import registry
from isthmus.cli.compose import with_defaults
from isthmus.cli.stores import Stores
from isthmus.config import Settings
from isthmus.control.account_views import CONFIGURED, brings_account, configured_account
from isthmus.control.keeper import AccessKeeper
from isthmus.control.renewing import Reach
from isthmus.control.surveys import Surveys
from isthmus.core.commands import Call, Reply
from isthmus.core.errors import Next, UpstreamError
from isthmus.core.logins import Logins
from isthmus.observability.redaction import Redaction
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.leases import LeaseStore
from isthmus.storage.surveys import SurveyStore
from isthmus.transport.http import Http, Limits

WITHIN_S: Final = 30.0
"""Token services and what tells of accounts answer at once, or are sick."""


@dataclass(frozen=True, slots=True)
class Keeping:
    keeper: AccessKeeper
    surveys: Surveys
    reach: Reach


def keeping(
    stores: Stores, http: Http, settings: Callable[[], Settings], redaction: Redaction | None = None
) -> Keeping:
    """`settings` are those in force at any moment. Must be called inside the event loop."""
    world = _World(http, settings)
    masks = Redaction() if redaction is None else redaction
    reach = Reach(world.logins, world.ask, masks.know, masks.forget, masks.text, world.configured)
    accounts = AccountStore(stores.database, stores.vault)
    keeper = AccessKeeper(accounts, LeaseStore(stores.database), reach)
    surveys = Surveys(SurveyStore(stores.database), accounts, keeper, reach)
    keeper.survey_of = surveys.show
    keeper.heard = surveys.heard
    return Keeping(keeper, surveys, reach)


@dataclass(frozen=True, slots=True)
class _World:
    http: Http
    settings: Callable[[], Settings]

    def logins(self, provider: str) -> Logins | None:
        settings = self.settings().providers.get(provider)
        return None if settings is None else registry.logins(provider, settings)

    def configured(self, id: str) -> Account | None:
        name = id.removeprefix(CONFIGURED)
        provider = self.settings().providers.get(name)
        if provider is None or not brings_account(provider, others=False):
            return None
        return configured_account(name, provider)

    async def ask(self, account: Account, call: Call) -> Reply:
        settings = self.settings()
        if account.provider not in settings.providers:
            raise UpstreamError(f"there is no provider {account.provider!r}", next=Next.OTHER_ACCOUNT)
        provider = with_defaults(settings, settings.providers[account.provider])
        limits = Limits(connect_s=min(provider.connect_timeout_s, WITHIN_S), first_byte_s=WITHIN_S)
        proxy = account.proxy or provider.proxy
        return await self.http.channel(limits, None if proxy is None else proxy.reveal()).call(call)
