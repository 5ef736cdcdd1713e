"""`isthmus login`: signs in the accounts of providers that have a sign-in of their own. Works beside a running gateway."""

from __future__ import annotations

import asyncio
import sys
import webbrowser
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from isthmus.cli.failure import CommandFailed
from isthmus.cli.login_desk import LoginDesk, open_login_desk, sign_in_types
from isthmus.cli.settings import ConfigFile
from isthmus.control.account_input import check
from isthmus.control.failures import FieldProblem, Invalid
from isthmus.control.login_input import FinishInput, LoginInput
from isthmus.control.login_views import LoginState, LoginView
from isthmus.control.people import OPERATOR
from isthmus.core.logins import Method

ABOUT: Final = "Sign in accounts that have no keys, such as those of Amazon Q and Kiro."
TERMS: Final[Mapping[str, str]] = {
    "amazon-q": "Before you go on: the vendor says of its own client package that it is for internal use and not supported "
    "otherwise, and it locks accounts for unusual activity. Use accounts that are yours, under the terms you agreed to. By the "
    "vendor's client code, Builder IDs made since 2026-07-25 are refused for good. What it documents for automation is a Kiro API "
    "key, which `isthmus accounts add amazon-q` takes. This part of Isthmus was made from public sources and has never been tried "
    "against the live service."
}
"""Type of provider → what its operator should know first."""
LEAST_SLEEP_S: Final = 0.2

