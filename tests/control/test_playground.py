"""The playground's key is its administrator's, good for an hour, and the only one they have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from isthmus.control.failures import Denied
from isthmus.control.people import Person, Role
from isthmus.control.playground import LASTS_MS, PlaygroundKeys
from isthmus.routing.permissions import KeyTerms, key_hash
from isthmus.storage.audit import AuditFilter, AuditLog
from isthmus.storage.database import Database
from isthmus.storage.keys import KeyStore

ANNA = Person("usr_1", "anna", Role.ADMIN)
BERT = Person("usr_2", "bert", Role.ADMIN)


class Clock:
    now_ms = 1_790_000_000_000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(database: Database, clock: Clock) -> PlaygroundKeys:
    return PlaygroundKeys(KeyStore(database), AuditLog(database), clock)


async def test_a_new_key_takes_the_place_of_the_one_before(keys: PlaygroundKeys, clock: Clock) -> None:
    first = await keys.make(ANNA)
    assert first.key.name == "Playground (anna)"
    assert (first.key.user_id, first.key.expires_ms) == (ANNA.id, clock.now_ms + LASTS_MS)
    await keys.keys.change(first.key.id, lambda key: replace(key, terms=KeyTerms(requests_per_minute=3)))
    clock.now_ms += 1000
    second, others = await keys.make(ANNA), await keys.make(BERT)
    stored = await keys.keys.load_all()
    assert stored.keys() == {key_hash(each.secret.reveal()) for each in (second, others)}
    assert second.key.id == first.key.id
    assert second.key.terms == KeyTerms(requests_per_minute=3), "its limits stay"
    assert all(each.is_temporary for each in stored.values())
    noted = await keys.audit.page(AuditFilter(), None, 10)
    assert [each.action for each in noted] == ["key.playground"] * 3


@pytest.mark.parametrize("role", [Role.VIEWER, Role.HOLDER])
async def test_it_is_for_administrators(keys: PlaygroundKeys, role: Role) -> None:
    with pytest.raises(Denied, match="administrators"):
        await keys.make(Person("usr_3", "carl", role))


async def test_those_that_are_over_are_removed(keys: PlaygroundKeys, clock: Clock) -> None:
    await keys.make(ANNA)
    clock.now_ms += LASTS_MS // 2
    kept = await keys.make(BERT)
    clock.now_ms += LASTS_MS // 2
    assert await keys.forget_expired() == 1
    assert [each.id for each in (await keys.keys.load_all()).values()] == [kept.key.id]
