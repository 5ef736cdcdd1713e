"""Tokens that scripts show instead of a session: only their hash is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import delete, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage.database import Database
from isthmus.storage.schema import api_tokens, users
from isthmus.storage.users import StoredUser, user_from

USED_EVERY_MS: Final = 60_000
"""The moment of the last use is written down no more often than this."""


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A row of `api_tokens`: the same columns in the same order."""

    id: str
    user_id: str
    name: str
    hash: str = field(repr=False)
    prefix: str
    """Its first characters, to tell it from others."""
    created_ms: int
    expires_ms: int | None = None
    last_used_ms: int | None = None


class TokenStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, token: StoredToken) -> None:
        row = {column.name: getattr(token, column.name) for column in api_tokens.c}

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(insert(api_tokens).values(row))

        await self._database.write(work)

    async def find(self, hash: str, now_ms: int) -> tuple[StoredToken, StoredUser] | None:
        """A token that has not expired, of a user who is enabled."""
        lasts = or_(api_tokens.c.expires_ms.is_(None), api_tokens.c.expires_ms > now_ms)
        wanted = (
            select(api_tokens, users)
            .join_from(api_tokens, users, api_tokens.c.user_id == users.c.id)
            .where(api_tokens.c.hash == hash, lasts, users.c.enabled == true())
        )
        async with self._database.read() as connection:
            row = (await connection.execute(wanted)).mappings().first()
        return None if row is None else (_token_from(row), user_from(row))

    async def of_user(self, user_id: str, after_id: str, limit: int) -> Sequence[StoredToken]:
        """By id, from the first one behind `after_id`; expired ones too, so that their owner sees why a script failed."""
        wanted = (
            select(api_tokens)
            .where(api_tokens.c.user_id == user_id, api_tokens.c.id > after_id)
            .order_by(api_tokens.c.id)
            .limit(limit)
        )
        async with self._database.read() as connection:
            return [_token_from(row) for row in (await connection.execute(wanted)).mappings()]

    async def used(self, token: StoredToken, now_ms: int) -> None:
        """Writes at most once in `USED_EVERY_MS`."""
        if token.last_used_ms is not None and now_ms - token.last_used_ms < USED_EVERY_MS:
            return
        statement = update(api_tokens).where(api_tokens.c.id == token.id).values(last_used_ms=now_ms)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(statement)

        await self._database.write(work)

    async def remove(self, user_id: str, id: str) -> bool:
        """A token of this user; False if there was none."""
        mine = (api_tokens.c.user_id == user_id, api_tokens.c.id == id)

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(delete(api_tokens).where(*mine))).rowcount > 0

        return await self._database.write(work)


def _token_from(row: Any) -> StoredToken:
    return StoredToken(*(row[column] for column in api_tokens.c))
