"""Everything that runs beside a serving gateway: what follows the database, what is written behind requests, administration."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from isthmus.cli.administration import Administration
from isthmus.cli.compose import Hands
from isthmus.cli.failure import CommandFailed
from isthmus.cli.live import Live, Tables
from isthmus.cli.noting import noter
from isthmus.cli.stores import Stores
from isthmus.config import Settings
from isthmus.control.audit import Audit
from isthmus.control.failures import OperationFailed
from isthmus.control.ledger import Ledger, LedgerStores
from isthmus.control.retention import Retention
from isthmus.control.set_up import ADMIN_NAME, PASSWORD_VARIABLE, Ensured, FirstAdministrator, SetUp
from isthmus.core.secret import Secret
from isthmus.limiting.memory import MemoryLimiter
from isthmus.observability.logs import set_level
from isthmus.observability.redaction import Redaction
from isthmus.observability.request_log import RequestLog
from isthmus.routing.limits import Limiter
from isthmus.storage.audit import AuditLog
from isthmus.storage.errors import StorageError
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums
from isthmus.storage.users import UserStore

DAY_S: Final = 86_400.0


@dataclass(slots=True)
class Running:
    live: Live
    ledger: Ledger
    log: RequestLog
    notes: list[str] = field(default_factory=list)
    """For the operator, at the start."""


@asynccontextmanager
async def run_gateway(
    configured: Settings,
    hands: Hands,
    stores: Stores,
    redaction: Redaction,
    *,
    default_is_guessed: bool = False,
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
        limiter = await stack.enter_async_context(_limiter(configured))
        live = Live(
            configured,
            hands,
            stores,
            ledger,
            redaction,
            limiter,
            _apply,
            default_is_guessed=default_is_guessed,
        )
        try:
            gateway = await live.open()
        except ValueError as error:
            raise CommandFailed(f"the configuration does not fit together: {error}") from None
        gateway.note = noter(ledger, log, lambda: live.settings.request_log.enabled)
        running = Running(live, ledger, log)
        if configured.admin.enabled:
            await _administer(running, hands, stores, rows, sums)
        await stack.enter_async_context(_beside(_forget_audits(stores)))
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
    if password := _password(os.environ):
        running.notes += await _ensured(administration, password)
    if await set_up.is_needed() and set_up.token is not None:
        running.live.redaction.know([set_up.token])
        running.notes.append(
            f"no administrator yet: POST /v2/setup makes one with the set-up token {set_up.token.reveal()} (or run "
            "`isthmus admin reset-password`)"
        )


def _password(env: MutableMapping[str, str]) -> Secret | None:
    """Of the first administrator: from the environment, or from the file that it names. Raises `CommandFailed`."""
    if path := env.get(f"{PASSWORD_VARIABLE}_FILE"):
        try:
            return Secret(Path(path).read_text(encoding="utf-8-sig").strip())
        except (OSError, ValueError):
            raise CommandFailed(
                f"{PASSWORD_VARIABLE}_FILE: name a readable UTF-8 file with the password"
            ) from None
    # Child processes and crash reports have no business with it.
    password = env.pop(PASSWORD_VARIABLE, "")
    return Secret(password) if password else None


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


async def _forget_audits(stores: Stores) -> None:
    """Old lines of the audit log go once a day. Several gateways may do it at once."""
    audit = Audit(AuditLog(stores.database))
    while True:
        with suppress(StorageError):
            await audit.forget_old()
        await asyncio.sleep(DAY_S)


@asynccontextmanager
async def _limiter(configured: Settings) -> AsyncIterator[Limiter]:
    """In memory, or shared through Redis where that is configured."""
    url = configured.limits.redis_url
    if not url:
        yield MemoryLimiter()
        return
    try:
        from isthmus.limiting.redis import RedisLimiter  # noqa: PLC0415 - an extra that most do without
    except ModuleNotFoundError:
        raise CommandFailed(
            "limits.redis_url is set, and the library for it is missing: pip install 'isthmus[redis]'"
        ) from None
    limiter = RedisLimiter.connect(url)
    try:
        async with _beside(limiter.keep_leases()):
            yield limiter
    finally:
        await limiter.close()


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
