"""Prices come back as they were written, and are counted with when they can be read."""

from isthmus.routing.prices import Price
from isthmus.storage.database import Database
from isthmus.storage.prices import TOPIC, PriceStore, StoredPrice

PLAIN = StoredPrice("gpt-5*", {"input": 1.25, "output": 10}, 1)
TIERED = StoredPrice(
    "local/Modell-ü",
    {"input": 0, "output": 0.000001, "above": [{"tokens": 200_000, "input": 1, "output": 2}]},
    2,
)


async def test_prices_come_back_as_they_were_written(database: Database) -> None:
    store = PriceStore(database)
    await store.put([TIERED, PLAIN])
    assert await store.rows() == [PLAIN, TIERED]
    found = await store.load()
    assert found == {each.pattern: Price.parse(each.row) for each in (PLAIN, TIERED)}
    assert (found["gpt-5*"].input, found["local/Modell-ü"].output) == (1_250_000, 1)


async def test_a_pattern_has_one_price(database: Database) -> None:
    store = PriceStore(database)
    await store.put([PLAIN])
    dearer = StoredPrice(PLAIN.pattern, {"input": 2, "output": 20}, 3)
    # Models differ by case, and so do their prices.
    other = StoredPrice("GPT-5*", {"input": 3, "output": 30}, 3)
    await store.put([dearer, other])
    assert await store.rows() == [other, dearer]


async def test_gateways_notice_a_price_and_its_end(database: Database) -> None:
    store = PriceStore(database)
    await store.put([PLAIN])
    assert await store.remove(PLAIN.pattern)
    assert not await store.remove(PLAIN.pattern)
    await store.put([])
    assert (await database.revisions())[TOPIC] == 2
    assert await store.load() == {}


async def test_a_price_that_cannot_be_read_is_not_counted_with(sqlite: Database) -> None:
    store = PriceStore(sqlite)
    await store.put([PLAIN, StoredPrice("later", {"input": 1, "output": 1, "per_image": 2}, 1)])
    assert set(await store.load()) == {PLAIN.pattern}
    assert len(await store.rows()) == 2
