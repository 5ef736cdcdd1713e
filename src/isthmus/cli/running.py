"""Everything that runs beside a serving gateway: what follows the database, what is written behind requests, administration."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Mapping, MutableMapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from isthmus.cli import first_start
from isthmus.cli.compose import Hands
from isthmus.cli.failure import CommandFailed
from isthmus.cli.late import Late
from isthmus.cli.live import Live, Tables
from isthmus.cli.noting import noter
from isthmus.cli.stores import Stores
from isthmus.config import Settings, Source
from isthmus.console.site import ConsoleSite, open_site
from isthmus.control.audit import Audit
from isthmus.control.ledger import Ledger, LedgerStores
from isthmus.control.passwords import Passwords
from isthmus.control.playground import PlaygroundKeys
from isthmus.control.retention import Retention
from isthmus.core.secret import Secret
from isthmus.limiting.memory import MemoryLimiter
from isthmus.observability.logs import set_level
from isthmus.observability.redaction import Redaction
from isthmus.observability.request_log import RequestLog
from isthmus.routing.limits import Limiter
from isthmus.server.reply import Receive, Send
from isthmus.server.visit import Visit
from isthmus.storage.audit import AuditLog
from isthmus.storage.errors import StorageError
from isthmus.storage.keys import KeyStore
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums

if TYPE_CHECKING:
    from isthmus.cli.administration import Administration

DAY_S: Final = 86_400.0
HOUR_S: Final = 3600.0


@dataclass(slots=True)
class Running:
    live: Live
    ledger: Ledger
    log: RequestLog
    notes: list[str] = field(default_factory=list)
    """For the operator, at the start."""
    console: ConsoleSite | None = None
    """None where the gateway is not administered over HTTP."""
    set_up_token: Secret | None = None
    """Makes the first administrator, while there is none."""


@asynccontextmanager
async def run_gateway(
    configured: Settings,
    hands: Hands,
    stores: Stores,
    redaction: Redaction,
    *,
    default_is_guessed: bool = False,
    sources: Mapping[str, Source] | None = None,
) -> AsyncIterator[Running]:
    """A gateway with all that belongs to it. Leaving it writes what has not been written yet. `sources`: who says what of
    `configured`, for the console.

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
            sources=sources,
        )
        try:
            gateway = await live.open()
        except ValueError as error:
            raise CommandFailed(f"the configuration does not fit together: {error}") from None
        gateway.note = noter(ledger, log, lambda: live.settings.request_log.enabled)
        running = Running(live, ledger, log)
        if configured.admin.enabled:
            await _administer(running, hands, stores, rows, sums)
        await stack.enter_async_context(_beside(_forget_audits(stores), _forget_playgrounds(stores)))
        retention = Retention(rows, sums, lambda: live.settings.request_log.retention_days)
        stack.push_async_callback(live.kept.keeper.close)
        stack.push_async_callback(gateway.endpoints.errands.close)
        stack.push_async_callback(live.end)
        await stack.enter_async_context(
            _beside(
                live.follow(),
                retention.run(),
                live.kept.keeper.run(),
                live.kept.surveys.run(),
                live.conversations.run(),
            )
        )
        yield running


async def _administer(
    running: Running, hands: Hands, stores: Stores, rows: RequestLogs, sums: RequestSums
) -> None:
    live, log, passwords = running.live, running.log, Passwords()
    set_up, notes = await first_start.begin(stores.database, passwords, os.environ)
    if set_up.token is not None:
        live.redaction.know([set_up.token])
        running.set_up_token = set_up.token
    running.notes += notes

    def administration() -> Administration:
        from isthmus.cli.administration import Administration  # noqa: PLC0415 - see `Late`

        return Administration(live, hands, stores, log, rows, sums, set_up, passwords)

    late = Late(administration)

    async def site(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        await (await late.get()).site(scope, receive, send)

    async def summary(visit: Visit) -> bytes:
        return await (await late.get()).summary(visit.caller.id, visit.caller.owner)

    live.gateway.admin, live.gateway.stats = site, summary
    live.gateway.console = running.console = open_site()


async def _forget_audits(stores: Stores) -> None:
    """Old lines of the audit log go once a day. Several gateways may do it at once."""
    audit = Audit(AuditLog(stores.database))
    while True:
        with suppress(StorageError):
            await audit.forget_old()
        await asyncio.sleep(DAY_S)


async def _forget_playgrounds(stores: Stores) -> None:
    """Keys of the playground that are over go within the hour. Several gateways may do it at once."""
    keys = PlaygroundKeys(KeyStore(stores.database), AuditLog(stores.database))
    while True:
        with suppress(StorageError):
            await keys.forget_expired()
        await asyncio.sleep(HOUR_S)


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
        await _end(tasks)


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancels them until they end: a driver that is interrupted in its clean-up may keep the first word of it to itself."""
    while unfinished := [task for task in tasks if not task.done()]:
        for task in unfinished:
            task.cancel()
        await asyncio.wait(unfinished, timeout=1.0)
    for task in tasks:
        if not task.cancelled():
            task.result()
