"""`isthmus keys`: API keys of the gateway. Works beside a running gateway, which notices at once."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from isthmus.cli import key_options as options
from isthmus.cli import limit_options as limits
from isthmus.cli.failure import CommandFailed
from isthmus.cli.key_tables import key_row, key_table, usage_row, usage_table
from isthmus.cli.moments import read_moment
from isthmus.cli.settings import ConfigFile, load_settings
from isthmus.cli.stores import open_stores
from isthmus.cli.tables import print_table
from isthmus.control.clock import now_ms
from isthmus.control.failures import NotFound, OperationFailed
from isthmus.control.key_input import KeyInput
from isthmus.control.keys import ApiKey, KeyFilter, KeyService, KeyState, KeyUse, Made
from isthmus.control.paging import MAX_PAGE
from isthmus.control.people import OPERATOR
from isthmus.core.secret import Secret
from isthmus.routing.limits import NANO_USD
from isthmus.routing.permissions import KeyTerms
from isthmus.storage.audit import AuditLog
from isthmus.storage.key_usage import CurrentUse, KeyUsageStore
from isthmus.storage.keys import KeyStore
from isthmus.storage.users import UserStore

ABOUT: Final = "API keys of the gateway."

app = typer.Typer(add_completion=False, no_args_is_help=True, help=ABOUT)

KeyName = Annotated[str, typer.Argument(metavar="KEY", help="Id of the key, or its name if no other has it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the secret and nothing else.")]


@app.callback()
def keys() -> None:
    """API keys of the gateway."""


@asynccontextmanager
async def _desk(config: Path | None) -> AsyncIterator[tuple[KeyService, UserStore]]:
    """What is refused ends the command."""
    async with open_stores(load_settings(config).settings) as stores:
        database = stores.database
        users = UserStore(database)

        async def user_exists(id: str) -> bool:
            return await users.load(id) is not None

        stored = KeyStore(database), KeyUsageStore(database), AuditLog(database)
        service = KeyService(*stored, user_exists, users.disabled_ids)
        try:
            yield service, users
        except OperationFailed as refusal:
            raise CommandFailed(refusal.message) from None


@app.command("create")
def create_key(
    name: options.Name,
    expires: options.Expires = None,
    user: options.User = None,
    provider: options.Providers = None,
    model: options.Models = None,
    ip: options.Networks = None,
    mcp: options.McpServers = None,
    no_mcp: options.NoMcp = False,
    rpm: limits.RequestsPerMinute = None,
    rpd: limits.RequestsPerDay = None,
    tpm: limits.TokensPerMinute = None,
    tpd: limits.TokensPerDay = None,
    tokens_per_month: options.TokensPerMonth = None,
    concurrency: limits.Concurrency = None,
    usd_per_day: options.UsdPerDay = None,
    usd_per_month: options.UsdPerMonth = None,
    note: options.Note = None,
    secret_file: options.SecretFile = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Make a key. Its secret is printed to standard output, now and never again."""
    if no_mcp and mcp:
        raise CommandFailed("--no-mcp: contradicts --mcp: leave one of them out")
    terms = KeyTerms(
        providers=_tuple(provider),
        models=_tuple(model),
        ips=_tuple(ip),
        mcp=() if no_mcp else _tuple(mcp),
        requests_per_minute=rpm,
        requests_per_day=rpd,
        tokens_per_minute=tpm,
        tokens_per_day=tpd,
        tokens_per_month=tokens_per_month,
        max_concurrency=concurrency,
        nano_usd_per_day=_nano(usd_per_day),
        nano_usd_per_month=_nano(usd_per_month),
    )
    expires_ms = None if expires is None else read_moment(expires, "--expires", now_ms())
    written = KeyInput(name=name, expires_ms=expires_ms, note=note, terms=terms)
    secret = None if secret_file is None else _read_secret(secret_file)
    made, state = asyncio.run(_create(config, written, user, secret))
    _show_made(made, state, quiet=quiet, as_json=as_json)


async def _create(
    config: Path | None, written: KeyInput, user_name: str | None, secret: Secret | None
) -> tuple[Made, KeyState]:
    async with _desk(config) as (service, users):
        if user_name is not None:
            user = await users.find(user_name)
            if user is None:
                raise CommandFailed(f"--user: no user {user_name!r}: see `isthmus admin users`")
            written = replace(written, user_id=user.id)
        return await _with_state(service, await service.create(OPERATOR, written, secret))