app = typer.Typer(add_completion=False, help=ABOUT)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says."""

    target: str
    provider: str | None
    method: str | None
    options: Mapping[str, str]
    label: str | None
    profile: str | None
    account: str | None
    browser: bool


@app.command()
def login(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="WHAT", help="Such as `amazon-q`, or a provider's name. Left out: lists them."
        ),
    ] = None,
    provider: Annotated[
        str | None, typer.Option("--provider", help="Provider the account is for, if there are several.")
    ] = None,
    method: Annotated[
        str | None, typer.Option("--method", help="How to sign in; `isthmus login` lists the ways.")
    ] = None,
    start_url: Annotated[
        str | None,
        typer.Option(
            "--start-url", metavar="URL", help="IAM Identity Center: where your organisation signs in."
        ),
    ] = None,
    region: Annotated[
        str | None, typer.Option("--region", help="IAM Identity Center: region of the directory.")
    ] = None,
    label: Annotated[str | None, typer.Option("--label", help="What people call the account.")] = None,
    profile: Annotated[
        str | None,
        typer.Option("--profile-arn", metavar="ARN", help="Profile to use, if the account has several."),
    ] = None,
    account: Annotated[
        str | None,
        typer.Option("--account", metavar="ACCOUNT", help="Id or label of an account that signs in again."),
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
    config: ConfigFile = None,
) -> None:
    """Sign in accounts that have no keys, such as those of Amazon Q and Kiro. Shows an address and a code, and waits.

    Exit codes: 0 the account is there, 1 it is not: denied, expired or refused.
    """
    if target is None:
        _list()
        return
    options = {"start_url": start_url, "auth_region": region}
    given = {name: value for name, value in options.items() if value is not None}
    wishes = Wishes(target, provider, method, given, label, profile, account, browser=not no_browser)
    asyncio.run(_login(config, wishes))


def _list() -> None:
    table = Table(box=None, pad_edge=False)
    for head in ("WHAT", "METHOD", "HOW", "OPTIONS"):
        table.add_column(head, overflow="fold")
    for type, logins in sign_in_types().items():
        for each in logins.methods.values():
            asked = ", ".join(
                option.name if option.required else f"[{option.name}]" for option in each.options
            )
            table.add_row(type, each.name, each.title, asked.replace("[", r"\["))
    Console(highlight=False).print(table)


async def _login(config: Path | None, wishes: Wishes) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    async with open_login_desk(config) as desk:
        started = await _start(desk, wishes, console)
        try:
            _show(console, started, browser=wishes.browser)
            view = await _wait(desk, started, console)
            profile = _profile(console, view, wishes.profile)
            finish = _checked(FinishInput, {"profile": profile, "label": wishes.label})
            account = (await desk.logins.finish(OPERATOR, view.id, finish)).account
        except BaseException:
            # Whether it failed or was interrupted: half a sign-in is of no use to anybody.
            await desk.logins.discard(started.id)
            raise
    _say(console, f"{account.label} ({account.id}) is signed in, as an account of {account.provider!r}.")


async def _start(desk: LoginDesk, wishes: Wishes, console: Console) -> LoginView:
    again = None if wishes.account is None else await _account(desk, wishes.account)
    wanted = wishes.provider
    if again is not None and wanted is None and wishes.target not in desk.settings.providers:
        wanted = (await desk.accounts.get(again)).account.provider
    provider = await desk.provider_for(wishes.target, wanted)
    if (terms := TERMS.get(desk.settings.providers[provider].type)) is not None:
        _say(console, terms + "\n")
    method = None if again is not None and wishes.method is None else _method(desk, provider, wishes)
    written = {
        "provider": provider,
        "method": None if method is None else method.name,
        "options": wishes.options,
        "label": wishes.label,
        "account_id": again,
    }
    return await desk.logins.start(OPERATOR, _checked(LoginInput, written))


def _method(desk: LoginDesk, provider: str, wishes: Wishes) -> Method:
    """The one that is wanted; else the first that knows the options that were given."""
    if wishes.method is None and wishes.options:
        [offered] = desk.logins.offered(provider)
        for each in offered.methods:
            if wishes.options.keys() <= {option.name for option in each.options}:
                return each
    return desk.method(provider, wishes.method)


async def _account(desk: LoginDesk, name: str) -> str:
    """By id or label."""
    ids = await desk.accounts.ids_by_label()
    if any(name in some for some in ids.values()):
        return name
    match ids.get(name, []):
        case [one]:
            return one
        case []:
            raise CommandFailed(f"no account {name!r}: see `isthmus accounts list`")
        case several:
            raise CommandFailed(
                f"{len(several)} accounts are called {name!r}: give one of {', '.join(several)}"
            )


def _show(console: Console, view: LoginView, *, browser: bool) -> None:
    _say(console, "Open this page, see that it shows the code, and agree:\n")
    _say(console, f"    {view.url}")
    _say(console, f"    code: {view.code}\n")
    if browser and _is_somebody_there():
        webbrowser.open(view.url)


async def _wait(desk: LoginDesk, view: LoginView, console: Console) -> LoginView:
    """Until somebody has answered. Raises `CommandFailed` for any answer but yes."""
    waiting = "Waiting for you to agree in the browser (Ctrl-C gives up)"
    if not console.is_terminal:
        _say(console, f"{waiting} …")
    said: str | None = None
    with console.status(waiting) if console.is_terminal else nullcontext():
        while view.state is LoginState.WAITING:
            due_s = (min(view.next_poll_ms, view.expires_ms) - desk.logins.now_ms()) / 1000
            await asyncio.sleep(max(due_s, LEAST_SLEEP_S))
            view = await desk.logins.poll(view.id)
            if view.problem and view.problem != said and view.state is LoginState.WAITING:
                said = view.problem
                _say(console, f"Still trying: {said}")
    if view.state is LoginState.APPROVED:
        if view.problem:
            _say(console, f"Signed in, but {view.problem}")
        return view
    raise CommandFailed(_END[view.state] + (f" ({view.problem})" if view.problem else ""))


_END: Final = {
    LoginState.DENIED: "the sign-in was denied: nothing was added",
    LoginState.EXPIRED: "nobody agreed in time: run the command again",
    LoginState.FAILED: "the sign-in failed: nothing was added",
    LoginState.FINISHED: "the sign-in was finished elsewhere, as through the console",
}


def _profile(console: Console, view: LoginView, wanted: str | None) -> str | None:
    """Asks where there are several and somebody is there to answer; otherwise `finish` says what there is."""
    if wanted is not None or len(view.profiles) < 2 or view.account_id is not None:
        return wanted
    names = [f"{each.get('name') or ''} {each['id']}".strip() for each in view.profiles]
    if not _is_somebody_there():
        listed = "".join(f"\n  {name}" for name in names)
        raise CommandFailed(
            f"the account has several profiles: run again with --profile-arn ARN, one of{listed}"
        )
    for number, name in enumerate(names, 1):
        _say(console, f"  {number}  {name}")
    while not 1 <= (chosen := int(typer.prompt("Profile", type=int, err=True))) <= len(names):
        _say(console, f"There is none of this number: 1 to {len(names)}")
    return str(view.profiles[chosen - 1]["id"])


def _is_somebody_there() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _checked(shape: Any, written: Mapping[str, object]) -> Any:
    """Raises `Invalid`."""
    found = check(shape, written)
    if isinstance(found, tuple):
        problems: tuple[FieldProblem, ...] = found
        raise Invalid("what was written cannot be right: see its fields", problems)
    return found


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False)
