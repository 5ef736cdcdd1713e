"""Tokens on every engine."""

from dataclasses import replace

import pytest

from isthmus.storage.database import Database
from isthmus.storage.tokens import USED_EVERY_MS, StoredToken, TokenStore
from isthmus.storage.users import StoredUser, UserChange, UserStore

NOW = 1_790_000_000_000
ANNA = StoredUser("usr_a", "anna", "viewer", None, True, NOW, NOW)
FIRST = StoredToken("tok_1", "usr_a", "nightly report", "1" * 64, "isa_abcd", NOW)
SECOND = replace(FIRST, id="tok_2", hash="2" * 64, expires_ms=NOW + 1000)


@pytest.fixture
async def tokens(database: Database) -> TokenStore:
    await UserStore(database).add(ANNA)
    store = TokenStore(database)
    for each in (SECOND, FIRST):
        await store.add(each)
    return store


def test_a_hash_is_not_shown() -> None:
    assert FIRST.hash not in repr(FIRST)


async def test_a_token_opens_until_it_expires(tokens: TokenStore) -> None:
    assert await tokens.find(FIRST.hash, NOW * 2) == (FIRST, ANNA)
    assert await tokens.find(SECOND.hash, NOW + 999) == (SECOND, ANNA)
    assert await tokens.find(SECOND.hash, NOW + 1000) is None
    assert await tokens.find("3" * 64, NOW) is None


async def test_a_token_of_somebody_disabled_opens_nothing(tokens: TokenStore, database: Database) -> None:
    await UserStore(database).change("usr_a", UserChange(enabled=False), NOW)
    assert await tokens.find(FIRST.hash, NOW) is None


async def test_tokens_are_listed_in_pages(tokens: TokenStore) -> None:
    assert await tokens.of_user("usr_a", "", 1) == [FIRST]
    assert await tokens.of_user("usr_a", "tok_1", 10) == [SECOND]
    assert await tokens.of_user("usr_b", "", 10) == []


async def test_the_last_use_is_written_now_and_then(tokens: TokenStore) -> None:
    await tokens.used(FIRST, NOW)
    (used, _) = await tokens.find(FIRST.hash, NOW) or (FIRST, ANNA)
    assert used.last_used_ms == NOW
    await tokens.used(used, NOW + USED_EVERY_MS - 1)
    assert await tokens.find(FIRST.hash, NOW) == (used, ANNA)
    await tokens.used(used, NOW + USED_EVERY_MS)
    assert await tokens.find(FIRST.hash, NOW) == (replace(used, last_used_ms=NOW + USED_EVERY_MS), ANNA)


async def test_a_token_is_removed_by_its_user_alone(tokens: TokenStore) -> None:
    assert not await tokens.remove("usr_b", "tok_1")
    assert await tokens.remove("usr_a", "tok_1")
    assert not await tokens.remove("usr_a", "tok_1")
    assert await tokens.of_user("usr_a", "", 10) == [SECOND]
