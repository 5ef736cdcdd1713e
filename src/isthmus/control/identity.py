"""Who is behind a cookie or a token."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final

import structlog

from isthmus.control.clock import now_ms
from isthmus.control.failures import Unavailable
from isthmus.control.people import Person, Role
from isthmus.core.secret import Secret
from isthmus.storage.errors import StorageError
from isthmus.storage.sessions import SessionStore
from isthmus.storage.tokens import TokenStore
from isthmus.storage.users import StoredUser

log = structlog.get_logger("isthmus")

TOKEN_PREFIX: Final = "isa_"  # noqa: S105 - not secret itself
MAX_CREDENTIAL_CHARS: Final = 200


def new_session_secret() -> Secret:
    """256 bits of chance; has nothing to do with any password."""
    return Secret(secrets.token_urlsafe(32))


def new_token() -> Secret:
    """`isa_` and 40 characters."""
    return Secret(TOKEN_PREFIX + secrets.token_urlsafe(30))


def digest(credential: Secret) -> str:
    """As the database keeps it. There is nothing to guess in a random text, so a fast hash is enough."""
    return hashlib.sha256(credential.reveal().encode("utf-8", "surrogatepass")).hexdigest()


def person_from(user: StoredUser, client: str) -> Person:
    return Person(user.id, user.name, Role(user.role), client)


@dataclass(frozen=True, slots=True)
class Known:
    person: Person
    session_id: str | None = None
    """None for a script with a token."""


@dataclass(frozen=True, slots=True)
class Identities:
    """Each asks the database anew: who was switched off or demoted a moment ago is so now. Raises `Unavailable`."""

    sessions: SessionStore
    tokens: TokenStore

    async def by_session(self, cookie: Secret, client: str) -> Known | None:
        if len(cookie.reveal()) > MAX_CREDENTIAL_CHARS:
            return None
        now = now_ms()
        try:
            if (found := await self.sessions.find(digest(cookie), now)) is None:
                return None
        except StorageError as error:
            raise Unavailable(str(error)) from error
        session, user = found
        await _noted(self.sessions.seen(session, now))
        return Known(person_from(user, client), session.id)

    async def by_token(self, token: Secret, client: str) -> Known | None:
        if not token.reveal().startswith(TOKEN_PREFIX) or len(token.reveal()) > MAX_CREDENTIAL_CHARS:
            return None
        now = now_ms()
        try:
            if (found := await self.tokens.find(digest(token), now)) is None:
                return None
        except StorageError as error:
            raise Unavailable(str(error)) from error
        stored, user = found
        await _noted(self.tokens.used(stored, now))
        return Known(person_from(user, client))


async def _noted(writing: Awaitable[None]) -> None:
    """Whoever comes while nothing can be written is let in all the same: they may be here to see why."""
    try:
        await writing
    except StorageError as error:
        log.warning("the last use of a session or token could not be written", error=str(error))
