"""A database with something in every table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Integer, Table, insert, select

from isthmus.storage.backup import saved_tables
from isthmus.storage.database import Database
from isthmus.storage.sealing import sealed_columns
from isthmus.storage.vault import Vault

CANARY = "sk-canary-of-the-backup"


async def stock(database: Database, vault: Vault, rows: int = 3) -> None:
    """That many rows in each, some of their cells empty. What is sealed holds `CANARY`."""

    async def work(connection: Any) -> None:
        for table in saved_tables():
            await connection.execute(
                insert(table), [_row(table, number, vault) for number in range(1, rows + 1)]
            )

    await database.write(work)


async def contents(database: Database, vault: Vault) -> dict[str, list[dict[str, Any]]]:
    """Every row, with what is sealed opened."""
    found = {}
    async with database.read() as connection:
        for table in saved_tables():
            query = select(table).order_by(*table.primary_key.columns)
            rows = [dict(row) for row in (await connection.execute(query)).mappings()]
            for row in rows:
                row |= {each.name: _opened(vault, row[each.name]) for each in sealed_columns(table)}
            found[table.name] = rows
    return found


def _opened(vault: Vault, sealed: str | None) -> str | None:
    return None if sealed is None else vault.open(sealed)


def _row(table: Table, number: int, vault: Vault) -> dict[str, Any]:
    sealed = {each.name for each in sealed_columns(table)}
    return {each.name: _cell(each, number, vault if each.name in sealed else None) for each in table.columns}


def _cell(column: Column[Any], number: int, vault: Vault | None) -> Any:
    if column.nullable and number % 2:
        return None
    if vault is not None:
        return vault.seal(f"{CANARY} {column.name} {number}")
    match column.type:
        case Boolean():
            return number % 3 == 0
        case Integer():
            return number * 4_000_000_000 if "BIG" in str(column.type) else number
        case _:
            return f'{number:05} "ü✓\n'[: getattr(column.type, "length", None)]
