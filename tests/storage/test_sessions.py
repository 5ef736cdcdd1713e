"""Sessions on every engine: who is signed in, and for how long."""

from dataclasses import replace

import pytest

from isthmus.storage.database import Database
from isthmus.storage.sessions import SEEN_EVERY_MS, SessionStore, StoredSession
from isthmus.storage.users import StoredUser, UserChange, UserStore

NOW = 1_790_000_000_000
ANNA = StoredUser("usr_a", "anna", "admin", "$hash", True, NOW, NOW)
FIRST = StoredSession("1" * 64, "usr_a", NOW, NOW + 10_000, NOW, "192.0.2.7", "Firefox")
SECOND = replace(FIRST, hash="2" * 64, created_ms=NOW + 1)


@pytest.fixture
async def sessions(database: Database) -> SessionStore:
    await UserStore(database).add(ANNA)
    store = SessionStore(database)
    for each in (FIRST, SECOND):
        await store.add(each)
    return store


def test_a_hash_is_not_shown_but_an_id_is() -> None:
    assert FIRST.hash not in repr(FIRST)
    assert FIRST.id == "1" * 20


async def test_a_session_lasts_until_its_end(sessions: SessionStore) -> None:
    assert await sessions.find(FIRST.hash, NOW + 9_999) == (FIRST, ANNA)
    assert await sessions.find(FIRST.hash, NOW + 10_000) is None
    assert await sessions.find("3" * 64, NOW) is None
    assert await sessions.of_user("usr_a", NOW) == [SECOND, FIRST]
    assert await sessions.of_user("usr_a", NOW + 10_000) == []


async def test_nobody_disabled_is_signed_in(sessions: SessionStore, database: Database) -> None:
    bert = replace(ANNA, id="usr_b", name="bert", enabled=False)
    await UserStore(database).add(bert)
    await sessions.add(replace(FIRST, hash="3" * 64, user_id="usr_b"))
    assert await sessions.find("3" * 64, NOW) is None
    await UserStore(database).change("usr_b", UserChange(enabled=True), NOW)
    assert await sessions.find("3" * 64, NOW) is not None


async def test_the_last_request_is_written_now_and_then(sessions: SessionStore) -> None:
    await sessions.seen(FIRST, NOW + SEEN_EVERY_MS - 1)
    assert [each.last_seen_ms for each in await sessions.of_user("usr_a", NOW)] == [NOW, NOW]
    await sessions.seen(FIRST, NOW + SEEN_EVERY_MS)
    assert [each.last_seen_ms for each in await sessions.of_user("usr_a", NOW)] == [NOW, NOW + SEEN_EVERY_MS]


@pytest.mark.parametrize("id", ["", "1", "%" * 20, "_" * 20, "1" * 64, "3" * 20])
async def test_only_a_whole_id_names_a_session(sessions: SessionStore, id: str) -> None:
    assert not await sessions.end("usr_a", id)
    assert len(await sessions.of_user("usr_a", NOW)) == 2


async def test_sessions_end_by_their_user_alone(sessions: SessionStore) -> None:
    assert not await sessions.end("usr_b", FIRST.id)
    assert await sessions.end("usr_a", FIRST.id)
    assert await sessions.of_user("usr_a", NOW) == [SECOND]


async def test_all_others_end(sessions: SessionStore) -> None:
    assert await sessions.end_all("usr_b") == 0
    assert await sessions.end_all("usr_a", keep=FIRST.id) == 1
    assert await sessions.of_user("usr_a", NOW) == [FIRST]
    assert await sessions.end_all("usr_a") == 1


async def test_expired_sessions_do_not_pile_up(sessions: SessionStore) -> None:
    later = replace(FIRST, hash="3" * 64, created_ms=NOW + 20_000, expires_ms=NOW + 30_000)
    await sessions.add(later)
    assert await sessions.of_user("usr_a", 0) == [later]
