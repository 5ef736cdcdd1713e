"""A holder sees their own keys, everybody else all."""

import pytest

from isthmus.control.own_keys import OwnKeyIds
from isthmus.control.people import Person, Role
from isthmus.storage.database import Database
from isthmus.storage.keys import ApiKey, KeyStore


@pytest.mark.parametrize(
    ("person", "seen"),
    [
        (Person("usr_1", "anna", Role.HOLDER), {"key_1"}),
        (Person("usr_2", "otto", Role.HOLDER), set()),
        (Person("usr_1", "anna", Role.VIEWER), None),
        (Person("usr_2", "otto", Role.ADMIN), None),
    ],
)
async def test_who_sees_which_keys(sqlite: Database, person: Person, seen: set[str] | None) -> None:
    keys = KeyStore(sqlite)
    for id, user_id in (("key_1", "usr_1"), ("key_2", None)):
        await keys.add(
            ApiKey(id=id, name=id, hash=id, prefix="", user_id=user_id, created_ms=1, updated_ms=1)
        )
    assert await OwnKeyIds(keys)(person) == seen
