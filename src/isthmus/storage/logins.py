"""Sign-ins that wait for a person, and those whose result waits to become an account. Everything secret in them is sealed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage import schema
from isthmus.storage.database import Database
from isthmus.storage.vault import Vault

_table: Final = schema.logins


@dataclass(frozen=True, slots=True)
class StoredLogin:
    id: str
    provider: str
    method: str
    state: str
    secrets: Mapping[str, Any] = field(repr=False)
    """What is needed to go on, as JSON values; empty when it is over."""
    url: str
    plain_url: str
    code: str
    created_ms: int
    expires_ms: int
    next_poll_ms: int
    result: Mapping[str, Any] | None = field(default=None, repr=False)
    """The account to be, as JSON values."""
    problem: str | None = None
    account_id: str | None = None
    """The account that signs in again, or the one that was made."""


class LoginStore:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def add(self, login: StoredLogin) -> None:
        row = self._row(login)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(insert(_table), row)

        await self._database.write(work)

    async def find(self, id: str) -> StoredLogin | None:
        """Raises `VaultError`."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(_table).where(_table.c.id == id))).mappings().first()
        return None if row is None else self._login(row)

    async def load_all(self) -> list[StoredLogin]:
        """The newest first. Raises `VaultError`."""
        query = select(_table).order_by(_table.c.created_ms.desc(), _table.c.id)
        async with self._database.read() as connection:
            return [self._login(row) for row in (await connection.execute(query)).mappings()]

    async def claim(self, id: str, state: str, now_ms: int, until_ms: int) -> bool:
        """Whether the caller is the one to poll now. Nobody else is before `until_ms`."""
        due = (_table.c.id == id, _table.c.state == state, _table.c.next_poll_ms <= now_ms)
        statement = update(_table).where(*due).values(next_poll_ms=until_ms)

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(statement)).rowcount == 1

        return await self._database.write(work)

    async def replace(self, login: StoredLogin, state: str) -> bool:
        """Puts it in place of what is stored, if that is still in this state. False: somebody has gone on or given up."""
        statement = update(_table).where(_table.c.id == login.id, _table.c.state == state)
        row = self._row(login)

        async def work(connection: AsyncConnection) -> bool:
            # Locked and counted first: MySQL reports no row whose values are what they were.
            query = select(_table.c.id).where(_table.c.id == login.id, _table.c.state == state)
            if (await connection.execute(query.with_for_update())).first() is None:
                return False
            await connection.execute(statement.values(row))
            return True

        return await self._database.write(work)

    async def remove(self, id: str) -> bool:
        """False if there was none."""

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(delete(_table).where(_table.c.id == id))).rowcount > 0

        return await self._database.write(work)

    async def forget_expired(self, before_ms: int) -> int:
        """Deletes those that ended before; returns how many."""

        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(delete(_table).where(_table.c.expires_ms < before_ms))).rowcount

        return await self._database.write(work)

    def _login(self, row: RowMapping) -> StoredLogin:
        sealed = row["sealed_result"]
        return StoredLogin(
            **{name: row[name] for name in _PLAIN},
            secrets=json.loads(self._vault.open(row["sealed_state"])),
            result=None if sealed is None else json.loads(self._vault.open(sealed)),
        )

    def _row(self, login: StoredLogin) -> dict[str, Any]:
        result = login.result
        return {name: getattr(login, name) for name in _PLAIN} | {
            "sealed_state": self._vault.seal(json.dumps(dict(login.secrets))),
            "sealed_result": None if result is None else self._vault.seal(json.dumps(dict(result))),
        }


_PLAIN: Final = [name for name in StoredLogin.__dataclass_fields__ if name in _table.c]
"""Columns that hold what the field of the same name holds."""
