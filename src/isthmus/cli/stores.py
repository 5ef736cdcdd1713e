"""The database and the vault as the configuration describes them: for the gateway, and for commands beside it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from isthmus.cli.failure import CommandFailed
from isthmus.config import Settings, StorageSettings
from isthmus.control.clock import now_ms
from isthmus.core.secret import Secret
from isthmus.storage.data_dir import find_data_dir, make_private
from isthmus.storage.database import Database, open_database
from isthmus.storage.errors import StorageError
from isthmus.storage.key_file import load_or_make_keys
from isthmus.storage.sealing import check_key
from isthmus.storage.vault import Vault, keys_in

DATABASE_FILE: Final = "isthmus.db"


@dataclass(frozen=True, slots=True)
class Stores:
    """Open, and at the present schema."""

    database: Database
    vault: Vault
    settings: Settings
    data_dir: Path
    """May not exist when neither the database nor the key is kept in it."""


@asynccontextmanager
async def open_stores(settings: Settings) -> AsyncIterator[Stores]:
    """What does not exist yet is made. Raises `CommandFailed`: nothing was opened, or a change could not be kept."""
    storage = settings.storage
    data_dir = find_data_dir(storage, os.environ)
    try:
        vault = Vault(secret_keys(storage, data_dir))
        database = await open_database(database_url(storage, data_dir))
        try:
            await check_key(database, vault, now_ms())
            yield Stores(database, vault, settings, data_dir)
        finally:
            await database.close()
    except StorageError as error:
        raise CommandFailed(str(error)) from None


def secret_keys(settings: StorageSettings, data_dir: Path) -> list[Secret]:
    """The configured ones, else those of the key file, the newest first. Raises `StorageError`."""
    return keys_in(settings.secret_key) or load_or_make_keys(data_dir)


def database_url(settings: StorageSettings, data_dir: Path) -> str:
    """The address as SQLAlchemy wants it; the directory of our own SQLite database is made. It may hold a password."""
    if settings.url is not None:
        return settings.url.reveal()
    make_private(data_dir)
    return f"sqlite+aiosqlite:///{data_dir.absolute() / DATABASE_FILE}"
