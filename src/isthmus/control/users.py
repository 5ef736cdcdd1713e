"""Users, as administrators see and change them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from isthmus.control.clock import new_id, now_ms
from isthmus.control.failures import Conflict, FieldProblem, NotFound
from isthmus.control.paging import Page, read_cursor, write_cursor
from isthmus.control.passwords import Passwords, demand_good
from isthmus.control.people import Person, Role
from isthmus.control.user_names import canonical
from isthmus.core.secret import Secret
from isthmus.storage.audit import AuditLog
from isthmus.storage.users import (
    LastAdministrator,
    NameTaken,
    StoredUser,
    UnknownUser,
    UserChange,
    UserStore,
)


@dataclass(frozen=True, slots=True)
class User:
    """What may be shown of a user."""

    id: str
    name: str
    role: Role
    enabled: bool
    has_password: bool
    """Without one they sign in nowhere, and work with tokens alone."""
    created_ms: int
    updated_ms: int
    last_sign_in_ms: int | None


@dataclass(frozen=True, slots=True)
class NewUser:
    name: str
    role: Role
    password: Secret | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class UserEdit:
    """None leaves a thing as it is. A new password, or being switched off, signs the user out everywhere."""

    name: str | None = None
    role: Role | None = None
    enabled: bool | None = None
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class Users:
    users: UserStore
    passwords: Passwords
    audit: AuditLog

    async def list(self, cursor: str | None, limit: int) -> Page[User]:
        after = str(read_cursor(cursor, str)[0]) if cursor else ""
        found = await self.users.page(after, limit + 1)
        more = len(found) > limit
        return Page(
            [_shown(each) for each in found[:limit]], write_cursor(found[limit - 1].name) if more else None
        )

    async def get(self, id: str) -> User:
        """Raises `NotFound`."""
        if (found := await self.users.load(id)) is None:
            raise _unknown(id)
        return _shown(found)

    async def named(self, name: str) -> User:
        """Raises `NotFound`."""
        found = await self.users.find(name.strip().lower())
        if found is None:
            known = ", ".join(each.name for each in await self.users.page("", 20)) or "none yet"
            raise NotFound(f"there is no user {name!r}: users are {known}")
        return _shown(found)

    async def create(self, actor: Person, new: NewUser) -> User:
        """Raises `Invalid`, and `Conflict` for a name that is taken."""
        name = canonical(new.name)
        hash = None if new.password is None else await self._hash(new.password, name)
        now = now_ms()
        user = StoredUser(new_id("usr"), name, new.role, hash, new.enabled, now, now)
        with _refusals(user.id, name):
            await self.users.add(user)
        await self.audit.note(actor, "user_created", user.id, f"{name}: {new.role}")
        return _shown(user)

    async def edit(self, actor: Person, id: str, edit: UserEdit) -> User:
        """Raises `NotFound`, `Invalid`, and `Conflict`: a name that is taken, the last administrator."""
        before = await self.get(id)
        name = None if edit.name is None else canonical(edit.name)
        hash = None if edit.password is None else await self._hash(edit.password, name or before.name)
        with _refusals(id, name):
            changed = await self.users.change(id, UserChange(name, edit.role, edit.enabled, hash), now_ms())
        await self.audit.note(
            actor, "user_changed", id, _difference(before, _shown(changed), hash is not None)
        )
        return _shown(changed)

    async def remove(self, actor: Person, id: str) -> None:
        """Their API keys are switched off, not deleted. Raises `NotFound`, and `Conflict` for the last administrator."""
        name = (await self.get(id)).name
        with _refusals(id):
            await self.users.remove(id)
        await self.audit.note(actor, "user_removed", id, name)

    async def _hash(self, password: Secret, name: str) -> str:
        demand_good(password, name)
        return await self.passwords.hash(password)


@contextmanager
def _refusals(id: str, name: str | None = None) -> Iterator[None]:
    """What the store refuses, in the words of an operator."""
    try:
        yield
    except UnknownUser:
        raise _unknown(id) from None
    except NameTaken:
        problem = FieldProblem("name", "another user has it")
        raise Conflict(f"there is a user {name!r} already: take another name", [problem]) from None
    except LastAdministrator:
        raise Conflict(
            "this is the last administrator who can sign in: give another user the role `admin` and a password first"
        ) from None


def _unknown(id: str) -> NotFound:
    return NotFound(f"there is no user {id!r}: see GET /v2/users")


def _shown(user: StoredUser) -> User:
    return User(
        id=user.id,
        name=user.name,
        role=Role(user.role),
        enabled=user.enabled,
        has_password=user.password_hash is not None,
        created_ms=user.created_ms,
        updated_ms=user.updated_ms,
        last_sign_in_ms=user.last_sign_in_ms,
    )


def _difference(before: User, after: User, new_password: bool) -> str:
    said = [f"name {before.name} → {after.name}"] if after.name != before.name else []
    if after.role != before.role:
        said.append(f"role {before.role} → {after.role}")
    if after.enabled != before.enabled:
        said.append("enabled" if after.enabled else "disabled")
    if new_password:
        said.append("new password")
    return ", ".join(said)
