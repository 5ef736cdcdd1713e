"""`isthmus admin`: users and their ways in, for whoever stands at the machine. Works with and without a running gateway."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from isthmus.cli.failure import CommandFailed
from isthmus.cli.settings import ConfigFile, load_settings
from isthmus.cli.stores import open_stores
from isthmus.control.clock import now_ms
from isthmus.control.failures import OperationFailed
from isthmus.control.paging import MAX_PAGE
from isthmus.control.passwords import Passwords, demand_good, generated
from isthmus.control.people import OPERATOR
from isthmus.control.set_up import ADMIN_NAME, FirstAdministrator
from isthmus.control.tokens import Tokens
from isthmus.control.user_names import canonical
from isthmus.control.users import User, UserEdit, Users
from isthmus.core.secret import Secret
from isthmus.storage.audit import AuditLog
from isthmus.storage.tokens import TokenStore
from isthmus.storage.users import UserStore

ABOUT: Final = "Users of the administration, their passwords and tokens."
DAY_MS: Final = 86_400_000

app = typer.Typer(add_completion=False, no_args_is_help=True, help=ABOUT)

UserName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the user.")]


@app.callback()
def admin() -> None:
    """Users of the administration, their passwords and tokens."""


@dataclass(frozen=True, slots=True)
class _Desk:
    users: Users
    tokens: Tokens
    first: FirstAdministrator


@asynccontextmanager
async def _desk(config: Path | None) -> AsyncIterator[_Desk]:
    """What is refused ends the command."""
    async with open_stores(load_settings(config).settings) as stores:
        users, audit, passwords = UserStore(stores.database), AuditLog(stores.database), Passwords()
        try:
            yield _Desk(
                Users(users, passwords, audit),
                Tokens(TokenStore(stores.database), audit),
                FirstAdministrator(users, passwords, audit),
            )
        except OperationFailed as refusal:
            raise CommandFailed(refusal.message) from None


@app.command("reset-password")
def reset_password(
    name: UserName = ADMIN_NAME,
    generate: Annotated[
        bool, typer.Option("--generate", help="Make a password and print it, instead of asking for one.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Give a user a new password, and sign them out everywhere.

    Without any administrator who can sign in, NAME is made one: the way in when the set-up token is lost. The password is asked
    for twice; when standard input is no terminal, its first line is taken. One that is made (--generate) is all that is printed
    to standard output.

    Exit codes: 0 done, 1 refused.
    """
    password = generated() if generate else _asked()
    made = asyncio.run(_reset(config, name, password))
    if generate:
        print(password.reveal())
    what = f"{name} is an administrator now, with this password" if made else f"{name} has a new password"
    _say(f"{what}. Sessions of {name} have ended.")


async def _reset(config: Path | None, name: str, password: Secret) -> bool:
    """True when the user has become the first administrator by it."""
    async with _desk(config) as desk:
        if not await desk.users.users.is_administered():
            name = canonical(name)
            demand_good(password, name)
            await desk.first.make(name, password)
            await desk.first.audit.note(OPERATOR, "set_up", name)
            return True
        user = await desk.users.named(name)
        await desk.users.edit(OPERATOR, user.id, UserEdit(password=password))
        if not user.enabled:
            _say(f"{name} is disabled and cannot sign in: an administrator can enable them under Users.")
        return False


@app.command("users")
def list_users(
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
    config: ConfigFile = None,
) -> None:
    """List users."""
    users = asyncio.run(_users(config))
    if as_json:
        print(json.dumps([_row(each) for each in users], indent=2))
        return
    table = Table("Name", "Role", "Enabled", "Password", "Last sign-in", box=None)
    for each in users:
        last = "never" if each.last_sign_in_ms is None else _time(each.last_sign_in_ms)
        password = "yes" if each.has_password else "none: tokens alone"
        table.add_row(each.name, str(each.role), "yes" if each.enabled else "no", password, last)
    Console(highlight=False).print(
        table if users else "No users yet: `isthmus admin reset-password` makes one."
    )


async def _users(config: Path | None) -> list[User]:
    found: list[User] = []
    cursor: str | None = None
    async with _desk(config) as desk:
        while True:
            page = await desk.users.list(cursor, MAX_PAGE)
            found += page.items
            if (cursor := page.next_cursor) is None:
                return found


def _row(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "role": user.role,
        "enabled": user.enabled,
        "has_password": user.has_password,
        "last_sign_in_at": None if user.last_sign_in_ms is None else _time(user.last_sign_in_ms),
    }


@app.command("create-token")
def create_token(
    name: UserName = ADMIN_NAME,
    label: Annotated[str, typer.Option("--label", help="What the token is for.")] = "command line",
    expires_days: Annotated[
        int | None,
        typer.Option("--expires-days", min=1, max=36_500, help="Days until it ends; never, when left out."),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Make a token with which a script may do what this user may do.

    It is all that is printed to standard output, now and never again. It is sent as `Authorization: Bearer isa_…`.
    """
    if not label.isprintable() or not 0 < len(label) <= 200:
        raise CommandFailed("--label: at most 200 printable characters")
    print(asyncio.run(_token(config, name, label, expires_days)).reveal())


async def _token(config: Path | None, name: str, label: str, expires_days: int | None) -> Secret:
    expires_ms = None if expires_days is None else now_ms() + expires_days * DAY_MS
    async with _desk(config) as desk:
        user = await desk.users.named(name)
        return (await desk.tokens.create(OPERATOR, user.id, label, expires_ms)).secret


def _asked() -> Secret:
    if not sys.stdin.isatty():
        return Secret(sys.stdin.readline().rstrip("\r\n"))
    return Secret(typer.prompt("New password", hide_input=True, confirmation_prompt=True))


def _say(text: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
