"""Conversations and their messages, sealed: whoever has the database alone can read none of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, case, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.core.conversation import Turn
from isthmus.core.remembered import Particulars
from isthmus.storage.database import Database
from isthmus.storage.errors import StorageError
from isthmus.storage.schema import conversation_turns, conversations
from isthmus.storage.turn_texts import turn_from, turn_text
from isthmus.storage.vault import Vault

PURGED_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class StoredConversation:
    id: str
    owner: str
    said: Particulars
    messages: int
    revision: int
    created_ms: int
    used_ms: int


@dataclass(frozen=True, slots=True)
class FoundConversation:
    stored: StoredConversation
    turns: tuple[Turn, ...]
    session: bytes = b""
    """What a provider wants to find again; b"" for nothing."""


@dataclass(frozen=True, slots=True)
class ConversationCounts:
    conversations: int
    messages: int
    begun: int
    """Of these, since the moment that was asked for."""


class ConversationStore:
    """To everybody but its owner a conversation is not there. `since_ms`: nor is one that was last used before."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def add(self, conversation: StoredConversation, at_most: int, since_ms: int) -> bool:
        """False, and nothing is added, when its owner has `at_most` already. Two that come at once may be one too many."""
        owned = select(func.count()).where(*_of(conversation.owner, since_ms))
        row = {
            "id": conversation.id,
            "owner": conversation.owner,
            "sealed_particulars": self._vault.seal(_text(asdict(conversation.said))),
            "messages": conversation.messages,
            "revision": conversation.revision,
            "created_ms": conversation.created_ms,
            "used_ms": conversation.used_ms,
        }

        async def work(connection: AsyncConnection) -> bool:
            if (await connection.execute(owned)).scalar_one() >= at_most:
                return False
            await connection.execute(insert(conversations).values(row))
            return True

        return await self._database.write(work)

    async def page(
        self, owner: str, limit: int, after: str | None, since_ms: int
    ) -> Sequence[StoredConversation]:
        """The newest first, those behind the one of id `after`; none when that is not there."""
        table = conversations.c
        wanted = (
            select(*_SHOWN)
            .where(*_of(owner, since_ms))
            .order_by(table.created_ms.desc(), table.id.desc())
            .limit(limit)
        )
        async with self._database.read() as connection:
            if after is not None:
                last = select(table.created_ms, table.id).where(table.id == after, table.owner == owner)
                if (found := (await connection.execute(last)).first()) is None:
                    return []
                same = (table.created_ms == found.created_ms) & (table.id < found.id)
                wanted = wanted.where((table.created_ms < found.created_ms) | same)
            rows = (await connection.execute(wanted)).mappings().all()
        return [self._from(row) for row in rows]

    async def find(self, owner: str, id: str, since_ms: int) -> FoundConversation | None:
        wanted = select(conversations).where(conversations.c.id == id, *_of(owner, since_ms))
        said = (
            select(conversation_turns.c.sealed_turn)
            .where(conversation_turns.c.conversation_id == id)
            .order_by(conversation_turns.c.id)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(wanted)).mappings().first()
            if row is None:
                return None
            sealed = (await connection.execute(said)).scalars().all()
        session = row["sealed_session"]
        return FoundConversation(
            self._from(row),
            tuple(self._turn(each, id) for each in sealed),
            b"" if session is None else self._vault.open(session).encode(),
        )

    async def count(
        self, owners: Collection[str] | None, since_ms: int, begun_since_ms: int
    ) -> ConversationCounts:
        """Of these owners; None for everybody's."""
        table = conversations.c
        begun = func.sum(case((table.created_ms >= begun_since_ms, 1), else_=0))
        wanted = select(func.count(), func.sum(table.messages), begun).where(table.used_ms >= since_ms)
        if owners is not None:
            wanted = wanted.where(table.owner.in_(owners))
        async with self._database.read() as connection:
            found = (await connection.execute(wanted)).one()
        return ConversationCounts(*(int(each or 0) for each in found))

    async def append(
        self,
        owner: str,
        id: str,
        revision: int,
        forget: int,
        turns: Sequence[Turn],
        now_ms: int,
        session: bytes = b"",
    ) -> bool:
        """Adds `turns`, deletes the `forget` oldest and replaces the session, which is text. False when the conversation is not at
        this revision any more."""
        table, mine = conversations.c, conversation_turns.c
        rows = [{"conversation_id": id, "sealed_turn": self._vault.seal(turn_text(turn))} for turn in turns]
        advance = (
            update(conversations)
            .where(table.id == id, table.owner == owner, table.revision == revision)
            .values(
                revision=revision + 1,
                messages=table.messages + (len(rows) - forget),
                used_ms=now_ms,
                sealed_session=self._vault.seal(session.decode()) if session else None,
            )
        )
        oldest = select(mine.id).where(mine.conversation_id == id).order_by(mine.id).limit(forget)

        async def work(connection: AsyncConnection) -> bool:
            if not (await connection.execute(advance)).rowcount:
                return False
            if forget:
                gone = (await connection.execute(oldest)).scalars().all()
                await connection.execute(delete(conversation_turns).where(mine.id.in_(gone)))
            # One by one: of rows inserted together MariaDB and PostgreSQL do not promise the order of the ids.
            for row in rows:
                await connection.execute(insert(conversation_turns).values(row))
            return True

        return await self._database.write(work)

    async def delete(self, owner: str, id: str, since_ms: int) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            mine = delete(conversations).where(conversations.c.id == id, *_of(owner, since_ms))
            if not (await connection.execute(mine)).rowcount:
                return False
            said = delete(conversation_turns).where(conversation_turns.c.conversation_id == id)
            await connection.execute(said)
            return True

        return await self._database.write(work)

    async def purge(self, before_ms: int) -> int:
        """Deletes what was last used before; a part of it at a time. Returns how many conversations that were."""
        table = conversations.c
        old = (
            select(table.id)
            .where(table.used_ms < before_ms)
            .order_by(table.id)
            .limit(PURGED_AT_ONCE)
            .with_for_update()
        )

        async def work(connection: AsyncConnection) -> int:
            ids = (await connection.execute(old)).scalars().all()
            await connection.execute(
                delete(conversation_turns).where(conversation_turns.c.conversation_id.in_(ids))
            )
            await connection.execute(delete(conversations).where(table.id.in_(ids)))
            return len(ids)

        return await self._database.write(work)

    def _from(self, row: Any) -> StoredConversation:
        said = _particulars.decode(self._vault.open(row["sealed_particulars"]))
        return StoredConversation(
            row["id"],
            row["owner"],
            said,
            row["messages"],
            row["revision"],
            row["created_ms"],
            row["used_ms"],
        )

    def _turn(self, sealed: str, id: str) -> Turn:
        try:
            return turn_from(self._vault.open(sealed))
        except ValueError as error:
            raise StorageError(f"conversation {id!r} has a message that cannot be read: {error}") from None


_SHOWN: Final = tuple(each for each in conversations.c if each.name != "sealed_session")
_particulars: Final = msgspec.json.Decoder(Particulars)


def _of(owner: str, since_ms: int) -> tuple[ColumnElement[bool], ...]:
    return conversations.c.owner == owner, conversations.c.used_ms >= since_ms


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
