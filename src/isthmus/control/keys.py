"""What an operator can do with API keys, and what a key's holder sees of them."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from isthmus.control.clock import new_id, now_ms
from isthmus.control.failures import Conflict, FieldProblem, Invalid, NotFound
from isthmus.control.key_input import KeyInput, check_secret, checked
from isthmus.control.paging import Page, read_cursor, write_cursor
from isthmus.control.people import Person, Role
from isthmus.core.secret import Secret
from isthmus.routing.permissions import KeyTerms, key_hash
from isthmus.storage.audit import AuditLog
from isthmus.storage.key_usage import CurrentUse, KeyUsageStore, Used, UsedOnDay
from isthmus.storage.keys import ApiKey, HashTaken, KeyFilter, KeyStore

__all__ = [
    "ApiKey",
    "CurrentUse",
    "KeyFilter",
    "KeyService",
    "KeyState",
    "KeyUse",
    "Made",
    "Used",
    "new_secret",
    "prefix_of",
]

BEGINNING: Final = "sk-isthmus-"
"""Some clients take only keys that begin with `sk-`."""
SHOWN_CHARS: Final = 14
MAX_DAYS: Final = 400


class KeyState(StrEnum):
    """What a client hears that shows the key: only one that is active is let in."""

    ACTIVE = "active"
    DISABLED = "disabled"
    OWNER_DISABLED = "owner_disabled"
    """The key is on, but not the user whose it is."""
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Made:
    """A key with its secret, which is shown this once."""

    key: ApiKey
    secret: Secret
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyUse:
    days: list[UsedOnDay]
    """Those with any use."""
    current: CurrentUse


async def _any_user(_id: str) -> bool:
    return True


async def _no_users() -> Collection[str]:
    return ()


@dataclass(frozen=True, slots=True)
class KeyService:
    keys: KeyStore
    usage: KeyUsageStore
    audit: AuditLog
    user_exists: Callable[[str], Awaitable[bool]] = _any_user
    disabled_users: Callable[[], Awaitable[Collection[str]]] = _no_users
    """Ids of those whose keys are refused."""

    async def page(self, person: Person, wanted: KeyFilter, cursor: str | None, limit: int) -> Page[ApiKey]:
        """Newest first; a holder's own. Raises `Invalid` for a foreign cursor."""
        if person.role is Role.HOLDER:
            wanted = replace(wanted, user_id=person.id)
        after = None
        if cursor is not None:
            created_ms, id = read_cursor(cursor, int, str)
            after = (int(created_ms), str(id))
        found = await self.keys.page(wanted, after, limit + 1)
        last = found[limit - 1] if len(found) > limit else None
        return Page(found[:limit], write_cursor(last.created_ms, last.id) if last else None)

    async def get(self, person: Person, id: str) -> ApiKey:
        """Raises `NotFound`, also for a key that is not this holder's."""
        key = await self.keys.get(id)
        if key is None or (person.role is Role.HOLDER and key.user_id != person.id):
            raise _not_found(id)
        return key

    async def own_ids(self, person: Person) -> Collection[str] | None:
        """Ids of the keys whose use this person may see; None: of all."""
        return await self.keys.ids_of(person.id) if person.role is Role.HOLDER else None

    async def states(self, keys: Iterable[ApiKey]) -> Mapping[str, KeyState]:
        """Key → its state now."""
        now, disabled_users = now_ms(), await self.disabled_users()
        return {key.id: _state(key, now, disabled_users) for key in keys}

    async def current_use(self, ids: Collection[str]) -> Mapping[str, CurrentUse]:
        """Key → what it used today and this month; keys without use are left out."""
        return await self.usage.load_current(now_ms(), ids)

    async def use(self, person: Person, id: str, first: date, last: date) -> KeyUse:
        """By day, both ends included. Raises `NotFound`, and `Invalid` for a range that is too long or upside down."""
        if not timedelta(0) <= last - first < timedelta(days=MAX_DAYS):
            message = f"at most {MAX_DAYS} days, the first before the last"
            raise Invalid(f"from {first} to {last}: {message}", [FieldProblem("from", message)])
        await self.get(person, id)
        days = await self.usage.usage(id, first.isoformat(), last.isoformat())
        current = await self.current_use([id])
        return KeyUse(days, current.get(id, CurrentUse()))

    async def create(self, person: Person, written: KeyInput, secret: Secret | None = None) -> Made:
        """With a secret of its own, or the given one. Raises `Invalid`, and `Conflict` for a secret that is here already."""
        wanted, now = await self._checked(written), now_ms()
        if wanted.expires_ms is not None and wanted.expires_ms <= now:
            raise Invalid("expires_at: is in the past", [FieldProblem("expires_at", "must be in the future")])
        warnings = [] if secret is None else check_secret(secret)
        secret = secret or new_secret()
        key = ApiKey(
            id=new_id("key"),
            name=wanted.name,
            hash=key_hash(secret.reveal()),
            prefix=prefix_of(secret),
            created_ms=now,
            updated_ms=now,
        )
        key = _applied(key, wanted)
        try:
            await self.keys.add(key)
        except HashTaken:
            raise await self._taken(key.hash) from None
        await self.audit.note(person, "key.create", key.id, key.name)
        return Made(key, secret, tuple(warnings))

    async def edit(self, person: Person, id: str, change: Callable[[KeyInput], KeyInput]) -> ApiKey:
        """Raises `NotFound` and `Invalid`. `change` may be called more than once."""
        before = await self.get(person, id)
        await self._checked(change(input_of(before)))
        edited = await self.keys.change(id, lambda key: _applied(key, checked(change(input_of(key)))))
        if edited is None:
            raise _not_found(id)
        await self.audit.note(person, "key.edit", id, ", ".join(_differences(before, edited)))
        return edited

    async def revoke(self, person: Person, id: str) -> ApiKey:
        """Switches it off; it can be switched on again. Raises `NotFound`."""
        return await self.edit(person, id, lambda written: replace(written, enabled=False))

    async def enable(self, person: Person, id: str) -> ApiKey:
        """Switches it on again. Raises `NotFound`."""
        return await self.edit(person, id, lambda written: replace(written, enabled=True))

    async def rotate(self, person: Person, id: str) -> Made:
        """A new secret; the old one is refused from now on. Raises `NotFound`."""
        secret = new_secret()
        rotated = await self.keys.change(
            id,
            lambda key: replace(
                key, hash=key_hash(secret.reveal()), prefix=prefix_of(secret), updated_ms=now_ms()
            ),
        )
        if rotated is None:
            raise _not_found(id)
        await self.audit.note(person, "key.rotate", id, rotated.name)
        return Made(rotated, secret)

    async def delete(self, person: Person, id: str) -> None:
        """With what it used. Raises `NotFound`."""
        key = await self.get(person, id)
        if not await self.keys.remove(id):
            raise _not_found(id)
        await self.audit.note(person, "key.delete", id, key.name)

    async def _checked(self, written: KeyInput) -> KeyInput:
        wanted = checked(written)
        if wanted.user_id is not None and not await self.user_exists(wanted.user_id):
            message = "no user of this id"
            raise Invalid(f"user_id: {message}: see GET /v2/users", [FieldProblem("user_id", message)])
        return wanted

    async def _taken(self, hash: str) -> Conflict:
        other = await self.keys.with_hash(hash)
        name = f"key {other.id} ({other.name})" if other else "another key"
        return Conflict(f"{name} has this secret: give another one, or none to have one made")


