"""`isthmus logs`: the request log. Reads the database, whether or not a gateway is running."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from isthmus import __version__
from isthmus.admin.figures import FiguresView, GroupView
from isthmus.admin.log_views import LogView
from isthmus.cli.failure import CommandFailed
from isthmus.cli.log_tables import figures_table, log_line
from isthmus.cli.moments import read_length, read_moment, write_moment
from isthmus.cli.settings import ConfigFile, load_settings
from isthmus.cli.stores import open_stores
from isthmus.cli.tables import print_whole
from isthmus.control.clock import now_ms
from isthmus.control.failures import OperationFailed
from isthmus.control.people import OPERATOR, Person
from isthmus.control.statistics import Dimension, Report, Span, StatisticsService
from isthmus.observability.log_row import LogRow
from isthmus.observability.request_log import QueueState
from isthmus.storage.keys import KeyStore
from isthmus.storage.log_filter import LogFilter
from isthmus.storage.request_logs import Position, RequestLogs, StoredRow
from isthmus.storage.request_sums import RequestSums

ABOUT: Final = "The log of requests."
POLL_S: Final = 1.0
AT_ONCE: Final = 500
LONGEST_MS: Final = 2**31 - 1
"""What the log can hold."""
_STATUS: Final = re.compile(r"([1-5])(?:xx|([0-9]{2}))\Z", re.IGNORECASE)

app = typer.Typer(add_completion=False, no_args_is_help=True, help=ABOUT)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def logs() -> None:
    """The log of requests."""


@dataclass(frozen=True, slots=True)
class Desk:
    logs: RequestLogs
    sums: RequestSums
    keys: KeyStore

    key_names: dict[str, str] = field(default_factory=dict)
    """By id, as far as they have been looked up."""

    async def learn_key(self, id: str | None) -> None:
        """Keys may be made while their requests are followed."""
        if id is not None and id not in self.key_names:
            self.key_names.update({each.id: each.name for each in (await self.keys.load_all()).values()})
            self.key_names.setdefault(id, id)

    async def key_id(self, name: str | None) -> str | None:
        """Of a key, by its id or name; an id is taken as it is, as rows outlive their keys."""
        known = [each.id for each in (await self.keys.load_all()).values() if each.name == name]
        if len(known) > 1:
            raise CommandFailed(
                f"{len(known)} keys are called {name!r}: give the id, one of {', '.join(known)}"
            )
        return known[0] if known else name


@asynccontextmanager
async def _desk(config: Path | None) -> AsyncIterator[Desk]:
    """What is refused ends the command."""
    async with open_stores(load_settings(config).settings) as stores:
        sums = RequestSums(stores.database)
        try:
            yield Desk(RequestLogs(stores.database, sums), sums, KeyStore(stores.database))
        except OperationFailed as refusal:
            raise CommandFailed(refusal.message) from None


@app.command("tail")
def tail_logs(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, max=100_000, help="So many to begin with.")
    ] = 20,
    model: Annotated[str | None, typer.Option("--model", help="Asked for or used.")] = None,
    status: Annotated[str | None, typer.Option("--status", help="Such as 429, or 5xx.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only what did not succeed.")] = False,
    key: Annotated[str | None, typer.Option("--key", help="Id or name of the API key.")] = None,
    account: Annotated[str | None, typer.Option("--account", help="Id of the account.")] = None,
    provider: Annotated[str | None, typer.Option("--provider", help="Name of the provider.")] = None,
    error: Annotated[
        str | None, typer.Option("--error", help="Class of the failure, such as rate_limit.")
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", help="Part of the error text, a model's name or the request id.")
    ] = None,
    slower_than: Annotated[
        str | None, typer.Option("--slower-than", metavar="LENGTH", help="Took longer (800ms, 5s, 2m).")
    ] = None,
    first_token_slower_than: Annotated[
        str | None,
        typer.Option("--first-token-slower-than", metavar="LENGTH", help="Its first token took longer."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
    config: ConfigFile = None,
) -> None:
    """Print the newest requests, the last one at the end."""
    exact, of_class = _read_status(status)
    wanted = LogFilter(
        model=model,
        status=exact,
        status_class=of_class,
        succeeded=False if failed else None,
        account_id=account,
        provider=provider,
        error=error,
        slower_than_ms=_read_length(slower_than, "--slower-than"),
        first_token_slower_than_ms=_read_length(first_token_slower_than, "--first-token-slower-than"),
        text=text,
    )
    asyncio.run(_tail(config, wanted, key, lines, follow=follow, as_json=as_json))


async def _tail(
    config: Path | None, wanted: LogFilter, key: str | None, lines: int, *, follow: bool, as_json: bool
) -> None:
    console = Console(highlight=False, soft_wrap=True)

    async def show(row: LogRow) -> None:
        if as_json:
            print(LogView.of(row).model_dump_json(), flush=True)
        else:
            await desk.learn_key(row.key_id)
            console.print(log_line(row, desk.key_names))

    async with _desk(config) as desk:
        wanted = replace(wanted, key_id=await desk.key_id(key))
        last_id = await desk.logs.last_id()
        for stored in reversed(await _newest(desk.logs, wanted, lines)):
            if stored.id <= last_id:
                await show(stored.row)
        while follow:
            rows = await desk.logs.after(last_id, AT_ONCE)
            for stored in rows:
                last_id = stored.id
                if wanted.matches(stored.row):
                    await show(stored.row)
            if len(rows) < AT_ONCE:
                await asyncio.sleep(POLL_S)


async def _newest(logs: RequestLogs, wanted: LogFilter, count: int) -> list[StoredRow]:
    found: list[StoredRow] = []
    before: Position | None = None
    while len(found) < count:
        page = await logs.page(wanted, min(AT_ONCE, count - len(found)), before)
        found += page.rows
        before = page.next
        if before is None:
            break
    return found


@app.command("stats")
def log_statistics(
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="How long ago (90m, 24h, 30d, 8w), or a date.")
    ] = "24h",
    by: Annotated[Dimension | None, typer.Option("--by", help="Figures for each of them.")] = None,
    every: Annotated[
        Span | None, typer.Option("--every", help="Figures for each hour or day (of UTC).")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Print how many requests there were, how they went, how long they took and what they cost.

    Latencies are those of successful requests, and off by 19 % at most.
    """
    report = asyncio.run(_report(config, _read_past(since), by, every))
    if as_json:
        print(json.dumps(_as_json(report), ensure_ascii=False, indent=2))
    else:
        print_whole(Console(highlight=False), figures_table(report))


