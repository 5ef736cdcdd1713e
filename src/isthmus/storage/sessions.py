"""Who is signed in. A session is known by the hash of a random text that only the browser's cookie holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import delete, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage.database import Database
from isthmus.storage.schema import sessions, users
from isthmus.storage.users import StoredUser, user_from

SEEN_EVERY_MS: Final = 60_000
"""The moment of the last request is written down no more often than this."""
ID_CHARS: Final = 20


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A row of `sessions`: the same columns in the same order."""

    hash: str = field(repr=False)
    user_id: str
    created_ms: int
    expires_ms: int
    last_seen_ms: int
    client: str
    agent: str

    @property
    def id(self) -> str:
        """To name it by in lists; nobody gets in with it."""
        return self.hash[:ID_CHARS]


class SessionStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, session: StoredSession) -> None:
        """Sessions of the same user that have expired are forgotten."""
        row = {column.name: getattr(session, column.name) for column in sessions.c}
        expired = delete(sessions).where(
            sessions.c.user_id == session.user_id, sessions.c.expires_ms <= session.created_ms
        )

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(expired)
            await connection.execute(insert(sessions).values(row))

        await self._database.write(work)

    async def find(self, hash: str, now_ms: int) -> tuple[StoredSession, StoredUser] | None:
        """A session that lasts, of a user who is enabled."""
        wanted = (
            select(sessions, users)
            .join_from(sessions, users, sessions.c.user_id == users.c.id)
            .where(sessions.c.hash == hash, sessions.c.expires_ms > now_ms, users.c.enabled == true())
        )
        async with self._database.read() as connection:
            row = (await connection.execute(wanted)).mappings().first()
        return None if row is None else (_session_from(row), user_from(row))

    async def of_user(self, user_id: str, now_ms: int) -> Sequence[StoredSession]:
        """Those that last, the newest first."""
        wanted = (
            select(sessions)
            .where(sessions.c.user_id == user_id, sessions.c.expires_ms > now_ms)
            .order_by(sessions.c.created_ms.desc(), sessions.c.hash)
        )
        async with self._database.read() as connection:
            return [_session_from(row) for row in (await connection.execute(wanted)).mappings()]

    async def seen(self, session: StoredSession, now_ms: int) -> None:
        """Writes at most once in `SEEN_EVERY_MS`."""
        if now_ms - session.last_seen_ms < SEEN_EVERY_MS:
            return
        statement = update(sessions).where(sessions.c.hash == session.hash).values(last_seen_ms=now_ms)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(statement)

        await self._database.write(work)

    async def end(self, user_id: str, id: str) -> bool:
        """Ends one session of this user by its `id`; False if there was none."""
        mine = (sessions.c.user_id == user_id, sessions.c.hash.startswith(id, autoescape=True))

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(delete(sessions).where(*mine))).rowcount > 0

        return len(id) == ID_CHARS and await self._database.write(work)

    async def end_all(self, user_id: str, keep: str | None = None) -> int:
        """Ends every session of this user but the one of id `keep`; returns how many."""
        mine = [sessions.c.user_id == user_id]
        if keep:
            mine.append(sessions.c.hash.not_like(f"{keep}%"))

        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(delete(sessions).where(*mine))).rowcount

        return await self._database.write(work)


def _session_from(row: Any) -> StoredSession:
    return StoredSession(*(row[column] for column in sessions.c))
