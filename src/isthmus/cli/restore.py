"""`isthmus restore`: a backup back into a database, of whatever kind."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from isthmus.cli.backup import steps_shown
from isthmus.cli.settings import ConfigFile, load_settings
from isthmus.cli.stores import open_stores
from isthmus.config import Settings
from isthmus.control.people import OPERATOR
from isthmus.storage.archive import Manifest
from isthmus.storage.audit import AuditLog
from isthmus.storage.restore import restore as put_back

app = typer.Typer(add_completion=False)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `isthmus backup` made.")],
    config: ConfigFile = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace everything in a database that is not empty.")
    ] = False,
) -> None:
    """Put a backup into the configured database, all of it or nothing.

    Backups of earlier versions are brought to the present schema. What is encrypted in the file is opened with the key in it,
    or with one of yours, and encrypted with your newest key. Everybody has to sign in again. Stop running gateways first:
    those that go on see the restored state too, but may add to it.

    Exit codes: 0 done, 1 failed and the database is as it was.
    """
    settings = load_settings(config).settings
    manifest = asyncio.run(_restore(settings, file, replace=replace))
    Console(highlight=False, soft_wrap=True).print(
        f"{manifest.rows} rows of {len(manifest.tables)} tables are restored from {file}.", markup=False
    )


async def _restore(settings: Settings, file: Path, *, replace: bool) -> Manifest:
    async with open_stores(settings) as stores:
        with steps_shown("Restoring") as told:
            manifest = await put_back(stores.database, file, stores.vault, told, replace=replace)
        await AuditLog(stores.database).note(OPERATOR, "backup.restored", file.name)
        return manifest
