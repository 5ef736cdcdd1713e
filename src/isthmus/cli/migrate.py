"""`isthmus migrate`: take over from another program what it had, and say what became of each of its keys."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from isthmus.cli.carry import carry
from isthmus.cli.failure import CommandFailed
from isthmus.cli.migration_report import as_json, print_report
from isthmus.cli.settings import ConfigFile, load_settings
from isthmus.config.problems import way_out_among
from isthmus.control.carrying import Outcome, Result
from isthmus.control.clock import now_ms
from isthmus.migrate.haul import Haul, NotThatProgram
from isthmus.migrate.programs import PROGRAMS
from isthmus.migrate.source import Options, Unreadable

app = typer.Typer(add_completion=False)

UNREADABLE = 2


@app.command()
def migrate(
    program: Annotated[
        str, typer.Argument(metavar="FROM", help=f"The other program: {', '.join(PROGRAMS)}.")
    ],
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="Its configuration: a file, or the directory it runs in.")
    ] = Path(),
    config: ConfigFile = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done. Nothing is stored.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Overwrite what is here already, instead of leaving it.")
    ] = False,
    with_logs: Annotated[
        bool, typer.Option("--with-logs", help="Also carry its request log, where it has one.")
    ] = False,
    profile: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which of several configurations side by side is meant."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the report to a file, as plain text.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Take over providers, accounts, keys and settings from another program.

    Its files are read and never changed; nothing of it is run. The report has four lists: carried, changed, left out and
    unknown. Running it again finds everything here already.

    Exit codes: 0 done, 1 failed or nothing could be carried, 2 PATH is not a configuration of FROM.
    """
    settings = load_settings(config).settings
    haul = _read(program, path, Options(os.environ, now_ms(), with_logs=with_logs, profile=profile))
    outcomes = asyncio.run(carry(settings, haul, replace=replace, dry_run=dry_run))
    if json:
        print(as_json(haul, outcomes, dry_run=dry_run))
    else:
        print_report(Console(highlight=False, soft_wrap=True), haul, outcomes, dry_run=dry_run)
    if report is not None:
        _write(report, haul, outcomes, dry_run=dry_run)
    if not _has_anything(haul) or _all_refused(outcomes):
        raise typer.Exit(1)


def _read(program: str, path: Path, options: Options) -> Haul:
    """Raises `CommandFailed`."""
    if program not in PROGRAMS:
        said = f"no program {program!r} to migrate from: {way_out_among(program, list(PROGRAMS))}"
        raise CommandFailed(said, exit_code=UNREADABLE)
    try:
        return PROGRAMS[program].read(path, options)
    except (NotThatProgram, Unreadable) as error:
        raise CommandFailed(str(error), exit_code=UNREADABLE) from None


def _write(file: Path, haul: Haul, outcomes: Sequence[Outcome], *, dry_run: bool) -> None:
    """Keys that were made are not in it: they are shown once, to whoever ran the command."""
    try:
        with file.open("w", encoding="utf-8") as opened:
            console = Console(file=opened, highlight=False, soft_wrap=True, width=120)
            print_report(console, haul, outcomes, dry_run=dry_run, with_secrets=False)
    except OSError as error:
        print(f"isthmus: the report cannot be written to {file}: {error.strerror}", file=sys.stderr)
        raise typer.Exit(1) from None


def _has_anything(haul: Haul) -> bool:
    return any(
        (haul.providers, haul.accounts, haul.keys, haul.settings, haul.aliases, haul.blocks, haul.prices)
    )


def _all_refused(outcomes: Sequence[Outcome]) -> bool:
    return bool(outcomes) and all(each.result is Result.REFUSED for each in outcomes)
