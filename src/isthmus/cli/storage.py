"""`isthmus storage`: the database and its key."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from isthmus.cli.settings import ConfigFile, load_settings
from isthmus.cli.stores import Stores, open_stores
from isthmus.config import Settings
from isthmus.storage.data_dir import find_data_dir
from isthmus.storage.key_file import load_or_make_keys, new_key, replace_keys
from isthmus.storage.sealing import reseal

app = typer.Typer(add_completion=False, no_args_is_help=True, help="The database and its secret key.")


@app.callback()
def storage() -> None:
    """The database and its secret key."""


@app.command("rotate-key")
def rotate_key(
    config: ConfigFile = None,
    forget_old: Annotated[
        bool,
        typer.Option(
            "--forget-old",
            help="Remove the earlier keys from the key file. Backups made before then need them.",
        ),
    ] = False,
) -> None:
    """Encrypt every stored credential with the newest secret key.

    With a key file, a new key is made first and the earlier ones are kept below it. With `storage.secret_key`, put the new key
    in front of the present one, separated by a comma, before you run this. Running gateways have to be restarted.

    Exit codes: 0 done, 1 failed; it may then be run again.
    """
    settings = load_settings(config).settings
    key_file = not settings.storage.secret_key
    data_dir = find_data_dir(settings.storage, os.environ)
    if key_file:
        asyncio.run(_check(settings))
        replace_keys(data_dir, [new_key(), *load_or_make_keys(data_dir)])
    rows = asyncio.run(_reseal(settings))
    if key_file and forget_old:
        replace_keys(data_dir, load_or_make_keys(data_dir)[:1])
    Console(highlight=False, soft_wrap=True).print(
        f"Rows sealed with the newest key: {rows}. {_next(key_file, forget_old)}"
    )


def _next(key_file: bool, forgotten: bool) -> str:
    if not key_file:
        return (
            "Remove the earlier keys from storage.secret_key when every gateway has been restarted with both."
        )
    kept = "The earlier keys are forgotten" if forgotten else "The earlier keys stay in the key file"
    return f"{kept}. Restart running gateways now."


async def _check(settings: Settings) -> None:
    """A database that cannot be opened must not get a new key."""
    async with open_stores(settings):
        pass


async def _reseal(settings: Settings) -> int:
    async with open_stores(settings) as stores:
        return await _with_progress(stores)


async def _with_progress(stores: Stores) -> int:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Sealing anew", total=None)
        return await reseal(stores.database, stores.vault, lambda rows: progress.advance(task, rows))
