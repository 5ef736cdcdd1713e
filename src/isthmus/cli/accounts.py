"""`isthmus accounts`: credentials of upstreams. Works beside a running gateway, which notices at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress

from isthmus.cli import account_options as options
from isthmus.cli import limit_options as limits
from isthmus.cli.account_desk import open_desk
from isthmus.cli.account_reading import as_written, read_credentials, read_text, read_variable, write_private
from isthmus.cli.account_surveys import Reading, open_survey_desk, survey_row, survey_table
from isthmus.cli.account_surveys import problem_lines as survey_problems
from isthmus.cli.account_tables import (
    account_row,
    account_table,
    added_row,
    problem_lines,
    reason_lines,
    trial_line,
    trial_row,
)
from isthmus.cli.failure import CommandFailed
from isthmus.cli.settings import ConfigFile
from isthmus.cli.tables import print_table
from isthmus.cli.token_files import find_tokens, import_tokens, show_import
from isthmus.control.account_adding import Added, Fate, summary
from isthmus.control.account_file import AccountFile
from isthmus.control.account_input import problems_of
from isthmus.control.account_listing import AccountQuery, AccountSort
from isthmus.control.account_probing import Trial
from isthmus.control.account_views import AccountView
from isthmus.control.accounts import AccountService, Action
from isthmus.control.paging import MAX_PAGE
from isthmus.control.people import OPERATOR
from isthmus.routing.exhausted import State

ABOUT: Final = "Accounts at upstreams."

app = typer.Typer(add_completion=False, no_args_is_help=True, help=ABOUT)

Names = Annotated[
    list[str], typer.Argument(metavar="ACCOUNT…", help="Ids of accounts, or labels if no other has them.")
]
Provider = Annotated[str | None, typer.Option("--provider", help="Only accounts of this provider.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def accounts() -> None:
    """Accounts at upstreams."""


@app.command("list")
def list_accounts(
    provider: Provider = None,
    state: Annotated[State | None, typer.Option("--state", help="Only those in this state.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="Within label or id.")] = None,
    sort: Annotated[AccountSort, typer.Option("--sort", help="Order.")] = AccountSort.PROVIDER,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """List accounts, those of the configuration file among them. States are those that the database knows of."""
    query = AccountQuery(provider=provider, state=state, text=text, sort=sort)
    views = asyncio.run(_list(config, query))
    if as_json:
        _print_json([account_row(view) for view in views])
    elif views:
        console = Console(highlight=False)
        print_table(console, account_table(views))
        for line in reason_lines(views):
            console.print(line, soft_wrap=True)
    else:
        _say("No accounts: `isthmus accounts add PROVIDER` adds one.")


async def _list(config: Path | None, query: AccountQuery) -> list[AccountView]:
    views: list[AccountView] = []
    cursor: str | None = None
    async with open_desk(config) as service:
        while True:
            page = await service.page(query, cursor, MAX_PAGE)
            views += page.items
            if (cursor := page.next_cursor) is None:
                return views


@app.command("add")
def add_accounts(
    provider: options.Provider,
    key_file: options.KeyFile = None,
    key_env: options.KeyVariable = None,
    credential_file: options.CredentialFile = None,
    kind: options.Kind = None,
    label: options.Label = None,
    priority: options.Priority = 0,
    weight: options.Weight = 1,
    concurrency: limits.Concurrency = None,
    rpm: limits.RequestsPerMinute = None,
    tpm: limits.TokensPerMinute = None,
    rpd: limits.RequestsPerDay = None,
    tpd: limits.TokensPerDay = None,
    proxy_env: options.ProxyVariable = None,
    disabled: options.Disabled = False,
    config: ConfigFile = None,
) -> None:
    """Add an account. Its key is asked for without echo, or comes from a file or a variable: never from the command line.

    Exit codes: 0 all are there now, 1 something is wrong with one of them.
    """
    common = {
        "provider": provider,
        "label": label,
        "enabled": not disabled,
        "priority": priority,
        "weight": weight,
        "max_concurrency": concurrency,
        "requests_per_minute": rpm,
        "tokens_per_minute": tpm,
        "requests_per_day": rpd,
        "tokens_per_day": tpd,
        "proxy": None if proxy_env is None else read_variable(proxy_env, "--proxy-env"),
    }
    credentials = read_credentials(key_file, key_env, credential_file)
    _show_added(asyncio.run(_add(config, common, credentials, kind)), as_json=False)


async def _add(
    config: Path | None, common: dict[str, Any], credentials: Sequence[dict[str, Any]], kind: str | None
) -> Sequence[Added]:
    async with open_desk(config) as service:
        kinds = await service.kinds(common["provider"])
        return await service.feed(
            OPERATOR, [{**common, **as_written(each, kind, kinds)} for each in credentials]
        )


@app.command("import")
def import_accounts(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH…",
            help="What `export` wrote; with --from, files and directories of another program (`-`: standard input).",
        ),
    ],
    source: Annotated[
        Literal["amazon-q"] | None,
        typer.Option(
            "--from",
            help="Take logins of this kind from token files, databases and account lists of other programs, which are only read.",
        ),
    ] = None,
    provider: Annotated[
        str | None,
        typer.Option("--provider", help="With --from: whose accounts they become; made when there is none."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Accounts that are here take what the file says of them.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of each.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Take in exported accounts, or logins of other programs. What is here already stays as it is, unless --replace.

    Exit codes: 0 all are there now, 1 something is wrong with one of them, 2 a file cannot be read.
    """
    if source is not None:
        if replace:
            raise CommandFailed(
                "--replace is for exports of this gateway alone, not with --from", exit_code=2
            )
        _import_tokens(config, paths, provider, dry_run=dry_run, as_json=as_json)
        return
    if provider is not None or len(paths) > 1:
        raise CommandFailed("--provider and several paths go with --from amazon-q alone", exit_code=2)
    [file] = paths
    try:
        read = AccountFile.model_validate_json(read_text(file))
    except ValidationError as error:
        [first, *_] = problems_of(error)
        said = f"{first.field}: {first.message}" if first.field else first.message
        way_out = "for token files and lists of other programs say --from amazon-q"
        raise CommandFailed(f"{file} is no export of accounts: {said}; {way_out}", exit_code=2) from None
    added = asyncio.run(_import(config, read, replace=replace, dry_run=dry_run))
    _show_added(added, as_json=as_json, dry_run=dry_run)


