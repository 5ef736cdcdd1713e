"""`/v2/me`: one's own password, sessions and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, SecretStr

from isthmus.admin.asking import Admin, Asker, Cursor, Limit, Model, Moment, PageOf, milliseconds, moment
from isthmus.admin.session import SessionId
from isthmus.admin.times import Time
from isthmus.control.passwords import MAX_CHARS, MIN_CHARS
from isthmus.control.people import Person, Role
from isthmus.control.playground import PlaygroundKeys
from isthmus.control.sign_in import SignIn
from isthmus.control.tokens import MadeToken, Tokens
from isthmus.core.secret import Secret

Id = Annotated[str, Path(max_length=64)]


class Me(BaseModel):
    id: str
    name: str
    role: Role


class PasswordChange(Model):
    current: SecretStr = Field(max_length=MAX_CHARS)
    new: SecretStr = Field(min_length=MIN_CHARS, max_length=MAX_CHARS)


class SessionView(BaseModel):
    id: str
    current: bool = Field(description="Whether it is the one that asks.")
    created_at: Moment
    expires_at: Moment
    last_seen_at: Moment = Field(description="To the minute.")
    client: str = Field(description="Address it was begun from.")
    agent: str = Field(description="What the browser said it was.")


class Ended(BaseModel):
    ended: int = Field(description="How many sessions there were to end.")


class NewTokenInput(Model):
    name: str = Field(
        min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", description="What it is for."
    )
    expires_at: Time | None = Field(default=None, description="When it ends; never, when left out.")


class TokenView(BaseModel):
    id: str
    name: str
    prefix: str = Field(description="Its first characters.")
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None = Field(description="To the minute.")


class NewToken(BaseModel):
    id: str
    token: str = Field(description="Shown now and never again.")
    expires_at: Moment | None


class PlaygroundKey(BaseModel):
    id: str
    name: str
    secret: str = Field(description="Shown now and never again.")
    expires_at: Moment


def me(person: Person) -> Me:
    return Me(id=person.id, name=person.name, role=person.role)


def router(service: SignIn, tokens: Tokens, playground: PlaygroundKeys) -> APIRouter:
    router = APIRouter(prefix="/me", tags=["me"])

    @router.get("")
    async def read_me(asker: Asker) -> Me:
        """Who is asking."""
        return me(asker)

    @router.post("/password", status_code=204)
    async def change_my_password(body: PasswordChange, asker: Asker, session: SessionId) -> None:
        """Sets a new password and ends one's other sessions."""
        current, new = (Secret(each.get_secret_value()) for each in (body.current, body.new))
        await service.change_password(asker, session, current, new)

    @router.get("/sessions")
    async def list_my_sessions(asker: Asker, session: SessionId) -> PageOf[SessionView]:
        """One's own sessions, the newest first, all on one page."""
        shown = [
            SessionView(
                id=each.id,
                current=each.id == session,
                created_at=moment(each.created_ms),
                expires_at=moment(each.expires_ms),
                last_seen_at=moment(each.last_seen_ms),
                client=each.client,
                agent=each.agent,
            )
            for each in await service.sessions_of(asker)
        ]
        return PageOf(items=shown)

    @router.delete("/sessions")
    async def end_my_other_sessions(asker: Asker, session: SessionId) -> Ended:
        """Ends all of one's sessions but the one that asks."""
        return Ended(ended=await service.end_other_sessions(asker, session))

    @router.delete("/sessions/{id}", status_code=204)
    async def end_my_session(id: Id, asker: Asker) -> None:
        """Ends one of one's sessions."""
        await service.end_session(asker, id)

    @router.post("/playground-key", status_code=201)
    async def create_my_playground_key(admin: Admin) -> PlaygroundKey:
        """Makes an API key for the console's playground, good for an hour, in place of the one before."""
        made = await playground.make(admin)
        assert made.key.expires_ms is not None
        return PlaygroundKey(
            id=made.key.id,
            name=made.key.name,
            secret=made.secret.reveal(),
            expires_at=moment(made.key.expires_ms),
        )

    _add_tokens(router, tokens)
    return router


def _add_tokens(router: APIRouter, tokens: Tokens) -> None:
    @router.get("/tokens")
    async def list_my_tokens(asker: Asker, limit: Limit = 100, cursor: Cursor = None) -> PageOf[TokenView]:
        """One's own tokens, without what they say."""
        page = await tokens.list(asker.id, cursor, limit)
        shown = [
            TokenView(
                id=each.id,
                name=each.name,
                prefix=each.prefix,
                created_at=moment(each.created_ms),
                expires_at=_moment(each.expires_ms),
                last_used_at=_moment(each.last_used_ms),
            )
            for each in page.items
        ]
        return PageOf(items=shown, next_cursor=page.next_cursor)

    @router.post("/tokens", status_code=201)
    async def create_my_token(body: NewTokenInput, asker: Asker) -> NewToken:
        """Makes a token for a script, which may then do what its user may do."""
        expires_ms = None if body.expires_at is None else milliseconds(body.expires_at)
        return _shown_once(await tokens.create(asker, asker.id, body.name, expires_ms))

    @router.delete("/tokens/{id}", status_code=204)
    async def remove_my_token(id: Id, asker: Asker) -> None:
        """Removes a token; it is refused from now on."""
        await tokens.remove(asker, asker.id, id)


def _shown_once(made: MadeToken) -> NewToken:
    return NewToken(id=made.token.id, token=made.secret.reveal(), expires_at=_moment(made.token.expires_ms))


def _moment(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else moment(at_ms)