@app.command("list")
def list_keys(
    text: Annotated[str | None, typer.Option("--text", help="Within name, prefix, id or note.")] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """List keys with their limits and what they used, the newest first."""
    listed = asyncio.run(_list(config, text))
    if as_json:
        rows = [
            key_row(key, listed.used.get(key.id, CurrentUse()), listed.states[key.id]) for key in listed.keys
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    elif listed.keys:
        print_table(Console(highlight=False), key_table(listed.keys, listed.used, listed.states))
    else:
        _say(
            "No keys yet: `isthmus keys create NAME` makes one." if text is None else "No key has this text."
        )


@dataclass(frozen=True, slots=True)
class _Listed:
    keys: Sequence[ApiKey]
    used: Mapping[str, CurrentUse]
    states: Mapping[str, KeyState]


async def _list(config: Path | None, text: str | None) -> _Listed:
    found: list[ApiKey] = []
    cursor: str | None = None
    async with _desk(config) as (service, _):
        while True:
            page = await service.page(OPERATOR, KeyFilter(text), cursor, MAX_PAGE)
            found += page.items
            if (cursor := page.next_cursor) is None:
                return _Listed(found, await service.usage.load_current(now_ms()), await service.states(found))


@app.command("revoke")
def revoke_key(key: KeyName, config: ConfigFile = None) -> None:
    """Switch a key off. Requests with it are refused; what it used is kept. `enable` takes it back."""
    asyncio.run(_switch(config, key, on=False))


@app.command("enable")
def enable_key(key: KeyName, config: ConfigFile = None) -> None:
    """Switch a revoked key on again."""
    asyncio.run(_switch(config, key, on=True))


async def _switch(config: Path | None, name: str, *, on: bool) -> None:
    async with _desk(config) as (service, _):
        found = await _named(service, name)
        await (service.enable if on else service.revoke)(OPERATOR, found.id)
        _say(f"{found.name} ({found.id}) is switched {'on' if on else 'off'}.")


@app.command("rotate")
def rotate_key(
    key: KeyName, quiet: Quiet = False, as_json: AsJson = False, config: ConfigFile = None
) -> None:
    """Give a key a new secret. The old one is refused from now on."""
    made, state = asyncio.run(_rotate(config, key))
    _show_made(made, state, quiet=quiet, as_json=as_json)


async def _rotate(config: Path | None, name: str) -> tuple[Made, KeyState]:
    async with _desk(config) as (service, _):
        made = await service.rotate(OPERATOR, (await _named(service, name)).id)
        return await _with_state(service, made)


@app.command("delete")
def delete_key(
    key: KeyName,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigFile = None,
) -> None:
    """Delete a key with what it used. `revoke` only switches it off."""
    asyncio.run(_delete(config, key, yes=yes))


async def _delete(config: Path | None, name: str, *, yes: bool) -> None:
    async with _desk(config) as (service, _):
        found = await _named(service, name)
        if not yes:
            typer.confirm(f"Delete {found.name} ({found.id}) with what it used?", abort=True, err=True)
        await service.delete(OPERATOR, found.id)
        _say(f"{found.name} ({found.id}) is deleted.")


@app.command("usage")
def show_usage(
    key: KeyName,
    days: Annotated[int, typer.Option("--days", min=1, max=400, help="Days until today.")] = 30,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Show what a key used, by day (UTC)."""
    today = datetime.now(UTC).date()
    use = asyncio.run(_usage(config, key, today - timedelta(days=days - 1), today))
    if as_json:
        rows = [{"day": row.day, **usage_row(row.used)} for row in use.days]
        print(json.dumps(rows, indent=2))
    else:
        print_table(Console(highlight=False), usage_table(use))


async def _usage(config: Path | None, name: str, first: date, last: date) -> KeyUse:
    async with _desk(config) as (service, _):
        return await service.use(OPERATOR, (await _named(service, name)).id, first, last)


async def _with_state(service: KeyService, made: Made) -> tuple[Made, KeyState]:
    return made, (await service.states([made.key]))[made.key.id]


async def _named(service: KeyService, name: str) -> ApiKey:
    """Raises `CommandFailed` when the name is that of several."""
    try:
        return await service.get(OPERATOR, name)
    except NotFound:
        found = await service.keys.named(name)
    match found:
        case []:
            raise CommandFailed(f"no key {name!r}: see `isthmus keys list`")
        case [one]:
            return one
        case several:
            ids = ", ".join(each.id for each in several)
            raise CommandFailed(f"{len(several)} keys are called {name!r}: give the id, one of {ids}")


def _read_secret(file: Path) -> Secret:
    try:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text("utf-8").partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is no text"
        raise CommandFailed(f"--secret-file {file}: {reason}", exit_code=2) from None
    return Secret(text.strip())


def _show_made(made: Made, state: KeyState, *, quiet: bool, as_json: bool) -> None:
    if as_json:
        row = key_row(made.key, CurrentUse(), state) | {"secret": made.secret.reveal()}
        print(json.dumps(row, ensure_ascii=False, indent=2))
        return
    print(made.secret.reveal(), flush=True)
    if not quiet:
        for warning in made.warnings:
            _say(f"warning: {warning}")
        _say(f"This is the secret of {made.key.name} ({made.key.id}). It is not kept: copy it now.")


def _tuple(names: Sequence[str] | None) -> tuple[str, ...] | None:
    return tuple(names) if names else None


def _nano(dollars: float | None) -> int | None:
    """Figures that are none stay out of range, and are refused as such."""
    if dollars is None:
        return None
    return round(dollars * NANO_USD) if abs(dollars) < 1e15 else -1  # also infinity and NaN


def _say(text: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
