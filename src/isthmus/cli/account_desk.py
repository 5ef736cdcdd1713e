"""The service for accounts as commands use it: on the database alone, whether or not a gateway is running."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import ValidationError

from isthmus.cli.compose import open_hands, source
from isthmus.cli.failure import CommandFailed
from isthmus.cli.live import credentials_of
from isthmus.cli.probe import probe
from isthmus.cli.settings import load_settings, secrets_of
from isthmus.cli.stores import Stores, open_stores
from isthmus.config import ProviderSettings, Settings
from isthmus.control.account_probing import ProbeResult
from isthmus.control.account_views import is_configured
from isthmus.control.accounts import AccountService
from isthmus.control.failures import OperationFailed
from isthmus.observability.redaction import Redaction
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.audit import AuditLog
from isthmus.storage.cooldowns import CooldownStore
from isthmus.storage.providers import ProviderStore, StoredProvider
from isthmus.transport.http import Http


@asynccontextmanager
async def open_desk(config: Path | None) -> AsyncIterator[AccountService]:
    """What is refused ends the command."""
    async with (
        open_stores(load_settings(config).settings) as stores,
        open_hands(stores.settings.images) as hands,
    ):
        try:
            yield await _service(stores, hands.http)
        except OperationFailed as refusal:
            fields = "".join(f"\n  {each.field}: {each.message}" for each in refusal.fields)
            raise CommandFailed(refusal.message + fields) from None


async def _service(stores: Stores, http: Http) -> AccountService:
    database, settings = stores.database, stores.settings
    providers = ProviderStore(database, stores.vault)
    whole = with_stored(settings, await providers.load_all())

    async def ask(account: Account) -> ProbeResult:
        return await probe_account(account, whole, http)

    def configured() -> Mapping[str, ProviderSettings]:
        return settings.providers

    accounts = AccountStore(database, stores.vault)
    return AccountService(
        accounts, providers, CooldownStore(database), configured, AuditLog(database).note, ask
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


async def probe_account(account: Account, settings: Settings, http: Http) -> ProbeResult:
    """Asks for the model list and for a few words, as the gateway would with this account."""
    provider = settings.providers.get(account.provider)
    if provider is None:
        return ProbeResult(ok=False, error=f"the settings of provider {account.provider!r} are not valid")
    credentials = None if is_configured(account.id) else credentials_of(account)
    try:
        reached = source(settings, account.provider, http, credentials)
    except ValueError as error:
        return ProbeResult(ok=False, error=str(error))
    finding = await probe(reached, provider, ask=True)
    latency_ms = round(finding.took_s * 1000)
    if finding.problem is None:
        return ProbeResult(ok=True, latency_ms=latency_ms, model=finding.model)
    redaction = Redaction()
    redaction.know([*account.credential.values(), *secrets_of(settings)])
    said = redaction.text(finding.problem)
    return ProbeResult(ok=False, latency_ms=latency_ms, model=finding.model, error=said)
