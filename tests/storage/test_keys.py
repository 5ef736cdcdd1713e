"""Keys come back as they were stored, are found by their hash, and every change is noticed."""

import asyncio
from dataclasses import replace

import pytest

from isthmus.routing.permissions import KeyTerms, key_hash
from isthmus.storage.database import Database
from isthmus.storage.key_usage import KeyUsageStore, Used, UsedOnDay
from isthmus.storage.keys import TOPIC, ApiKey, HashTaken, KeyFilter, KeyStore

EVERY_TERM = KeyTerms(
    providers=("openai", "local*"),
    models=("gpt-5*", "Modèle/ü"),
    ips=("10.0.0.0/8",),
    mcp=("files:read_*",),
    requests_per_minute=1,
    requests_per_day=2,
    tokens_per_minute=3,
    tokens_per_day=4,
    tokens_per_month=2**53,
    max_concurrency=5,
    nano_usd_per_day=6,
    nano_usd_per_month=2**62,
)


def a_key(number: int, **changes: object) -> ApiKey:
    plain = ApiKey(
        id=f"key_{number}",
        name=f"key {number}",
        hash=key_hash(f"secret {number}"),
        prefix="sk-isthmus-abc",
        created_ms=number,
        updated_ms=number,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


async def test_a_key_comes_back_as_it_was_stored(database: Database) -> None:
    store = KeyStore(database)
    plain = a_key(1)
    full = a_key(
        2,
        terms=EVERY_TERM,
        enabled=False,
        expires_ms=1_790_000_000_000,
        user_id="usr_1",
        note="for the\ntests",
        last_used_ms=3,
    )
    for each in (plain, full):
        await store.add(each)
    assert await store.load_all() == {plain.hash: plain, full.hash: full}
    assert [await store.get("key_1"), await store.with_hash(full.hash)] == [plain, full]
    assert [await store.get("key_3"), await store.with_hash("")] == [None, None]
    assert await store.named("key 2") == [full]


async def test_one_secret_is_one_key(database: Database) -> None:
    store = KeyStore(database)
    first, second = a_key(1), a_key(2)
    await store.add(first)
    await store.add(second)
    with pytest.raises(HashTaken):
        await store.add(a_key(3, hash=first.hash))
    with pytest.raises(HashTaken):
        await store.change("key_2", lambda key: replace(key, hash=first.hash, name="changed"))
    assert await store.get("key_2") == second


async def test_changes_at_once_are_all_kept(database: Database) -> None:
    store = KeyStore(database)
    await store.add(a_key(1, terms=KeyTerms(requests_per_day=0)))

    def one_more(key: ApiKey) -> ApiKey:
        return replace(key, terms=replace(key.terms, requests_per_day=(key.terms.requests_per_day or 0) + 1))

    await asyncio.gather(*(store.change("key_1", one_more) for _ in range(8)))
    found = await store.get("key_1")
    assert found is not None
    assert found.terms.requests_per_day == 8
    assert await store.change("key_2", one_more) is None


async def test_what_a_change_raises_changes_nothing(database: Database) -> None:
    store = KeyStore(database)
    await store.add(a_key(1))

    def refuse(_key: ApiKey) -> ApiKey:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.change("key_1", refuse)
    assert await store.get("key_1") == a_key(1)


async def test_gateways_notice_every_change_but_use(database: Database) -> None:
    store = KeyStore(database)

    async def revision() -> int:
        return (await database.revisions()).get(TOPIC, 0)

    seen = [await revision()]
    await store.add(a_key(1))
    seen.append(await revision())
    await store.change("key_1", lambda key: replace(key, enabled=False))
    seen.append(await revision())
    await store.mark_used({"key_1": 5})
    assert await revision() == seen[-1]
    assert await store.remove("key_1")
    seen.append(await revision())
    assert not await store.remove("key_1")
    assert await revision() == seen[-1]
    assert len(set(seen)) == 4


async def test_a_removed_key_takes_its_usage_along(database: Database) -> None:
    store, usage = KeyStore(database), KeyUsageStore(database)
    await store.add(a_key(1))
    await usage.add([UsedOnDay("key_1", "2026-11-21", Used(1)), UsedOnDay("key_2", "2026-11-21", Used(2))])
    await store.remove("key_1")
    assert await usage.usage("key_1", "2026-01-01", "2026-12-31") == []
    assert len(await usage.usage("key_2", "2026-01-01", "2026-12-31")) == 1


async def test_the_last_use_never_moves_back(database: Database) -> None:
    store = KeyStore(database)
    for number in (1, 2):
        await store.add(a_key(number))
    await store.mark_used({"key_1": 20, "key_2": 30})
    await store.mark_used({"key_1": 10, "key_3": 1})
    await store.mark_used({})
    found = await store.load_all()
    assert {key.id: key.last_used_ms for key in found.values()} == {"key_1": 20, "key_2": 30}


async def test_pages_hold_every_key_once_newest_first(database: Database) -> None:
    store = KeyStore(database)
    # Three of one moment: the id decides.
    moments = {1: 10, 2: 20, 3: 20, 4: 20, 5: 30}
    for number, moment in moments.items():
        await store.add(a_key(number, created_ms=moment))
    seen: list[str] = []
    after = None
    while page := await store.page(KeyFilter(), after, 2):
        seen += [key.id for key in page]
        after = (page[-1].created_ms, page[-1].id)
    assert seen == ["key_5", "key_4", "key_3", "key_2", "key_1"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (KeyFilter(), {"key_1", "key_2", "key_3"}),
        (KeyFilter(text="ANNA"), {"key_1"}),
        (KeyFilter(text="for tests"), {"key_2"}),
        (KeyFilter(text="%"), {"key_3"}),
        (KeyFilter(text="_2"), {"key_2"}),
        (KeyFilter(text="isthmus"), {"key_1", "key_2", "key_3"}),
        (KeyFilter(user_id="usr_1"), {"key_1", "key_2"}),
        (KeyFilter(enabled=True), {"key_1", "key_3"}),
        (KeyFilter(user_id="usr_1", enabled=False), {"key_2"}),
        (KeyFilter(text="nobody"), set()),
    ],
)
async def test_keys_are_found_by_what_is_known_of_them(
    database: Database, wanted: KeyFilter, found: set[str]
) -> None:
    store = KeyStore(database)
    await store.add(a_key(1, name="Anna", user_id="usr_1"))
    await store.add(a_key(2, note="For tests", user_id="usr_1", enabled=False))
    await store.add(a_key(3, name="100%"))
    assert {key.id for key in await store.page(wanted, None, 10)} == found
    assert await store.ids_of("usr_1") == ["key_1", "key_2"]


def test_a_key_is_valid_until_its_end() -> None:
    assert a_key(1).is_valid(10**15)
    assert a_key(1, expires_ms=100).is_valid(99)
    assert not a_key(1, expires_ms=100).is_valid(100)
    assert not a_key(1, enabled=False).is_valid(0)
