"""Tokens for scripts: shown once, and worth what their user may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from isthmus.control.clock import new_id, now_ms
from isthmus.control.failures import Conflict, FieldProblem, Invalid, NotFound
from isthmus.control.identity import digest, new_token
from isthmus.control.paging import Page, read_cursor, write_cursor
from isthmus.control.people import Person
from isthmus.core.secret import Secret
from isthmus.storage.audit import AuditLog
from isthmus.storage.tokens import StoredToken, TokenStore

MAX_TOKENS: Final = 100
"""Of one user."""
SHOWN_CHARS: Final = 10


@dataclass(frozen=True, slots=True)
class MadeToken:
    token: StoredToken
    secret: Secret


@dataclass(frozen=True, slots=True)
class Tokens:
    tokens: TokenStore
    audit: AuditLog

    async def list(self, user_id: str, cursor: str | None, limit: int) -> Page[StoredToken]:
        after = str(read_cursor(cursor, str)[0]) if cursor else ""
        found = await self.tokens.of_user(user_id, after, limit + 1)
        more = len(found) > limit
        return Page(found[:limit], write_cursor(found[limit - 1].id) if more else None)

    async def create(self, actor: Person, user_id: str, name: str, expires_ms: int | None) -> MadeToken:
        """Raises `Invalid` for an end that is past, `Conflict` for a user with too many tokens."""
        now = now_ms()
        if expires_ms is not None and expires_ms <= now:
            raise Invalid(
                "expires_at: this moment has passed", [FieldProblem("expires_at", "must lie ahead")]
            )
        if len(await self.tokens.of_user(user_id, "", MAX_TOKENS)) >= MAX_TOKENS:
            raise Conflict(f"a user has {MAX_TOKENS} tokens at most: remove one that is not needed any more")
        secret = new_token()
        prefix = secret.reveal()[:SHOWN_CHARS]
        token = StoredToken(new_id("tok"), user_id, name, digest(secret), prefix, now, expires_ms)
        await self.tokens.add(token)
        await self.audit.note(actor, "token_created", token.id, name)
        return MadeToken(token, secret)

    async def remove(self, actor: Person, user_id: str, id: str) -> None:
        """Raises `NotFound`."""
        if not await self.tokens.remove(user_id, id):
            raise NotFound(f"there is no token {id!r} of this user")
        await self.audit.note(actor, "token_removed", id)
