"""Signing in and out, and what one may do with one's own password and sessions.

Every attempt is in the audit log, whatever came of it. One that is turned away before it was looked at (too many, too soon) is
in the gateway's log alone, or the table would grow as fast as an attacker likes. A name nobody has is not written down: now and
then it is somebody's password.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import structlog

from isthmus.control.attempts import Attempts
from isthmus.control.clock import now_ms
from isthmus.control.failures import Conflict, FieldProblem, Invalid, NotFound, Throttled, Unauthenticated
from isthmus.control.identity import digest, new_session_secret, person_from
from isthmus.control.passwords import Passwords, demand_good
from isthmus.control.people import Person
from isthmus.control.set_up import FirstAdministrator, SetUp
from isthmus.control.user_names import canonical
from isthmus.core.secret import Secret
from isthmus.storage.audit import AuditLog
from isthmus.storage.sessions import SessionStore, StoredSession
from isthmus.storage.texts import storable
from isthmus.storage.users import AlreadyAdministered, StoredUser, UserChange, UserStore

log = structlog.get_logger("isthmus")

HOUR_MS: Final = 3_600_000
MAX_CLIENT_CHARS: Final = 64
MAX_AGENT_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is not signed in."""

    client: str
    agent: str = ""
    """What their browser says it is."""
    id: ClassVar[str] = ""
    name: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    person: Person
    cookie: Secret
    lasts_s: int


@dataclass(frozen=True, slots=True)
class SignIn:
    users: UserStore
    sessions: SessionStore
    audit: AuditLog
    passwords: Passwords
    attempts: Attempts
    first: SetUp
    session_hours: int

    async def is_set_up_needed(self) -> bool:
        return await self.first.is_needed()

    async def set_up(self, token: Secret, name: str, password: Secret, visitor: Visitor) -> SignedIn:
        """Makes the first administrator and signs them in.

        Raises `Conflict` when there is one already, `Unauthenticated` for a wrong token, `Invalid` and `Throttled`.
        """
        self._begin(visitor, "")
        if not await self.first.is_needed():
            raise Conflict("this gateway has an administrator already: sign in")
        if not self.first.accepts(token):
            await self._note_failure(visitor, "set_up_failed", "", "wrong token")
            raise Unauthenticated("this is not the set-up token that the gateway printed when it started")
        self.attempts.succeeded(visitor.client, "")
        name = canonical(name)
        demand_good(password, name)
        try:
            user = await FirstAdministrator(self.users, self.passwords, self.audit).make(name, password)
        except AlreadyAdministered:
            raise Conflict("this gateway has got an administrator meanwhile: sign in") from None
        self.first.token = None
        return await self._open(user, visitor, "set_up")

    async def sign_in(self, name: str, password: Secret, visitor: Visitor) -> SignedIn:
        """Raises `Unauthenticated`, which does not tell whether there is such a user, and `Throttled`."""
        name = name.strip().lower()
        self._begin(visitor, name)
        user = await self.users.find(name)
        checked = await self.passwords.check(None if user is None else user.password_hash, password)
        if user is None or not checked.ok or not user.enabled:
            why = "unknown name" if user is None else "disabled" if checked.ok else "wrong password"
            await self._note_failure(visitor, "sign_in_failed", "" if user is None else user.name, why)
            raise Unauthenticated("name or password is wrong")
        self.attempts.succeeded(visitor.client, name)
        signed = await self._open(user, visitor, "sign_in")
        if user.password_hash and checked.renewed_hash:
            await self.users.replace_hash(user.id, user.password_hash, checked.renewed_hash)
        return signed

    async def sign_out(self, person: Person, session_id: str | None) -> None:
        """A script with a token has nothing to sign out of."""
        if session_id and await self.sessions.end(person.id, session_id):
            await self.audit.note(person, "sign_out")

    async def change_password(
        self, person: Person, session_id: str | None, current: Secret, new: Secret
    ) -> None:
        """Ends the person's other sessions. Raises `Invalid` and `Throttled`."""
        visitor = Visitor(person.client)
        self._begin(visitor, person.name)
        user = await self.users.load(person.id)
        checked = await self.passwords.check(None if user is None else user.password_hash, current)
        if not checked.ok:
            await self._note_failure(person, "password_change_failed", person.name, "wrong password")
            problem = FieldProblem("current", "not the present password")
            raise Invalid("the present password is wrong; an administrator can set a new one", [problem])
        self.attempts.succeeded(visitor.client, person.name)
        demand_good(new, person.name, "new")
        change = UserChange(password_hash=await self.passwords.hash(new))
        await self.users.change(person.id, change, now_ms(), keep_session=session_id)
        await self.audit.note(person, "password_changed", person.name)

    async def sessions_of(self, person: Person) -> Sequence[StoredSession]:
        return await self.sessions.of_user(person.id, now_ms())

    async def end_session(self, person: Person, id: str) -> None:
        """Raises `NotFound`."""
        if not await self.sessions.end(person.id, id):
            raise NotFound(f"you have no session {id!r}: see GET /v2/me/sessions")
        await self.audit.note(person, "session_ended", person.name, id)

    async def end_other_sessions(self, person: Person, session_id: str | None) -> int:
        """Returns how many there were."""
        ended = await self.sessions.end_all(person.id, keep=session_id)
        await self.audit.note(person, "sessions_ended", person.name, str(ended))
        return ended

    def _begin(self, visitor: Visitor, name: str) -> None:
        try:
            self.attempts.begin(visitor.client, name)
        except Throttled as throttled:
            wait_s = round(throttled.retry_after_s, 1)
            log.warning("sign_in_throttled", client=visitor.client, retry_after_s=wait_s)
            raise

    async def _note_failure(self, actor: Visitor | Person, action: str, target: str, why: str) -> None:
        log.warning(action, user=target or None, client=actor.client, why=why)
        await self.audit.note(actor, action, target, why)

    async def _open(self, user: StoredUser, visitor: Visitor, action: str) -> SignedIn:
        now, cookie = now_ms(), new_session_secret()
        session = StoredSession(
            hash=digest(cookie),
            user_id=user.id,
            created_ms=now,
            expires_ms=now + self.session_hours * HOUR_MS,
            last_seen_ms=now,
            client=storable(visitor.client, MAX_CLIENT_CHARS),
            agent=storable(visitor.agent, MAX_AGENT_CHARS),
        )
        await self.sessions.add(session)
        await self._demand_unchanged(user, session)
        await self.users.signed_in(user.id, now)
        person = person_from(user, visitor.client)
        log.info(action, user=user.name, client=visitor.client)
        await self.audit.note(person, action, user.name)
        return SignedIn(person, cookie, self.session_hours * 3600)

    async def _demand_unchanged(self, user: StoredUser, session: StoredSession) -> None:
        """While a password was being checked, a new one may have ended all sessions but the one that was about to begin."""
        present = await self.users.load(user.id)
        if present is None or (present.enabled, present.password_hash) != (user.enabled, user.password_hash):
            await self.sessions.end(user.id, session.id)
            raise Unauthenticated("this user has been changed at this very moment: sign in again")
