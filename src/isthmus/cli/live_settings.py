"""`isthmus settings`: what may be changed while the gateway runs. A running gateway notices at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from isthmus.cli.failure import CommandFailed
from isthmus.cli.settings import ConfigFile, load_settings
from isthmus.cli.stores import open_stores
from isthmus.config.live import LiveSetting
from isthmus.config.problems import way_out_among
from isthmus.control.failures import OperationFailed
from isthmus.control.people import OPERATOR
from isthmus.control.settings import SettingService
from isthmus.storage.audit import AuditLog
from isthmus.storage.providers import ProviderStore
from isthmus.storage.settings import SettingStore

ABOUT: Final = "Settings that may be changed while the gateway runs."

app = typer.Typer(add_completion=False, no_args_is_help=True, help=ABOUT)

SettingName = Annotated[str, typer.Argument(metavar="NAME", help="Dotted name, such as request_log.enabled.")]


@app.callback()
def settings() -> None:
    """Settings that may be changed while the gateway runs."""


@asynccontextmanager
async def _desk(config: Path | None) -> AsyncIterator[SettingService]:
    """What is refused ends the command."""
    configured = load_settings(config).settings
    async with open_stores(configured) as stores:
        providers = await ProviderStore(stores.database, stores.vault).load_all()
        stored = [each.name for each in providers if each.enabled]
        # Without a provider in the file those found on the machine are used, whose names are known at start alone.
        names = [*configured.providers, *stored] if configured.providers else []
        store, audit = SettingStore(stores.database), AuditLog(stores.database)
        try:
            yield SettingService(store, audit, configured, lambda: names)
        except OperationFailed as refusal:
            raise CommandFailed(refusal.message) from None


@app.command("list")
def list_settings(
    as_json: Annotated[bool, typer.Option("--json", help="Print everything about them as JSON.")] = False,
    config: ConfigFile = None,
) -> None:
    """List them with their values. A value stored here wins over the configuration file and the environment."""
    found = asyncio.run(_described(config))
    if as_json:
        print(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=2))
        return
    table = Table("Setting", "Value", "", box=None)
    for each in found:
        table.add_row(*map(Text, (each.name, _json(each.value), _remark(each))))
    Console(highlight=False).print(table)


@app.command("get")
def get_setting(name: SettingName, config: ConfigFile = None) -> None:
    """Print the value in force, as JSON."""
    print(_json(_named(asyncio.run(_described(config)), name).value))


@app.command("set")
def set_setting(
    name: SettingName,
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="Text, number, true or false; lists and mappings as JSON.")
    ],
    config: ConfigFile = None,
) -> None:
    """Store a value. It is in force at once, and until `reset`."""
    _say(_named(asyncio.run(_change(config, name, _value(value))), name))


@app.command("reset")
def reset_setting(name: SettingName, config: ConfigFile = None) -> None:
    """Take a stored value back: what the configuration file or the environment says is in force again."""
    _say(_named(asyncio.run(_change(config, name, None)), name))


async def _described(config: Path | None) -> list[LiveSetting]:
    async with _desk(config) as service:
        return await service.describe()


async def _change(config: Path | None, name: str, value: Any) -> list[LiveSetting]:
    async with _desk(config) as service:
        return await service.change(OPERATOR, {name: value})


def _named(found: list[LiveSetting], name: str) -> LiveSetting:
    for each in found:
        if each.name == name:
            return each
    raise CommandFailed(f"no such setting {name!r}; {way_out_among(name, [each.name for each in found])}")


def _value(text: str) -> Any:
    """JSON, or else the text itself, which needs no quotes."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if value is None:
        raise CommandFailed(
            "null is no value: `isthmus settings reset NAME` takes a stored value back", exit_code=2
        )
    return value


def _remark(setting: LiveSetting) -> str:
    if setting.problem is not None:
        return f"stored value ignored: {setting.problem}"
    return f"stored; configured: {_json(setting.configured)}" if setting.changed else ""


def _say(setting: LiveSetting) -> None:
    where = "stored" if setting.changed else "as configured"
    Console(highlight=False, soft_wrap=True).print(
        f"{setting.name}: {_json(setting.value)} ({where})", markup=False
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
