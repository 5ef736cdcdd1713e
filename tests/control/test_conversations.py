"""Limits and time-outs of conversations, whatever they are at the moment, and failures in words for clients."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field

import pytest

from isthmus.config import ConversationSettings
from isthmus.control.conversations import DAY_MS, GRACE_MS, MINUTE_MS, ConversationFigures, Conversations
from isthmus.core.conversation import Role, Text, Turn
from isthmus.core.errors import GatewayError, Kind
from isthmus.core.remembered import Particulars
from isthmus.core.secret import Secret
from isthmus.storage.conversations import PURGED_AT_ONCE, ConversationStore
from isthmus.storage.database import Database
from isthmus.storage.engine import open_engines
from isthmus.storage.vault import Vault

ME, OTHER = "key:a", "key:b"
SAID = (Turn(Role.USER, (Text("q"),)), Turn(Role.ASSISTANT, (Text("a"),)))


@dataclass
class World:
    """A clock and settings that a test can change."""

    now_ms: int = 10_000_000
    settings: ConversationSettings = field(default_factory=ConversationSettings)

    def set(self, **values: object) -> None:
        self.settings = ConversationSettings.model_validate(values)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def memory(sqlite: Database, vault: Vault, world: World) -> Conversations:
    store = ConversationStore(sqlite, vault)
    return Conversations(store, lambda: world.settings, lambda: world.now_ms)


async def refused(asked: Awaitable[object], kind: Kind) -> str:
    with pytest.raises(GatewayError) as caught:
        await asked
    assert caught.value.kind is kind
    return caught.value.message


async def test_a_conversation_from_beginning_to_end(memory: Conversations, world: World) -> None:
    begun = await memory.begin(ME, Particulars(title="t"))
    recalled = await memory.recall(ME, begun.id)
    assert (recalled.remembered, recalled.turns) == (begun, ())
    world.now_ms += 5000
    await memory.add(ME, recalled, 0, SAID, b"session")
    again = await memory.recall(ME, begun.id)
    assert (again.turns, again.remembered.messages, again.session) == (SAID, 2, b"session")
    assert again.remembered.used_s == begun.used_s + 5
    await memory.forget(ME, begun.id)
    await refused(memory.recall(ME, begun.id), Kind.NOT_FOUND)
    await refused(memory.forget(ME, begun.id), Kind.NOT_FOUND)


async def test_another_key_hears_what_everybody_hears(memory: Conversations) -> None:
    begun = await memory.begin(ME, Particulars())
    for owner, id in ((OTHER, begun.id), (ME, "conv_" + "0" * 32), (ME, "x\0y"), (ME, "")):
        for asked in (memory.recall(owner, id), memory.forget(owner, id)):
            said = await refused(asked, Kind.NOT_FOUND)
            assert said.replace(repr(id), "") == (
                "no conversation : it never was, has ended, or belongs to another API key. Begin one with "
                "POST /v1/conversations"
            )
    await refused(memory.page(ME, 5, "x\0y"), Kind.NOT_FOUND)
    assert await memory.page(OTHER, 5, None) == ([], False)


async def test_pages_say_whether_there_are_more(memory: Conversations, world: World) -> None:
    ids = []
    for _ in range(3):
        world.now_ms += 1
        ids.append((await memory.begin(ME, Particulars())).id)
    found, more = await memory.page(ME, 2, None)
    assert ([each.id for each in found], more) == (ids[:0:-1], True)
    found, more = await memory.page(ME, 2, found[-1].id)
    assert ([each.id for each in found], more) == (ids[:1], False)


async def test_no_more_than_so_many(memory: Conversations, world: World) -> None:
    world.set(max_per_key=2)
    first = await memory.begin(ME, Particulars())
    await memory.begin(ME, Particulars())
    said = await refused(memory.begin(ME, Particulars()), Kind.CONFLICT)
    assert said.startswith("this API key has 2 conversations already")
    await memory.begin(OTHER, Particulars())
    await memory.forget(ME, first.id)
    await memory.begin(ME, Particulars())


async def test_what_is_not_used_has_ended_and_is_deleted_later(memory: Conversations, world: World) -> None:
    begun = await memory.begin(ME, Particulars())
    recalled = await memory.recall(ME, begun.id)
    world.now_ms += 31 * MINUTE_MS
    await refused(memory.recall(ME, begun.id), Kind.NOT_FOUND)
    assert await memory.page(ME, 5, None) == ([], False)
    assert await memory.forget_old() == 0
    # An answer that was under way since before is kept, and so the conversation goes on.
    await memory.add(ME, recalled, 0, SAID)
    assert (await memory.recall(ME, begun.id)).turns == SAID
    world.now_ms += 30 * MINUTE_MS + GRACE_MS + 1
    world.set(session_timeout_minutes=120)
    assert (await memory.recall(ME, begun.id)).turns == SAID
    world.set()
    assert await memory.forget_old() == 1
    world.set(session_timeout_minutes=525_600)
    await refused(memory.recall(ME, begun.id), Kind.NOT_FOUND)


async def test_many_are_deleted_in_parts(memory: Conversations, world: World) -> None:
    world.set(max_per_key=1000)
    for _ in range(PURGED_AT_ONCE + 1):
        await memory.begin(ME, Particulars())
    world.now_ms += 30 * MINUTE_MS + GRACE_MS + 1
    assert await memory.forget_old() == PURGED_AT_ONCE + 1


async def test_they_are_counted_by_owner(memory: Conversations, world: World) -> None:
    world.now_ms = 3 * DAY_MS - 1000
    begun = await memory.begin(ME, Particulars())
    await memory.begin(OTHER, Particulars())
    world.now_ms += 2000
    await memory.add(ME, await memory.recall(ME, begun.id), 0, SAID)
    await memory.begin(ME, Particulars())
    assert await memory.figures() == ConversationFigures(kept=3, messages=2, begun_today=1)
    assert await memory.figures([ME]) == ConversationFigures(kept=2, messages=2, begun_today=1)
    assert await memory.figures([]) == await memory.figures(["key:c"]) == ConversationFigures(0, 0, 0)
    world.now_ms += 30 * MINUTE_MS - 1500
    assert await memory.figures() == ConversationFigures(kept=2, messages=2, begun_today=1)
    world.set(enabled=False)
    assert await memory.figures() is None


async def test_a_count_that_fails_is_no_failure_of_the_figures_beside_it(world: World, vault: Vault) -> None:
    nowhere = Database(open_engines("postgresql+asyncpg://nobody@127.0.0.1:1/none"))
    memory = Conversations(ConversationStore(nowhere, vault), lambda: world.settings, lambda: world.now_ms)
    assert await memory.figures() is None
    await nowhere.close()


async def test_they_are_deleted_while_the_gateway_runs(memory: Conversations, world: World) -> None:
    begun = await memory.begin(ME, Particulars())
    assert await memory.store.find(ME, begun.id, 0) is not None
    world.now_ms += 30 * MINUTE_MS + GRACE_MS + 1
    running = asyncio.create_task(memory.run(0))
    async with asyncio.timeout(20):
        while await memory.store.find(ME, begun.id, 0) is not None:
            await asyncio.sleep(0.01)
    running.cancel()


async def test_who_comes_second_is_told(memory: Conversations) -> None:
    begun = await memory.begin(ME, Particulars())
    recalled = await memory.recall(ME, begun.id)
    await memory.add(ME, recalled, 0, SAID)
    said = await refused(memory.add(ME, recalled, 0, SAID), Kind.CONFLICT)
    assert said.startswith(f"conversation {begun.id} was changed by another request")
    assert (await memory.recall(ME, begun.id)).turns == SAID


async def test_a_database_that_is_away_is_nobodys_fault(
    memory: Conversations, sqlite: Database, world: World
) -> None:
    begun = await memory.begin(ME, Particulars())
    recalled = await memory.recall(ME, begun.id)
    locked = ConversationStore(sqlite, Vault([Secret("another key for tests")]))
    said = await refused(
        Conversations(locked, lambda: world.settings, lambda: world.now_ms).page(ME, 1, None), Kind.OVERLOADED
    )
    assert said == "conversations cannot be read or written at present: ask again in a moment"
    await sqlite.close()
    await refused(memory.add(ME, recalled, 0, SAID), Kind.OVERLOADED)
    await refused(memory.begin(ME, Particulars()), Kind.OVERLOADED)
    await refused(memory.forget(ME, begun.id), Kind.OVERLOADED)


async def test_settings_count_from_the_moment_they_change(memory: Conversations, world: World) -> None:
    assert (memory.enabled, memory.max_messages) == (True, 20)
    world.set(enabled=False, max_history_messages=4)
    assert (memory.enabled, memory.max_messages) == (False, 4)
