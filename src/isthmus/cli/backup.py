"""`isthmus backup`: the whole database in one file, while gateways go on running."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from isthmus.cli.settings import ConfigFile, load_settings
from isthmus.cli.stores import open_stores, secret_keys
from isthmus.config import Settings
from isthmus.control.clock import now_ms
from isthmus.control.people import OPERATOR
from isthmus.storage.archive import Manifest
from isthmus.storage.audit import AuditLog
from isthmus.storage.backup import Step, Told, back_up

app = typer.Typer(add_completion=False)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to put it, such as isthmus.zip.")],
    config: ConfigFile = None,
    with_key: Annotated[
        bool,
        typer.Option(
            "--with-key", help="Include the secret key: whoever has the file then has every credential."
        ),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE if it exists.")] = False,
) -> None:
    """Save the whole database in one file, while gateways go on running.

    It has one state of everything but sign-ins, is the same for every kind of database, and is readable by its owner alone.
    Credentials in it stay encrypted. `isthmus restore` puts it back, also into a database of another kind.

    Exit codes: 0 done, 1 failed and nothing was written.
    """
    settings = load_settings(config).settings
    manifest = asyncio.run(_back_up(settings, file, with_key=with_key, overwrite=overwrite))
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{manifest.rows} rows of {len(manifest.tables)} tables are in {file}.", markup=False)
    console.print(
        "The secret key is in it: keep it as safe as the credentials themselves."
        if with_key
        else "The secret key is not in it: keep the key elsewhere, or the credentials in this backup are lost with it."
    )


async def _back_up(settings: Settings, file: Path, *, with_key: bool, overwrite: bool) -> Manifest:
    async with open_stores(settings) as stores:
        keys = secret_keys(settings.storage, stores.data_dir) if with_key else []
        with steps_shown("Saving") as told:
            manifest = await back_up(stores.database, file, now_ms(), keys, told, overwrite=overwrite)
        await AuditLog(stores.database).note(
            OPERATOR, "backup.made", file.name, "with key" if with_key else ""
        )
        return manifest


@contextmanager
def steps_shown(doing: str) -> Iterator[Told]:
    """A progress bar on a terminal's standard error, gone at the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(doing, total=None)

        def told(step: Step) -> None:
            progress.update(task, description=f"{doing} {step.table}", total=step.total, advance=step.rows)

        yield told
