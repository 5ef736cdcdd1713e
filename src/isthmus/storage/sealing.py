"""What is sealed in the database: whether our keys open it, and how it comes under a new key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Column, Table, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage.database import Database
from isthmus.storage.errors import VaultError
from isthmus.storage.schema import metadata, vault_canary
from isthmus.storage.vault import Vault

_CANARY: Final = "The right key opens this."
_ROWS_AT_ONCE: Final = 200


async def check_key(database: Database, vault: Vault, now_ms: int) -> None:
    """Raises `VaultError` when this database was sealed with other keys. A new one is sealed with these from now on."""

    async def put(connection: AsyncConnection) -> None:
        row = {"id": 1, "sealed_text": vault.seal(_CANARY), "created_ms": now_ms}
        await connection.execute(insert(vault_canary).values(row))

    if (sealed := await _canary(database)) is None:
        with suppress(IntegrityError):  # Another process was quicker, perhaps with another key.
            await database.write(put)
        sealed = await _canary(database)
    if sealed is not None and not vault.opens(sealed):
        raise VaultError(
            f"{database.address} was sealed with another secret key: set storage.secret_key to the one it was made with, or "
            "put the file secret.key back into the data directory"
        )


async def _canary(database: Database) -> str | None:
    async with database.read() as connection:
        sealed: str | None = await connection.scalar(select(vault_canary.c.sealed_text))
        return sealed


def sealed_columns(table: Table) -> list[Column[Any]]:
    return [each for each in table.columns if each.name.startswith("sealed_")]


SEALED_TABLES: Final = tuple(each for each in metadata.sorted_tables if sealed_columns(each))


async def reseal(database: Database, vault: Vault, told: Callable[[int], None] = lambda _: None) -> int:
    """Brings every sealed value under the vault's newest key; returns how many rows that were. `told` hears of each batch.

    May be cut short and begun again. Raises `VaultError`, naming the row, for one that no key at hand opens.
    """
    done = 0
    for table in SEALED_TABLES:
        last: Any = None
        while keys := await database.write(_batch(table, vault, last)):
            done, last = done + len(keys), keys[-1]
            told(len(keys))
    return done


def _batch(table: Table, vault: Vault, last: Any) -> Callable[[AsyncConnection], Any]:
    """Reseals the rows after `last` and returns their keys."""
    (key,) = table.primary_key.columns
    columns = sealed_columns(table)
    # Locked, or a token that is refreshed meanwhile would be overwritten with the one before.
    query = select(key, *columns).order_by(key).limit(_ROWS_AT_ONCE).with_for_update()

    async def work(connection: AsyncConnection) -> Sequence[Any]:
        rows = (await connection.execute(query if last is None else query.where(key > last))).all()
        for id, *values in rows:
            anew = {
                column.name: _resealed(vault, value, f"{table.name} {id!r}")
                for column, value in zip(columns, values, strict=True)
            }
            await connection.execute(update(table).where(key == id).values(anew))
        return [row[0] for row in rows]

    return work


def _resealed(vault: Vault, sealed: str | None, where: str) -> str | None:
    if sealed is None:
        return None
    try:
        return vault.reseal(sealed)
    except VaultError as error:
        raise VaultError(f"{where}: {error}") from None
