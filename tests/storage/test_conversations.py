"""Conversations on every engine: whose they are, in what order, how long, and that nobody reads them in the database."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from isthmus.core.conversation import Role, Text, Turn
from isthmus.core.remembered import Particulars
from isthmus.core.secret import Secret
from isthmus.storage.conversations import (
    PURGED_AT_ONCE,
    ConversationCounts,
    ConversationStore,
    FoundConversation,
    StoredConversation,
)
from isthmus.storage.database import Database
from isthmus.storage.errors import StorageError
from isthmus.storage.schema import conversation_turns, conversations
from isthmus.storage.sealing import SEALED_TABLES, reseal
from isthmus.storage.vault import Vault

SAID = Particulars("m", "the system canary", "the title canary", {"k": "the metadata canary"})
FIRST = StoredConversation("conv_1", "key:a", SAID, 0, 0, 5, 5)


def turns(*texts: str) -> tuple[Turn, ...]:
    roles = (Role.USER, Role.ASSISTANT)
    return tuple(Turn(roles[at % 2], (Text(each),)) for at, each in enumerate(texts))


@pytest.fixture
def store(database: Database, vault: Vault) -> ConversationStore:
    return ConversationStore(database, vault)


async def test_a_conversation_comes_back_as_it_went(store: ConversationStore) -> None:
    assert await store.add(FIRST, 9, 0)
    assert await store.find("key:a", "conv_1", 0) == FoundConversation(FIRST, ())
    assert await store.append("key:a", "conv_1", 0, 0, turns("a", "b ☂"), 7)
    assert await store.append("key:a", "conv_1", 1, 0, turns("c", "d"), 8)
    stored = replace(FIRST, messages=4, revision=2, used_ms=8)
    assert await store.find("key:a", "conv_1", 8) == FoundConversation(stored, turns("a", "b ☂", "c", "d"))
    assert await store.append("key:a", "conv_1", 2, 2, turns("e", "f"), 9)
    assert await store.find("key:a", "conv_1", 0) == FoundConversation(
        replace(stored, revision=3, used_ms=9),
        turns("c", "d", "e", "f"),
    )


async def test_a_long_message_has_room(store: ConversationStore) -> None:
    await store.add(FIRST, 9, 0)
    long = turns("x" * (3 << 20))
    assert await store.append("key:a", "conv_1", 0, 0, long, 7)
    found = await store.find("key:a", "conv_1", 0)
    assert found is not None
    assert found.turns == long


async def test_a_session_is_that_of_the_last_answer(store: ConversationStore, database: Database) -> None:
    await store.add(FIRST, 9, 0)
    long = ("the session canary ☂" + "x" * (4 << 20)).encode()
    for revision, session in enumerate((long, b"another", b"")):
        assert await store.append("key:a", "conv_1", revision, 0, turns("a", "b"), 7, session)
        found = await store.find("key:a", "conv_1", 0)
        assert found is not None
        assert found.session == session
        async with database.read() as connection:
            sealed = await connection.scalar(select(conversations.c.sealed_session))
        assert (sealed is None) is (session == b"")
        assert "canary" not in (sealed or "")
    assert not await store.append("key:a", "conv_1", 0, 0, turns("a", "b"), 7, b"too late")
    found = await store.find("key:a", "conv_1", 0)
    assert found is not None
    assert found.session == b""


async def test_to_others_it_is_not_there(store: ConversationStore) -> None:
    await store.add(FIRST, 9, 0)
    assert await store.find("key:b", "conv_1", 0) is None
    assert await store.page("key:b", 9, None, 0) == []
    assert await store.page("key:b", 9, "conv_1", 0) == []
    assert not await store.append("key:b", "conv_1", 0, 0, turns("a"), 7)
    assert not await store.delete("key:b", "conv_1", 0)
    assert await store.find("key:A", "conv_1", 0) is None, "owners differ by case"
    assert await store.find("key:a", "conv_1", 0) == FoundConversation(FIRST, ())


async def test_of_two_who_add_at_once_one_is_refused(store: ConversationStore) -> None:
    await store.add(FIRST, 9, 0)
    both = [store.append("key:a", "conv_1", 0, 0, turns(each, "answer"), 7) for each in ("one", "two")]
    assert sorted(await asyncio.gather(*both)) == [False, True]
    found = await store.find("key:a", "conv_1", 0)
    assert found is not None
    assert (len(found.turns), found.stored.messages) == (2, 2)


async def test_pages_go_from_new_to_old(store: ConversationStore) -> None:
    for at in range(5):
        await store.add(replace(FIRST, id=f"conv_{at}", created_ms=at // 2), 9, 0)
    await store.add(replace(FIRST, id="conv_b", owner="key:b"), 9, 0)
    first = await store.page("key:a", 3, None, 0)
    rest = await store.page("key:a", 3, first[-1].id, 0)
    assert [each.id for each in (*first, *rest)] == ["conv_4", "conv_3", "conv_2", "conv_1", "conv_0"]
    assert await store.page("key:a", 3, "conv_none", 0) == []


async def test_an_owner_has_so_many_and_no_more(store: ConversationStore) -> None:
    assert await store.add(FIRST, 1, 0)
    assert not await store.add(replace(FIRST, id="conv_2"), 1, 0)
    assert await store.add(replace(FIRST, id="conv_3", owner="key:b"), 1, 0)
    assert await store.add(replace(FIRST, id="conv_4", used_ms=9), 1, 9), "what has ended does not count"


async def test_what_is_deleted_is_gone_with_its_messages(
    store: ConversationStore, database: Database
) -> None:
    await store.add(FIRST, 9, 0)
    await store.append("key:a", "conv_1", 0, 0, turns("a", "b"), 7)
    assert await store.delete("key:a", "conv_1", 0)
    assert not await store.delete("key:a", "conv_1", 0)
    assert await rows(database) == (0, 0)


async def test_what_was_not_used_is_purged(store: ConversationStore, database: Database) -> None:
    for at in range(3):
        await store.add(replace(FIRST, id=f"conv_{at}", used_ms=at), 9, 0)
        await store.append("key:a", f"conv_{at}", 0, 0, turns("a", "b"), at)
    assert await store.find("key:a", "conv_1", 2) is None
    assert not await store.delete("key:a", "conv_1", 2)
    assert await store.purge(2) == 2
    assert await rows(database) == (1, 2)
    assert await store.purge(2) == 0
    assert PURGED_AT_ONCE > 2


async def test_they_are_counted(store: ConversationStore) -> None:
    assert await store.count(None, 0, 0) == ConversationCounts(0, 0, 0)
    for at, owner in enumerate(("key:a", "key:a", "key:b")):
        await store.add(replace(FIRST, id=f"conv_{at}", owner=owner, created_ms=at, used_ms=10 + at), 9, 0)
    await store.append("key:a", "conv_1", 0, 0, turns("a", "b"), 11)
    assert await store.count(None, 0, 1) == ConversationCounts(3, 2, 2)
    assert await store.count(["key:a"], 11, 0) == ConversationCounts(1, 2, 1)
    assert await store.count([], 0, 0) == ConversationCounts(0, 0, 0)


async def rows(database: Database) -> tuple[int, int]:
    async with database.read() as connection:
        counts = [
            (await connection.execute(select(func.count()).select_from(each))).scalar_one()
            for each in (conversations, conversation_turns)
        ]
    return counts[0], counts[1]


async def test_the_database_alone_says_nothing_of_them(store: ConversationStore, database: Database) -> None:
    await store.add(FIRST, 9, 0)
    await store.append("key:a", "conv_1", 0, 0, turns("the canary", "sings"), 7)
    async with database.read() as connection:
        found = [
            (await connection.execute(select(each))).all() for each in (conversations, conversation_turns)
        ]
    assert "canary" not in str(found)
    assert {conversations, conversation_turns} <= set(SEALED_TABLES)


async def test_another_key_takes_over_and_a_wrong_one_is_told(database: Database, vault: Vault) -> None:
    store = ConversationStore(database, vault)
    await store.add(FIRST, 9, 0)
    await store.append("key:a", "conv_1", 0, 0, turns("a", "b"), 7)
    newer = Secret("a newer key for tests")
    with pytest.raises(StorageError):
        await ConversationStore(database, Vault([newer])).find("key:a", "conv_1", 0)
    await reseal(database, Vault([newer, Secret("a key for tests")]))
    found = await ConversationStore(database, Vault([newer])).find("key:a", "conv_1", 0)
    assert found is not None
    assert (found.stored.said, found.turns) == (SAID, turns("a", "b"))


async def test_what_cannot_be_read_is_named(
    store: ConversationStore, database: Database, vault: Vault
) -> None:
    await store.add(FIRST, 9, 0)
    row = {"conversation_id": "conv_1", "sealed_turn": vault.seal("{}")}
    await database.write(lambda connection: connection.execute(conversation_turns.insert().values(row)))
    with pytest.raises(StorageError, match="conversation 'conv_1' has a message that cannot be read"):
        await store.find("key:a", "conv_1", 0)
