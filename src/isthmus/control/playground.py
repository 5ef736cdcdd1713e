"""A key for the console's playground: real and limited as every other, of the administrator who asks, and over after an hour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from isthmus.control.clock import now_ms
from isthmus.control.failures import Denied
from isthmus.control.keys import Made, new_secret, prefix_of
from isthmus.control.people import Person
from isthmus.core.secret import Secret
from isthmus.routing.permissions import key_hash
from isthmus.storage.audit import AuditLog
from isthmus.storage.keys import PLAYGROUND, ApiKey, KeyStore

LASTS_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class PlaygroundKeys:
    keys: KeyStore
    audit: AuditLog
    now_ms: Callable[[], int] = now_ms

    async def make(self, person: Person) -> Made:
        """In place of the one this person had. Raises `Denied` for anybody but an administrator."""
        if not person.is_admin:
            raise Denied("only administrators may use the playground: ask one of them for an API key")
        id, secret, now = f"{PLAYGROUND}{person.id}", new_secret(), self.now_ms()
        # The limits that somebody gave it stay, and so does what it used.
        made = await self.keys.change(id, lambda before: _renewed(before, secret, now))
        if made is None:
            made = _renewed(_new(id, person, now), secret, now)
            await self.keys.add(made)
        await self.audit.note(person, "key.playground", id, "for an hour")
        return Made(made, secret)

    async def forget_expired(self) -> int:
        """How many were removed."""
        return await self.keys.remove_expired(PLAYGROUND, self.now_ms())


def _new(id: str, person: Person, now: int) -> ApiKey:
    name = f"Playground ({person.name})"
    return ApiKey(id=id, name=name, hash="", prefix="", user_id=person.id, created_ms=now, updated_ms=now)


def _renewed(key: ApiKey, secret: Secret, now: int) -> ApiKey:
    return replace(
        key,
        hash=key_hash(secret.reveal()),
        prefix=prefix_of(secret),
        enabled=True,
        expires_ms=now + LASTS_MS,
        updated_ms=now,
    )
