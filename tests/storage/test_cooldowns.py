"""A rest survives a restart, and ends when its time or an operator has come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from isthmus.storage.cooldowns import TOPIC, CooldownRow, CooldownStore
from isthmus.storage.database import Database

WHOLE = CooldownRow("acc_1", None, 2_000, "quota", "out of credit", 2)
ONE_MODEL = CooldownRow("acc_1", "Claude-X", 3_000, "rate_limit", "slow\0 down")
SAME_BUT_FOR_CASE = CooldownRow("acc_1", "claude-x", 4_000, "rate_limit", "")
CONFIGURED = CooldownRow("config:" + "p" * 64, "m" * 200, 1_000, "sick", "503")


@pytest.fixture
def store(database: Database) -> CooldownStore:
    return CooldownStore(database)


async def test_rests_come_back_until_they_end(store: CooldownStore) -> None:
    await store.save([WHOLE, ONE_MODEL, SAME_BUT_FOR_CASE, CONFIGURED])
    kept = replace(ONE_MODEL, text="slow\ufffd down")
    assert set(await store.load(999)) == {WHOLE, kept, SAME_BUT_FOR_CASE, CONFIGURED}
    assert set(await store.load(2_000)) == {kept, SAME_BUT_FOR_CASE}
    assert set(await store.load(0)) == {kept, SAME_BUT_FOR_CASE}, "those that had ended were removed"


async def test_a_newer_rest_takes_the_place_of_the_older(store: CooldownStore) -> None:
    await store.save([WHOLE])
    await store.save([replace(WHOLE, until_ms=5_000), replace(WHOLE, until_ms=9_000, strikes=4)])
    assert await store.load(0) == [replace(WHOLE, until_ms=9_000, strikes=4)]


async def test_a_success_ends_one_rest_only(store: CooldownStore, database: Database) -> None:
    await store.save([WHOLE, SAME_BUT_FOR_CASE])
    await store.remove([("acc_1", None), ("acc_2", None)])
    await store.remove([])
    assert await store.current(0) == {"acc_1": [SAME_BUT_FOR_CASE]}
    assert TOPIC not in await database.revisions(), "the gateway that wrote it knows"


async def test_an_operator_ends_all_rests_of_an_account(store: CooldownStore, database: Database) -> None:
    await store.save([WHOLE, SAME_BUT_FOR_CASE, CONFIGURED])
    assert await store.clear(["acc_1", "acc_9"]) == 2
    assert await store.current(0) == {CONFIGURED.account_id: [CONFIGURED]}
    assert (await database.revisions())[TOPIC] == 1


@pytest.mark.parametrize("name", ["m" * 201, "nul\0", "\ud800"])
async def test_a_name_no_table_can_hold_spoils_nothing(store: CooldownStore, name: str) -> None:
    await store.save([replace(WHOLE, model=name)])
    await store.save([WHOLE, replace(WHOLE, model=name)])
    assert await store.load(0) == [WHOLE]
