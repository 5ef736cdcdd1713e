"""What was read of another program, into the database that the configuration names."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import Progress

from isthmus.cli.stores import DATABASE_FILE, Stores, open_stores
from isthmus.config import ProviderSettings, Settings
from isthmus.control.account_adding import AccountAdder
from isthmus.control.carriers import BlockCarrier, KeyCarrier, PriceCarrier, SettingCarrier
from isthmus.control.carrying import Carrier, Outcome
from isthmus.control.ips import IpService
from isthmus.control.keys import KeyService
from isthmus.control.log_carrier import LogCarrier
from isthmus.control.people import OPERATOR
from isthmus.control.prices import PriceService
from isthmus.control.providers import ProviderService
from isthmus.control.settings import SettingService
from isthmus.migrate.haul import Haul
from isthmus.observability.log_row import Fitting
from isthmus.observability.redaction import Redaction
from isthmus.storage.accounts import AccountStore
from isthmus.storage.audit import AuditLog
from isthmus.storage.cooldowns import CooldownStore
from isthmus.storage.data_dir import find_data_dir
from isthmus.storage.ips import BlockStore
from isthmus.storage.key_usage import KeyUsageStore
from isthmus.storage.keys import KeyStore
from isthmus.storage.prices import PriceStore
from isthmus.storage.providers import ProviderStore
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums
from isthmus.storage.settings import SettingStore


async def carry(settings: Settings, haul: Haul, *, replace: bool, dry_run: bool) -> list[Outcome]:
    """What became of each thing of the haul, or, in a dry run, what would. Raises `CommandFailed`.

    Where there is no database yet, a dry run tries the haul on an empty one that is gone afterwards.
    """
    if not dry_run or _has_database(settings):
        return await _carry(settings, haul, replace=replace, dry_run=dry_run)
    with TemporaryDirectory(prefix="isthmus-") as folder:
        storage = settings.storage.model_copy(update={"data_dir": folder})
        empty = settings.model_copy(update={"storage": storage})
        return await _carry(empty, haul, replace=replace, dry_run=True)


async def _carry(settings: Settings, haul: Haul, *, replace: bool, dry_run: bool) -> list[Outcome]:
    async with open_stores(settings) as stores:
        with Progress(console=Console(stderr=True), transient=True, disable=not haul.log_rows) as progress:
            task = progress.add_task("Carrying the request log", total=None)
            carrier = await _carrier(stores, haul, lambda rows: progress.advance(task, rows))
            outcomes = await carrier.carry(haul, replace=replace, dry_run=dry_run)
        if not dry_run:
            audit = AuditLog(stores.database)
            await audit.note(OPERATOR, "migrate", haul.program, f"{len(outcomes)} things")
        return outcomes


def _has_database(settings: Settings) -> bool:
    storage = settings.storage
    return storage.url is not None or (find_data_dir(storage, os.environ) / DATABASE_FILE).exists()


async def _carrier(stores: Stores, haul: Haul, on_rows: Callable[[int], object]) -> Carrier:
    database, settings, audit = stores.database, stores.settings, AuditLog(stores.database)
    providers = ProviderStore(database, stores.vault)
    accounts = AccountStore(database, stores.vault)
    names = {*settings.providers, *(each.name for each in await providers.load_all())}
    names |= {each.name for each in haul.providers}

    async def no_states() -> dict[str, dict[str, int]]:
        return {}

    def configured() -> Mapping[str, ProviderSettings]:
        return settings.providers

    return Carrier(
        ProviderService(providers, configured, audit.note, no_states),
        AccountAdder(accounts, providers, CooldownStore(database), configured),
        KeyCarrier(KeyService(KeyStore(database), KeyUsageStore(database), audit)),
        SettingCarrier(SettingService(SettingStore(database), audit, settings, lambda: names)),
        BlockCarrier(IpService(BlockStore(database), audit)),
        PriceCarrier(PriceService(PriceStore(database), audit)),
        LogCarrier(RequestLogs(database, RequestSums(database)), Fitting(Redaction().text), on_rows),
    )
