"""Runs come back as they were kept, the newest first, without their results where they are listed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from isthmus.storage.conformance import ConformanceStore, StoredRun
from isthmus.storage.database import Database


def run(id: str, created_ms: int = 1, **values: Any) -> StoredRun:
    known: dict[str, Any] = {
        "state": "running",
        "user_name": "anna",
        "provider": "dummy",
        "account_id": None,
        "model": None,
        "asked": {"dialects": ["chat"], "cases": []},
        "alive_until_ms": 2,
    }
    return StoredRun(id=id, created_ms=created_ms, **known | values)


async def test_a_run_is_kept_saved_and_removed(database: Database) -> None:
    store, begun = ConformanceStore(database), run("conf_1")
    await store.add(begun)
    ended = replace(
        begun,
        state="finished",
        finished_ms=9,
        done=1,
        counts={"pass": 1},
        results=[{"id": "STR-01", "words": "ü " * 50_000}],
    )
    await store.save(ended)
    assert await store.find("conf_1") == ended
    assert [await store.remove("conf_1"), await store.remove("conf_1")] == [True, False]
    await store.save(begun)
    assert await store.find("conf_1") is None


async def test_the_newest_come_first(database: Database) -> None:
    store = ConformanceStore(database)
    for id, created_ms in (("a", 1), ("b", 2), ("c", 2)):
        await store.add(run(id, created_ms, results=[{"id": "STR-01"}]))
    page = await store.page(None, 2)
    assert [each.id for each in page] == ["c", "b"]
    assert all(not each.results for each in page)
    assert [each.id for each in await store.page((2, "b"), 2)] == ["a"]
