"""Which API keys a person may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from isthmus.control.people import Person, Role
from isthmus.storage.keys import KeyFilter, KeyStore

MAX_OWN_KEYS = 500


@dataclass(frozen=True, slots=True)
class OwnKeyIds:
    keys: KeyStore

    async def __call__(self, person: Person) -> Collection[str] | None:
        """The ids of a holder's keys, the newest 500; None, which is all, for anybody else."""
        if person.role is not Role.HOLDER:
            return None
        keys = await self.keys.page(KeyFilter(user_id=person.id), None, MAX_OWN_KEYS)
        return frozenset(key.id for key in keys)
