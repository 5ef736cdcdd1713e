"""`isthmus ips`: addresses that are refused. The way back in for whoever has shut themselves out of the admin API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from isthmus.cli.failure import CommandFailed
from isthmus.cli.moments import read_moment, write_moment
from isthmus.cli.settings import ConfigFile, load_settings
from isthmus.cli.stores import open_stores
from isthmus.cli.tables import print_table
from isthmus.control.clock import now_ms
from isthmus.control.failures import OperationFailed
from isthmus.control.ips import BlockedNetwork, IpService
from isthmus.control.paging import MAX_PAGE
from isthmus.control.people import OPERATOR
from isthmus.storage.audit import AuditLog
from isthmus.storage.ips import BlockStore

ABOUT: Final = "Addresses that are refused."

app = typer.Typer(add_completion=False, no_args_is_help=True, help=ABOUT)

NetworkText = Annotated[
    str, typer.Argument(metavar="NETWORK", help="An address, or a network such as 203.0.113.0/24.")
]


@app.callback()
def ips() -> None:
    """Addresses that are refused."""


@asynccontextmanager
async def _desk(config: Path | None) -> AsyncIterator[IpService]:
    """What is refused ends the command."""
    async with open_stores(load_settings(config).settings) as stores:
        try:
            yield IpService(BlockStore(stores.database), AuditLog(stores.database))
        except OperationFailed as refusal:
            raise CommandFailed(refusal.message) from None


@app.command("list")
def list_blocked(
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
    config: ConfigFile = None,
) -> None:
    """List the addresses that are refused now, the newest first."""
    blocked = asyncio.run(_blocked(config))
    if as_json:
        print(json.dumps([_row(each) for each in blocked], ensure_ascii=False, indent=2))
        return
    if not blocked:
        _say("No address is refused.")
        return
    table = Table("Network", "Since", "Until", "Reason", box=None)
    for each in blocked:
        until = "for good" if each.expires_ms is None else write_moment(each.expires_ms)
        table.add_row(*map(Text, (each.network, write_moment(each.created_ms), until, each.reason)))
    print_table(Console(highlight=False), table)


async def _blocked(config: Path | None) -> list[BlockedNetwork]:
    found: list[BlockedNetwork] = []
    cursor: str | None = None
    async with _desk(config) as service:
        while True:
            page = await service.page(cursor, MAX_PAGE)
            found += page.items
            if (cursor := page.next_cursor) is None:
                return found


@app.command("block")
def block(
    network: NetworkText,
    reason: Annotated[str, typer.Option("--reason", help="Shown to whoever is refused.")] = "",
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="WHEN", help="From now on (12h, 30d), or a date. Default: for good."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Even if it is this machine itself.")] = False,
    config: ConfigFile = None,
) -> None:
    """Refuse an address or a network. A running gateway notices within a second."""
    expires_ms = None if until is None else read_moment(until, "--until", now_ms())
    blocked = asyncio.run(_block(config, network, reason, expires_ms, force=force))
    _say(f"{blocked.network} is refused now.")


async def _block(
    config: Path | None, network: str, reason: str, expires_ms: int | None, *, force: bool
) -> BlockedNetwork:
    async with _desk(config) as service:
        return await service.block(OPERATOR, network, reason, expires_ms, force=force)


@app.command("unblock")
def unblock(network: NetworkText, config: ConfigFile = None) -> None:
    """Let an address or a network in again."""
    asyncio.run(_unblock(config, network))
    _say(f"{network} is let in again.")


async def _unblock(config: Path | None, network: str) -> None:
    async with _desk(config) as service:
        await service.unblock(OPERATOR, network)


def _row(blocked: BlockedNetwork) -> dict[str, Any]:
    """As under `/v2/ips/blocked`."""
    return {
        "network": blocked.network,
        "reason": blocked.reason,
        "created_at": write_moment(blocked.created_ms),
        "expires_at": None if blocked.expires_ms is None else write_moment(blocked.expires_ms),
    }


def _say(text: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