def new_secret() -> Secret:
    """`sk-isthmus-` and 40 characters of [A-Za-z0-9_-]: 240 bits."""
    return Secret(BEGINNING + secrets.token_urlsafe(30))


def prefix_of(secret: Secret) -> str:
    """How it begins, as far as may be shown: never more than a third."""
    value = secret.reveal()
    return value[: min(SHOWN_CHARS, len(value) // 3)]


def input_of(key: ApiKey) -> KeyInput:
    return KeyInput(
        name=key.name,
        enabled=key.enabled,
        expires_ms=key.expires_ms,
        user_id=key.user_id,
        note=key.note,
        terms=key.terms,
    )


def _state(key: ApiKey, now_ms: int, disabled_users: Collection[str]) -> KeyState:
    """What is lasting comes first: an owner who is switched on again does not bring back a key that is off or over."""
    if not key.enabled:
        return KeyState.DISABLED
    if not key.is_valid(now_ms):
        return KeyState.EXPIRED
    return KeyState.OWNER_DISABLED if key.user_id in disabled_users else KeyState.ACTIVE


def _applied(key: ApiKey, wanted: KeyInput) -> ApiKey:
    return replace(
        key,
        name=wanted.name,
        enabled=wanted.enabled,
        expires_ms=wanted.expires_ms,
        user_id=wanted.user_id,
        note=wanted.note,
        terms=wanted.terms,
        updated_ms=max(now_ms(), key.created_ms),
    )


def _differences(before: ApiKey, after: ApiKey) -> list[str]:
    """Names of what was changed, for the audit log; whether it is on now, as that matters most."""
    one, other = input_of(before), input_of(after)
    own = ("name", "expires_ms", "user_id", "note")
    names = [name for name in own if getattr(one, name) != getattr(other, name)]
    names += [name for name in KeyTerms.__slots__ if getattr(one.terms, name) != getattr(other.terms, name)]
    if one.enabled != other.enabled:
        names.append("switched on" if other.enabled else "switched off")
    return names


def _not_found(id: str) -> NotFound:
    return NotFound(f"no key {id!r}: see GET /v2/keys, or `isthmus keys list`")
