"""Sign-ins under way, on every engine."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from isthmus.storage.database import Database
from isthmus.storage.logins import LoginStore, StoredLogin
from isthmus.storage.schema import logins
from isthmus.storage.vault import Vault

NOW = 1_790_000_000_000
FIRST = StoredLogin(
    id="log_1",
    provider="amazon-q",
    method="builder_id",
    state="waiting",
    secrets={"state": {"device_code": "hunter2"}, "label": "mine"},
    url="https://device.example/?user_code=ABCD",
    plain_url="https://device.example/",
    code="ABCD",
    created_ms=NOW,
    expires_ms=NOW + 600_000,
    next_poll_ms=NOW + 5_000,
)
APPROVED = replace(FIRST, state="approved", secrets={}, result={"credential": {"access_token": "hunter3"}})


@pytest.fixture
async def store(database: Database, vault: Vault) -> LoginStore:
    store = LoginStore(database, vault)
    await store.add(FIRST)
    return store


async def test_what_is_secret_is_sealed_and_shown_by_nobody(store: LoginStore, database: Database) -> None:
    assert await store.find("log_1") == FIRST
    assert await store.replace(APPROVED, "waiting")
    assert await store.find("log_1") == APPROVED
    async with database.read() as connection:
        [row] = (await connection.execute(select(logins))).all()
    for shown in (str(row), repr(FIRST), repr(APPROVED)):
        assert "hunter" not in shown


async def test_the_newest_comes_first(store: LoginStore) -> None:
    await store.add(replace(FIRST, id="log_2", created_ms=NOW + 1))
    assert [each.id for each in await store.load_all()] == ["log_2", "log_1"]
    assert await store.find("log_3") is None


async def test_one_of_many_polls_at_a_time(store: LoginStore) -> None:
    due = NOW + 5_000
    assert not await store.claim("log_1", "waiting", due - 1, due + 60_000), "too early"
    assert not await store.claim("log_1", "approved", due, due + 60_000), "in another state"
    claims = await asyncio.gather(*(store.claim("log_1", "waiting", due, due + 60_000) for _ in range(8)))
    assert sorted(claims) == [False] * 7 + [True]
    assert not await store.claim("log_1", "waiting", due + 59_999, due + 90_000)
    assert await store.claim("log_1", "waiting", due + 60_000, due + 90_000), "whoever had it has died"


async def test_what_somebody_else_has_ended_is_not_brought_back(store: LoginStore) -> None:
    assert await store.replace(FIRST, "waiting"), "also with nothing changed"
    assert not await store.replace(APPROVED, "approved")
    assert await store.remove("log_1")
    assert not await store.remove("log_1")
    assert not await store.replace(APPROVED, "waiting")
    assert await store.load_all() == []


async def test_expired_ones_do_not_pile_up(store: LoginStore) -> None:
    assert await store.forget_expired(FIRST.expires_ms) == 0
    assert await store.forget_expired(FIRST.expires_ms + 1) == 1


async def test_they_are_gone_from_the_table(store: LoginStore, database: Database) -> None:
    await store.remove("log_1")
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM logins")) == 0
