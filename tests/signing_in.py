"""The services behind signing in, over a real database, with hashes that are cheap to make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from argon2 import PasswordHasher

from isthmus.control.attempts import Attempts
from isthmus.control.audit import Audit
from isthmus.control.identity import Identities
from isthmus.control.passwords import Passwords
from isthmus.control.people import OPERATOR, Person, Role
from isthmus.control.set_up import FirstAdministrator, SetUp
from isthmus.control.sign_in import SignIn
from isthmus.control.tokens import Tokens
from isthmus.control.users import NewUser, User, Users
from isthmus.core.secret import Secret
from isthmus.storage.audit import AuditLine, AuditLog
from isthmus.storage.database import Database
from isthmus.storage.sessions import SessionStore
from isthmus.storage.tokens import TokenStore
from isthmus.storage.users import UserStore

CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD: Final = "correct horse 7"


@dataclass
class Clock:
    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass(frozen=True)
class Office:
    """Everything that lets people in, or does not."""

    clock: Clock
    sign_in: SignIn
    users: Users
    tokens: Tokens
    identities: Identities
    audit: Audit
    first: FirstAdministrator

    async def user(self, name: str, role: Role = Role.ADMIN, password: str | None = PASSWORD) -> User:
        return await self.users.create(
            OPERATOR, NewUser(name, role, None if password is None else Secret(password))
        )

    async def audit_lines(self) -> list[AuditLine]:
        """The oldest first."""
        return [*reversed((await self.audit.list(None, 500)).items)]

    async def actions(self) -> list[str]:
        return [line.action for line in await self.audit_lines()]


async def open_office(database: Database, session_hours: int = 12) -> Office:
    """As at the start of a gateway: without an administrator there is a set-up token."""
    clock, passwords = Clock(), Passwords(CHEAP)
    users, sessions, tokens = UserStore(database), SessionStore(database), TokenStore(database)
    audit, first = AuditLog(database), await SetUp.begin(users)
    return Office(
        clock,
        SignIn(users, sessions, audit, passwords, Attempts(clock), first, session_hours),
        Users(users, passwords, audit),
        Tokens(tokens, audit),
        Identities(sessions, tokens),
        Audit(audit),
        FirstAdministrator(users, passwords, audit),
    )


def person(user: User, client: str = "192.0.2.7") -> Person:
    return replace(OPERATOR, id=user.id, name=user.name, role=user.role, client=client)
