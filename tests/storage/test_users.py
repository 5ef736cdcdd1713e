"""Users on every engine, and the administrator who is never lost."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from isthmus.control.people import Role
from isthmus.storage.database import Database, open_database
from isthmus.storage.schema import api_keys
from isthmus.storage.sessions import SessionStore, StoredSession
from isthmus.storage.tokens import StoredToken, TokenStore
from isthmus.storage.users import (
    ADMIN,
    AlreadyAdministered,
    LastAdministrator,
    NameTaken,
    StoredUser,
    UnknownUser,
    UserChange,
    UserStore,
)

NOW = 1_790_000_000_000
ANNA = StoredUser("usr_a", "anna", "admin", "$hash-a", True, NOW, NOW)
BERT = StoredUser("usr_b", "bert", "admin", "$hash-b", True, NOW, NOW)
CORA = StoredUser("usr_c", "cora", "viewer", None, True, NOW, NOW)


@pytest.fixture
def users(database: Database) -> UserStore:
    return UserStore(database)


def test_the_role_that_must_not_be_lost_is_the_administrators() -> None:
    assert ADMIN == Role.ADMIN


def test_a_hash_is_not_shown() -> None:
    assert "$hash" not in repr(ANNA) + repr(UserChange(password_hash="$hash-a"))


async def test_users_come_back_as_they_went(users: UserStore) -> None:
    for user in (CORA, ANNA):
        await users.add(user)
    assert await users.load("usr_c") == CORA
    assert await users.find("anna") == ANNA
    assert await users.find("ANNA") is None
    assert await users.page("", 10) == [ANNA, CORA]
    assert await users.page("anna", 10) == [CORA]
    with pytest.raises(NameTaken):
        await users.add(replace(BERT, name="anna"))


async def test_a_change_leaves_the_rest(users: UserStore) -> None:
    await users.add(ANNA)
    changed = await users.change("usr_a", UserChange(name="ann"), NOW + 1)
    assert changed == replace(ANNA, name="ann", updated_ms=NOW + 1)
    assert await users.load("usr_a") == changed
    with pytest.raises(UnknownUser):
        await users.change("usr_x", UserChange(name="x"), NOW)


@pytest.mark.parametrize("change", [UserChange(role="viewer"), UserChange(enabled=False)])
async def test_the_last_administrator_stays(users: UserStore, change: UserChange) -> None:
    for user in (ANNA, CORA, replace(BERT, password_hash=None)):
        await users.add(user)
    with pytest.raises(LastAdministrator):
        await users.change("usr_a", change, NOW)
    with pytest.raises(LastAdministrator):
        await users.remove("usr_a")
    assert await users.load("usr_a") == ANNA
    await users.change("usr_b", UserChange(password_hash="$hash-b"), NOW)
    await users.change("usr_a", change, NOW)


async def test_two_administrators_cannot_demote_each_other_at_once(
    users: UserStore, database_url: str
) -> None:
    """As two gateways would: each with a database of its own, so that no lock within a process helps."""
    others = [await open_database(database_url) for _ in range(4)]
    for user in (ANNA, BERT):
        await users.add(user)
    demoted = UserChange(role="viewer")
    ids = ["usr_a", "usr_b", "usr_a", "usr_b"]
    outcomes = await asyncio.gather(
        *(UserStore(each).change(id, demoted, NOW) for each, id in zip(others, ids, strict=True)),
        return_exceptions=True,
    )
    assert {type(each) for each in outcomes} == {StoredUser, LastAdministrator}
    assert await users.is_administered()
    for each in others:
        await each.close()


async def test_the_first_administrator_is_made_once(users: UserStore) -> None:
    assert not await users.is_administered()
    assert await users.install_administrator(ANNA) == ANNA
    assert await users.is_administered()
    with pytest.raises(AlreadyAdministered):
        await users.install_administrator(BERT)


async def test_a_user_of_that_name_becomes_the_first_administrator(users: UserStore) -> None:
    await users.add(replace(CORA, enabled=False))
    made = await users.install_administrator(replace(ANNA, name="cora"))
    assert (made.id, made.role, made.enabled, made.password_hash) == ("usr_c", "admin", True, "$hash-a")


def session(hash: str, user_id: str) -> StoredSession:
    return StoredSession(hash * 64, user_id, NOW, NOW + 1000, NOW, "127.0.0.1", "Firefox")


@pytest.mark.parametrize("change", [UserChange(enabled=False), UserChange(password_hash="$new")])
async def test_what_lets_nobody_in_any_more_ends_sessions(
    users: UserStore, database: Database, change: UserChange
) -> None:
    kept = SessionStore(database)
    for user in (ANNA, BERT):
        await users.add(user)
    for each in (session("1", "usr_a"), session("2", "usr_a"), session("3", "usr_b")):
        await kept.add(each)
    await users.change("usr_a", change, NOW, keep_session="2" * 20)
    assert [each.hash[0] for each in await kept.of_user("usr_a", NOW)] == ["2"]
    await users.change("usr_a", UserChange(password_hash="$newer"), NOW)
    assert await kept.of_user("usr_a", NOW) == []
    assert len(await kept.of_user("usr_b", NOW)) == 1


async def test_who_is_removed_leaves_nothing_that_opens_a_door(users: UserStore, database: Database) -> None:
    for user in (ANNA, CORA):
        await users.add(user)
    await SessionStore(database).add(session("1", "usr_c"))
    await TokenStore(database).add(StoredToken("tok_1", "usr_c", "ci", "f" * 64, "isa_abcd", NOW))
    key: dict[str, str | int] = {
        "id": "key_1",
        "name": "k",
        "hash": "0" * 64,
        "prefix": "sk-",
        "user_id": "usr_c",
    }
    key |= {"created_ms": NOW, "updated_ms": NOW}
    await database.write(lambda connection: connection.execute(insert(api_keys).values(key)))
    before = await database.revisions()
    await users.remove("usr_c")
    assert await users.load("usr_c") is None
    assert await SessionStore(database).find("1" * 64, NOW) is None
    assert await TokenStore(database).find("f" * 64, NOW) is None
    async with database.read() as connection:
        row = (await connection.execute(select(api_keys.c.enabled, api_keys.c.user_id))).one()
    assert tuple(row) == (False, None)
    after = await database.revisions()
    assert (after["users"], after["keys"]) == (before["users"] + 1, 1)
    with pytest.raises(UnknownUser):
        await users.remove("usr_c")


async def test_a_hash_made_anew_does_not_undo_a_new_password(users: UserStore) -> None:
    await users.add(ANNA)
    await users.replace_hash("usr_a", "$another", "$again")
    assert (await users.load("usr_a")) == ANNA
    await users.replace_hash("usr_a", "$hash-a", "$again")
    await users.signed_in("usr_a", NOW + 5)
    assert await users.load("usr_a") == replace(ANNA, password_hash="$again", last_sign_in_ms=NOW + 5)


async def test_who_is_disabled_is_known_at_a_glance(database: Database) -> None:
    store = UserStore(database)
    for id, enabled in (("usr_1", True), ("usr_2", False), ("usr_3", False)):
        await store.add(StoredUser(id, id, "holder", None, enabled, 1, 1))
    assert await store.disabled_ids() == {"usr_2", "usr_3"}
