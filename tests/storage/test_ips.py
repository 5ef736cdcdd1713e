"""Blocks come back while they last."""

import asyncio

from isthmus.storage.database import Database
from isthmus.storage.ips import TOPIC, BlockedNetwork, BlockStore

FOR_GOOD = BlockedNetwork("203.0.113.0/24", "scans", 10)
FOR_A_WHILE = BlockedNetwork("2001:db8::/32", "", 20, expires_ms=100)


async def test_blocks_come_back_while_they_last(database: Database) -> None:
    store = BlockStore(database)
    await store.put([FOR_GOOD, FOR_A_WHILE])
    assert sorted(await store.load(99), key=lambda block: block.created_ms) == [FOR_GOOD, FOR_A_WHILE]
    assert await store.load(100) == [FOR_GOOD]
    assert await store.page(100, None, 10) == [FOR_GOOD]


async def test_a_network_has_one_block(database: Database) -> None:
    store = BlockStore(database)
    again = BlockedNetwork(FOR_GOOD.network, "again", 30, expires_ms=40)
    await store.put([FOR_GOOD])
    await store.put([FOR_A_WHILE, again])
    assert await store.get(FOR_GOOD.network) == again
    await asyncio.gather(*(store.put([again, FOR_A_WHILE]) for _ in range(6)))
    assert len(await store.load(0)) == 2


async def test_ended_blocks_are_removed_by_the_next(database: Database) -> None:
    store = BlockStore(database)
    await store.put([FOR_A_WHILE])
    await store.put([BlockedNetwork("198.51.100.1/32", "", 200)])
    assert [block.network for block in await store.load(0)] == ["198.51.100.1/32"]


async def test_gateways_notice_a_block_and_its_end(database: Database) -> None:
    store = BlockStore(database)
    await store.put([FOR_GOOD])
    first = (await database.revisions())[TOPIC]
    assert await store.remove(FOR_GOOD.network)
    assert not await store.remove(FOR_GOOD.network)
    await store.put([])
    assert (await database.revisions())[TOPIC] == first + 1
    assert await store.get(FOR_GOOD.network) is None


async def test_pages_hold_every_block_once_newest_first(database: Database) -> None:
    store = BlockStore(database)
    await store.put([BlockedNetwork(f"10.0.0.{n}/32", "", 2 if n < 4 else n) for n in range(1, 7)])
    seen: list[str] = []
    after = None
    while page := await store.page(0, after, 2):
        seen += [block.network for block in page]
        after = (page[-1].created_ms, page[-1].network)
    assert seen == [f"10.0.0.{n}/32" for n in (6, 5, 4, 1, 2, 3)]
