"""Providers that were added while the gateway ran. Those of the configuration file are not here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.core.secret import Secret
from isthmus.storage import schema
from isthmus.storage.accounts import TOPIC
from isthmus.storage.database import Database, touch
from isthmus.storage.older_settings import up_to_date
from isthmus.storage.vault import Vault

_table: Final = schema.providers
_MARK: Final = "$secret"


@dataclass(frozen=True, slots=True)
class StoredProvider:
    name: str
    type: str
    settings: Mapping[str, Any]
    """As a provider in the configuration file, without `type` and `api_key`. What is secret in them is a `Secret`."""
    created_ms: int
    updated_ms: int
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Removal:
    """What came of the wish to remove a provider."""

    found: bool
    accounts: int
    """How many accounts it had."""
    done: bool


class ProviderStore:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def load_all(self) -> list[StoredProvider]:
        """In the order they were made. Raises `VaultError`."""
        query = select(_table).order_by(_table.c.created_ms, _table.c.name)
        async with self._database.read() as connection:
            return [self._provider(row) for row in (await connection.execute(query)).mappings()]

    async def switched_off(self) -> frozenset[str]:
        """Names of those that are."""
        query = select(_table.c.name).where(_table.c.enabled.is_(False))
        async with self._database.read() as connection:
            return frozenset((await connection.execute(query)).scalars())

    async def find(self, name: str) -> StoredProvider | None:
        async with self._database.read() as connection:
            row = (await connection.execute(select(_table).where(_table.c.name == name))).mappings().first()
        return None if row is None else self._provider(row)

    async def add(self, provider: StoredProvider) -> bool:
        """False when the name is taken."""

        async def write(connection: AsyncConnection) -> None:
            await connection.execute(insert(_table), self._row(provider))
            await touch(connection, TOPIC)

        try:
            await self._database.write(write)
        except IntegrityError:
            return False
        return True

    async def change(
        self, name: str, edit: Callable[[StoredProvider], StoredProvider]
    ) -> StoredProvider | None:
        """Read and written in one transaction; the name stays. None when there is no such provider."""

        async def rewrite(connection: AsyncConnection) -> StoredProvider | None:
            query = select(_table).where(_table.c.name == name).with_for_update()
            row = (await connection.execute(query)).mappings().first()
            if row is None:
                return None
            edited = edit(self._provider(row))
            await connection.execute(update(_table).where(_table.c.name == name).values(self._row(edited)))
            await touch(connection, TOPIC)
            return edited

        return await self._database.write(rewrite)

    async def remove(self, name: str, *, with_accounts: bool) -> Removal:
        """Removes a provider that has no accounts, or together with them and their cooldowns; all or nothing."""
        accounts, cooldowns = schema.accounts, schema.cooldowns

        async def write(connection: AsyncConnection) -> Removal:
            query = select(_table.c.name).where(_table.c.name == name).with_for_update()
            if (await connection.execute(query)).first() is None:
                return Removal(found=False, accounts=0, done=False)
            belongs = accounts.c.provider == name
            count = (await connection.execute(select(func.count()).where(belongs))).scalar_one()
            if count and not with_accounts:
                return Removal(found=True, accounts=count, done=False)
            ids = select(accounts.c.id).where(belongs)
            await connection.execute(delete(cooldowns).where(cooldowns.c.account_id.in_(ids)))
            await connection.execute(delete(accounts).where(belongs))
            await connection.execute(delete(_table).where(_table.c.name == name))
            await touch(connection, TOPIC)
            return Removal(found=True, accounts=count, done=True)

        return await self._database.write(write)

    def _provider(self, row: RowMapping) -> StoredProvider:
        settings = json.loads(self._vault.open(row["sealed_settings"]), object_hook=_unmarked)
        return StoredProvider(
            row["name"],
            row["type"],
            up_to_date(row["type"], settings),
            row["created_ms"],
            row["updated_ms"],
            row["enabled"],
        )

    def _row(self, provider: StoredProvider) -> dict[str, Any]:
        return {
            "name": provider.name,
            "type": provider.type,
            "sealed_settings": self._vault.seal(json.dumps(dict(provider.settings), default=_marked)),
            "enabled": provider.enabled,
            "created_ms": provider.created_ms,
            "updated_ms": provider.updated_ms,
        }


def _marked(value: object) -> object:
    """What JSON has no word for: a secret, marked so that it comes back as one, and mappings of other kinds."""
    match value:
        case Secret():
            return {_MARK: value.reveal()}
        case Mapping():
            return dict(value)
        case _:
            raise TypeError(f"settings of a provider are JSON values, not {type(value).__name__}")


def _unmarked(found: dict[str, Any]) -> object:
    match found:
        case {"$secret": str(text), **rest} if not rest:  # `_MARK`; a pattern takes no names.
            return Secret(text)
        case _:
            return found
