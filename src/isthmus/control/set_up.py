"""The first administrator: made with a token that only the operator of the machine sees, or from the environment.

There is no default password. A gateway without an administrator who can sign in shows a token at its start; whoever gives it
back at `/v2/setup` becomes that administrator. With `ISTHMUS_ADMIN_PASSWORD` set, the administrator `admin` is made instead.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final

from isthmus.control.clock import new_id, now_ms
from isthmus.control.passwords import Passwords, demand_good
from isthmus.control.people import OPERATOR, Role
from isthmus.core.secret import Secret
from isthmus.storage.audit import AuditLog
from isthmus.storage.users import AlreadyAdministered, StoredUser, UserStore

PASSWORD_VARIABLE: Final = "ISTHMUS_ADMIN_PASSWORD"  # noqa: S105 - a name, not a password
ADMIN_NAME: Final = "admin"


@dataclass(slots=True)
class SetUp:
    """`token` is there from the start of a gateway without an administrator until one has been made with it."""

    users: UserStore
    token: Secret | None = None

    @classmethod
    async def begin(cls, users: UserStore) -> SetUp:
        if await users.is_administered():
            return cls(users)
        return cls(users, Secret(secrets.token_urlsafe(32)))

    async def is_needed(self) -> bool:
        """Another gateway or the command line may have made an administrator meanwhile."""
        if self.token is not None and await self.users.is_administered():
            self.token = None
        return self.token is not None

    def accepts(self, token: Secret) -> bool:
        # Ours is ASCII, and what no encoding can hold cannot be compared byte by byte.
        return self.token is not None and token.reveal().isascii() and self.token.matches(token.reveal())


class Ensured(Enum):
    MADE = "made"
    """There is an administrator `admin` now, with this password."""
    SAME = "same"
    """It has this password already."""
    KEPT = "kept"
    """There is an administrator, and the password given does not open `admin`: it has changed nothing."""


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    users: UserStore
    passwords: Passwords
    audit: AuditLog

    async def ensure(self, password: Secret) -> Ensured:
        """Makes the administrator `admin` when there is none; a password changed later is never set back.

        Raises `Invalid` for a password that would be guessed.
        """
        if not await self.users.is_administered():
            demand_good(password, ADMIN_NAME, PASSWORD_VARIABLE)
            # Unless another gateway on the same database is a moment faster.
            with suppress(AlreadyAdministered):
                await self.make(ADMIN_NAME, password)
                await self.audit.note(OPERATOR, "set_up", ADMIN_NAME, f"from {PASSWORD_VARIABLE}")
                return Ensured.MADE
        admin = await self.users.find(ADMIN_NAME)
        same = await self.passwords.check(admin.password_hash if admin else None, password)
        return Ensured.SAME if same.ok else Ensured.KEPT

    async def make(self, name: str, password: Secret) -> StoredUser:
        """Raises `AlreadyAdministered`."""
        now, hash = now_ms(), await self.passwords.hash(password)
        user = StoredUser(new_id("usr"), name, Role.ADMIN, hash, True, now, now)
        return await self.users.install_administrator(user)
