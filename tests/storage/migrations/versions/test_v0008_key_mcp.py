"""Keys that are older than the choice of servers are not restricted by it."""

from __future__ import annotations

import of_before
from isthmus.storage.database import open_database
from isthmus.storage.keys import KeyStore

KEY = (
    "INSERT INTO api_keys (id, name, hash, prefix, enabled, models, created_ms, updated_ms) "
    "VALUES ('key_1', 'laptop', 'hash', 'sk-', :enabled, '[\"gpt-5\"]', 1, 1)"
)


async def test_a_key_stays_as_it_was(empty_database_url: str) -> None:
    await of_before.leave(empty_database_url, "0007", KEY, {"enabled": True})
    database = await open_database(empty_database_url)
    try:
        key = await KeyStore(database).get("key_1")
    finally:
        await database.close()
    assert key is not None
    assert key.terms.mcp is None
    assert key.terms.models == ("gpt-5",)