async def _report(config: Path | None, since_ms: int, by: Dimension | None, every: Span | None) -> Report:
    async with _desk(config) as desk:
        service = StatisticsService(
            desk.sums, desk.logs, _every_key, lambda: _NO_QUEUE, __version__, now_ms()
        )
        return await service.report(OPERATOR, since_ms, None, by, every)


_NO_QUEUE: Final = QueueState(0, 0, 0, 0, None)
"""A command writes no rows."""


async def _every_key(_: Person) -> Collection[str] | None:
    return None


def _read_past(text: str) -> int:
    now = now_ms()
    moment = read_moment(text, "--since", now)
    return moment if moment <= now else 2 * now - moment


def _read_length(text: str | None, option: str) -> int | None:
    return None if text is None else min(read_length(text, option), LONGEST_MS)


def _read_status(text: str | None) -> tuple[int | None, int | None]:
    """A status, or a class of them."""
    if text is None:
        return None, None
    found = _STATUS.match(text)
    if found is None:
        raise CommandFailed(f"--status: {text!r} is none: write 429, or 5xx for 500 to 599", exit_code=2)
    return (int(text), None) if found[2] else (None, int(found[1]))


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "since": write_moment(report.since_ms),
        "until": write_moment(report.until_ms),
        "total": FiguresView.of(report.total).model_dump(mode="json"),
        "groups": [GroupView.of(each).model_dump(mode="json") for each in report.groups],
    }
