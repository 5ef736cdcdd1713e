"""The service for accounts as commands use it: on the database alone, whether or not a gateway is running."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from isthmus.cli.compose import Hands, open_hands, source
from isthmus.cli.failure import CommandFailed
from isthmus.cli.keeping import Keeping, keeping
from isthmus.cli.live import credentials_of
from isthmus.cli.probe import WITHIN_S, probe
from isthmus.cli.settings import load_settings, secrets_of
from isthmus.cli.stores import Stores, open_stores
from isthmus.config import ProviderSettings, Settings
from isthmus.control.account_probing import ProbeResult
from isthmus.control.account_views import is_configured
from isthmus.control.accounts import AccountService
from isthmus.control.failures import OperationFailed
from isthmus.control.surveys import allowance, ask_for_survey
from isthmus.core.errors import Scope, UpstreamError
from isthmus.observability.redaction import Redaction
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.audit import AuditLog
from isthmus.storage.cooldowns import CooldownStore
from isthmus.storage.providers import ProviderStore, StoredProvider

FEW_MESSAGES: Final = frozenset({"claude-web"})
"""Types of providers whose accounts are tested without spending a message, whatever can be told then."""


@asynccontextmanager
async def open_desk(config: Path | None) -> AsyncIterator[AccountService]:
    """What is refused ends the command."""
    async with open_kept_desk(config) as (service, _):
        try:
            yield service
        except OperationFailed as refusal:
            fields = "".join(f"\n  {each.field}: {each.message}" for each in refusal.fields)
            raise CommandFailed(refusal.message + fields) from None


@asynccontextmanager
async def open_kept_desk(config: Path | None) -> AsyncIterator[tuple[AccountService, Keeping]]:
    """Works beside a running gateway: where access must be renewed, they agree who does it."""
    async with (
        open_stores(load_settings(config).settings) as stores,
        open_hands(stores.settings.images) as hands,
    ):
        whole = await whole_settings(stores)
        kept = keeping(stores, hands.http, lambda: whole)
        try:
            yield service_over(stores, hands, whole, kept), kept
        finally:
            await kept.keeper.close()


async def whole_settings(stores: Stores) -> Settings:
    """Of file and environment, with the stored providers."""
    return with_stored(stores.settings, await ProviderStore(stores.database, stores.vault).load_all())


def service_over(stores: Stores, hands: Hands, whole: Settings, kept: Keeping) -> AccountService:
    """`whole` are the settings with the stored providers."""
    database, settings = stores.database, stores.settings
    providers = ProviderStore(database, stores.vault)

    async def ask(account: Account) -> ProbeResult:
        return await probe_account(account, whole, hands, kept)

    def configured() -> Mapping[str, ProviderSettings]:
        return settings.providers

    accounts = AccountStore(database, stores.vault)
    return AccountService(
        accounts,
        providers,
        CooldownStore(database),
        configured,
        AuditLog(database).note,
        ask,
        surveys=kept.surveys.last_of,
    )


def with_stored(settings: Settings, stored: list[StoredProvider]) -> Settings:
    """With the stored providers that this version can serve; those of the file count for more."""
    known: dict[str, ProviderSettings] = {}
    for each in stored:
        try:
            known[each.name] = ProviderSettings.model_validate({"type": each.type, **each.settings})
        except ValidationError:
            continue  # Its accounts are told that there is no such provider.
    return settings.model_copy(update={"providers": known | dict(settings.providers)})


async def probe_account(
    account: Account, settings: Settings, hands: Hands, kept: Keeping | None = None
) -> ProbeResult:
    """What the upstream says of the account, where it says something: that costs no message. Else as the gateway would ask with
    it, for the model list and for a few words. Without `kept`, access that has ended is not renewed."""
    provider = settings.providers.get(account.provider)
    if provider is None:
        return ProbeResult(ok=False, error=f"the settings of provider {account.provider!r} are not valid")
    if kept is not None:
        surveyed = await _surveyed(account, settings, kept)
        if surveyed is not None:
            return surveyed
    credentials = None if is_configured(account.id) else credentials_of(account)
    try:
        keeper = None if kept is None else kept.keeper
        reached = source(settings, account.provider, hands, credentials, keeper)
    except ValueError as error:
        return ProbeResult(ok=False, error=str(error))
    finding = await probe(reached, provider, ask=True)
    latency_ms = round(finding.took_s * 1000)
    if finding.problem is None:
        return ProbeResult(ok=True, latency_ms=latency_ms, model=finding.model)
    said = _masked(finding.problem, account, settings)
    return ProbeResult(ok=False, latency_ms=latency_ms, model=finding.model, error=said)


async def _surveyed(account: Account, settings: Settings, kept: Keeping) -> ProbeResult | None:
    """None where nothing can be told without a message: no survey, an empty one, or an allowance that is used up. Accounts whose
    messages are few are never asked for one."""
    logins = kept.reach.logins(account.provider)
    if logins is None:
        return None
    may_ask = settings.providers[account.provider].type not in FEW_MESSAGES
    began_s = time.monotonic()
    try:
        async with asyncio.timeout(WITHIN_S):
            survey = await ask_for_survey(account, logins, kept.keeper, kept.reach)
    except UpstreamError as error:
        if error.scope is not Scope.CREDENTIAL and may_ask:
            return None
        return ProbeResult(ok=False, error=_masked(error.detail or error.message, account, settings))
    except TimeoutError:
        return None if may_ask else ProbeResult(ok=False, error=f"no answer within {WITHIN_S:g} s")
    summed = allowance(survey)
    is_spent = summed is not None and summed.limit is not None and summed.used >= summed.limit
    if may_ask and (summed is None or is_spent):
        return None
    if summed is not None and is_spent:
        return ProbeResult(ok=False, error=f"its allowance ({summed.name}) is used up")
    return ProbeResult(ok=True, latency_ms=round((time.monotonic() - began_s) * 1000))


def _masked(said: str, account: Account, settings: Settings) -> str:
    redaction = Redaction()
    redaction.know([*account.credential.values(), *secrets_of(settings)])
    return redaction.text(said)
