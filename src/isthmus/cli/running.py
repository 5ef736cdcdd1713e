"""Everything that runs beside a serving gateway: what follows the database, what is written behind requests, administration."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

from isthmus.cli.administration import Administration
from isthmus.cli.compose import Hands
from isthmus.cli.failure import CommandFailed
from isthmus.cli.live import Live, Tables
from isthmus.cli.noting import noter
from isthmus.cli.stores import Stores
from isthmus.config import Settings
from isthmus.control.failures import OperationFailed
from isthmus.control.ledger import Ledger, LedgerStores
from isthmus.control.retention import Retention
from isthmus.control.set_up import ADMIN_NAME, PASSWORD_VARIABLE, Ensured, FirstAdministrator, SetUp
from isthmus.core.secret import Secret
from isthmus.limiting.memory import MemoryLimiter
from isthmus.observability.logs import set_level
from isthmus.observability.redaction import Redaction
from isthmus.observability.request_log import RequestLog
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums
from isthmus.storage.users import UserStore


@dataclass(slots=True)
class Running:
    live: Live
    ledger: Ledger
    log: RequestLog
    notes: list[str] = field(default_factory=list)
    """For the operator, at the start."""


@asynccontextmanager
async def run_gateway(
    configured: Settings, hands: Hands, stores: Stores, redaction: Redaction
) -> AsyncIterator[Running]:
    """A gateway with all that belongs to it. Leaving it writes what has not been written yet.

    Raises `CommandFailed` when what is configured does not fit together.
    """
    async with AsyncExitStack() as stack:
        tables = Tables.of(stores)
        ledger = await stack.enter_async_context(
            Ledger(
                LedgerStores(tables.accounts, tables.cooldowns, tables.key_usage, tables.keys), redaction.text
            )
        )
        sums = RequestSums(stores.database)
        rows = RequestLogs(stores.database, sums)
        log = await stack.enter_async_context(RequestLog(rows.save, redaction.text))
        live = Live(configured, hands, stores, ledger, redaction, MemoryLimiter(), _apply)
        try:
            gateway = await live.open()
        except ValueError as error:
            raise CommandFailed(f"the configuration does not fit together: {error}") from None
        gateway.note = noter(ledger, log, lambda: live.settings.request_log.enabled)
        running = Running(live, ledger, log)
        if configured.admin.enabled:
            await _administer(running, hands, stores, rows, sums)
        retention = Retention(rows, sums, lambda: live.settings.request_log.retention_days)
        await stack.enter_async_context(_beside(live.follow(), retention.run()))
        yield running


async def _administer(
    running: Running, hands: Hands, stores: Stores, rows: RequestLogs, sums: RequestSums
) -> None:
    set_up = await SetUp.begin(UserStore(stores.database))
    administration = Administration(running.live, hands, stores, running.log, rows, sums, set_up)
    gateway = running.live.gateway
    gateway.admin, gateway.stats = administration.site(), administration.summary
    if password := os.environ.get(PASSWORD_VARIABLE):
        running.notes += await _ensured(administration, Secret(password))
    if await set_up.is_needed() and set_up.token is not None:
        running.notes.append(
            f"no administrator yet: POST /v2/setup makes one with the set-up token {set_up.token.reveal()} (or run "
            "`isthmus admin reset-password`)"
        )


async def _ensured(administration: Administration, password: Secret) -> list[str]:
    first = FirstAdministrator(administration.users, administration.passwords, administration.audit)
    try:
        ensured = await first.ensure(password)
    except OperationFailed as failure:
        raise CommandFailed(f"{PASSWORD_VARIABLE}: {failure.message}") from None
    match ensured:
        case Ensured.MADE:
            return [f"administrator {ADMIN_NAME!r} made with the password in {PASSWORD_VARIABLE}"]
        case Ensured.KEPT:
            return [
                f"{PASSWORD_VARIABLE} is not the password of {ADMIN_NAME!r} and has changed nothing: "
                "`isthmus admin reset-password` sets another"
            ]
        case Ensured.SAME:
            return []


def _apply(settings: Settings) -> None:
    set_level(settings.logging.level)


@asynccontextmanager
async def _beside(*coroutines: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Runs these until the body is done."""
    tasks = [asyncio.create_task(each) for each in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