def _import_tokens(
    config: Path | None, paths: Sequence[Path], provider: str | None, *, dry_run: bool, as_json: bool
) -> None:
    found = find_tokens(paths, Path.home())
    imported = asyncio.run(import_tokens(config, found, provider, dry_run=dry_run))
    show_import(imported, dry_run=dry_run, as_json=as_json)
    if any(each.added.fate is Fate.INVALID for each in imported.taken):
        raise typer.Exit(1)


async def _import(config: Path | None, file: AccountFile, *, replace: bool, dry_run: bool) -> Sequence[Added]:
    async with open_desk(config) as service:
        return await service.import_file(OPERATOR, file, overwrite=replace, dry_run=dry_run)


@app.command("export")
def export_accounts(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to (`-`: standard output).")] = Path(
        "-"
    ),
    with_secrets: Annotated[
        bool,
        typer.Option(
            "--with-secrets", help="With the credentials in plain text. FILE is made readable for you alone."
        ),
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Write every stored account as JSON, without credentials unless they are asked for."""
    exported = asyncio.run(_export(config, with_secrets=with_secrets))
    text = json.dumps(exported, ensure_ascii=False, indent=2) + "\n"
    if str(file) == "-":
        print(text, end="")
        return
    write_private(file, text)
    _say(f"{len(exported['accounts'])} accounts are in {file}.")


async def _export(config: Path | None, *, with_secrets: bool) -> dict[str, Any]:
    async with open_desk(config) as service:
        return await service.export(OPERATOR, with_secrets=with_secrets)


@app.command("test")
def try_accounts(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[ACCOUNT…]", help="Ids or labels; all when left out.")
    ] = None,
    provider: Provider = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Ask each account for a few words, which may cost a little, or for what its upstream tells of it, which does not.

    Exit codes: 0 all answered, 1 one did not.
    """
    trials = asyncio.run(_try(config, names, provider, quietly=as_json))
    if as_json:
        _print_json([trial_row(each) for each in trials])
    raise typer.Exit(0 if all(each.result.ok for each in trials) else 1)


async def _try(
    config: Path | None, names: list[str] | None, provider: str | None, *, quietly: bool
) -> list[Trial]:
    console, trials = Console(highlight=False, soft_wrap=True), []
    async with open_desk(config) as service:
        ids = await _ids(service, names) if names else await service.ids_of(provider)
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("Testing", total=len(ids))
            async for trial in service.try_some(ids):
                trials.append(trial)
                progress.advance(task)
                if not quietly:
                    console.print(trial_line(trial))
    return trials


@app.command("survey")
def survey_accounts(
    names: Annotated[list[str] | None, typer.Argument(metavar="[ACCOUNT…]", help="Ids or labels.")] = None,
    everyone: Annotated[
        bool, typer.Option("--all", help="Every account whose upstream tells of it.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Ask upstreams what they say of accounts: plan, allowance, models. Costs no message.

    What was read within five minutes is shown again. Exit codes: 0 all is told, 1 something could not be read.
    """
    if bool(names) == everyone:
        raise CommandFailed("name accounts, or say --all", exit_code=2)
    readings = asyncio.run(_survey(config, names))
    if as_json:
        _print_json([survey_row(each) for each in readings])
    else:
        print_table(Console(highlight=False), survey_table(readings))
        for line in survey_problems(readings):
            _say(line)
    raise typer.Exit(0 if all(each.is_whole for each in readings) else 1)


async def _survey(config: Path | None, names: list[str] | None) -> list[Reading]:
    async with open_survey_desk(config) as desk:
        ids = await _ids(desk.accounts, names) if names else await desk.accounts.ids_of(None)
        return [each async for each in desk.readings(ids, named=bool(names))]


@app.command("enable")
def enable_accounts(names: Names, config: ConfigFile = None) -> None:
    """Switch accounts on, and forget why they were off."""
    asyncio.run(_act(config, Action.ENABLE, names, "on"))


@app.command("disable")
def disable_accounts(names: Names, config: ConfigFile = None) -> None:
    """Switch accounts off. Requests under way go on."""
    asyncio.run(_act(config, Action.DISABLE, names, "off"))


@app.command("clear-cooldown")
def clear_cooldowns(names: Names, config: ConfigFile = None) -> None:
    """End every rest of accounts now."""
    asyncio.run(_act(config, Action.CLEAR_COOLDOWN, names, "free of rests"))


@app.command("remove")
def remove_accounts(
    names: Names,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigFile = None,
) -> None:
    """Delete accounts with their credentials and counters. `disable` only switches them off."""
    if not yes:
        typer.confirm(f"Delete {', '.join(names)}?", abort=True, err=True)
    asyncio.run(_act(config, Action.DELETE, names, "deleted"))


async def _act(config: Path | None, action: Action, names: list[str], done: str) -> None:
    async with open_desk(config) as service:
        results = await service.bulk(OPERATOR, action, await _ids(service, names))
    for each in results:
        _say(f"{each.id} is {done}." if each.ok else str(each.message))
    if not all(each.ok for each in results):
        raise typer.Exit(1)


async def _ids(service: AccountService, names: Sequence[str]) -> list[str]:
    """Ids of what is named by id or label. Raises `CommandFailed` when a label is that of none or of several."""
    ids = await service.ids_by_label()
    known = {id for some in ids.values() for id in some}
    found = []
    for name in names:
        match [name] if name in known else ids.get(name, []):
            case [one]:
                found.append(one)
            case []:
                raise CommandFailed(f"no account {name!r}: see `isthmus accounts list`")
            case several:
                raise CommandFailed(
                    f"{len(several)} accounts are called {name!r}: give the id, one of {', '.join(several)}"
                )
    return found


def _show_added(added: Sequence[Added], *, as_json: bool, dry_run: bool = False) -> None:
    if as_json:
        _print_json([added_row(each) for each in added])
    else:
        for line in problem_lines(added):
            _say(line)
        ending = ": nothing was changed, run it again without --dry-run" if dry_run else ""
        _say(f"{summary(added)}{ending}.")
    if any(each.fate is Fate.INVALID for each in added):
        raise typer.Exit(1)


def _print_json(rows: Sequence[object]) -> None:
    print(json.dumps(rows, ensure_ascii=False, indent=2))


def _say(text: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
