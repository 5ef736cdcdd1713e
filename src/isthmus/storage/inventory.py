"""What a database is, and how much it holds: for the page that shows an operator what runs here."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import Table, func, select, text

from isthmus.storage.database import Database
from isthmus.storage.schema import accounts, api_keys, conversations, leases, users
from isthmus.storage.upgrade import MIGRATIONS, stored_version

_COUNTED: Final[tuple[Table, ...]] = (accounts, api_keys, conversations, users)
_VERSION: Final = {"sqlite": "SELECT sqlite_version()"}


@dataclass(frozen=True, slots=True)
class Migration:
    revision: str
    title: str


@dataclass(frozen=True, slots=True)
class Lease:
    """What one of the gateways on this database does for all of them."""

    name: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class Stock:
    server_version: str
    """In the engine's own words."""
    schema: str
    """Its last migration."""
    accounts: int
    """Stored ones."""
    api_keys: int
    conversations: int
    users: int
    leases: Sequence[Lease]
    """That hold now."""


@dataclass(frozen=True, slots=True)
class Inventory:
    database: Database

    async def take(self, now_ms: int) -> Stock:
        counts = [select(func.count()).select_from(each).scalar_subquery() for each in _COUNTED]
        held = select(leases).where(leases.c.until_ms > now_ms).order_by(leases.c.name)
        version = _VERSION.get(self.database.engine, "SELECT version()")
        async with self.database.read() as connection:
            numbers = (await connection.execute(select(*counts))).one()
            said = await connection.scalar(text(version))
            schema = await stored_version(connection)
            found = [Lease(row.name, row.until_ms) for row in await connection.execute(held)]
        return Stock(
            server_version=str(said),
            schema=schema,
            accounts=numbers[0],
            api_keys=numbers[1],
            conversations=numbers[2],
            users=numbers[3],
            leases=found,
        )


@cache
def migrations() -> tuple[Migration, ...]:
    """Every one this program knows, the oldest first, by the first line of what it says of itself."""
    return tuple(map(_migration, sorted((MIGRATIONS / "versions").glob("v[0-9]*.py"))))


def _migration(path: Path) -> Migration:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or path.stem
    return Migration(path.name[1:5], said.partition("\n")[0])
