"""`/v2/setup`, `/v2/sign-in` and `/v2/sign-out`: the only routes that nobody needs to be signed in for, and the way out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, SecretStr

from isthmus.admin.asking import Asker, Model
from isthmus.admin.me import Me, me
from isthmus.admin.session import Caller, SessionId, clear_cookie, set_cookie
from isthmus.control.passwords import MAX_CHARS, MIN_CHARS
from isthmus.control.sign_in import SignIn
from isthmus.core.secret import Secret

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
Password = Annotated[SecretStr, Field(max_length=MAX_CHARS)]
NewPassword = Annotated[SecretStr, Field(min_length=MIN_CHARS, max_length=MAX_CHARS)]


class SetUpState(Model):
    needed: bool = Field(description="Whether the first administrator is still to be made.")


class SetUpInput(Model):
    token: SecretStr = Field(
        max_length=200, description="The set-up token that the gateway printed at its start."
    )
    name: Name
    password: NewPassword


class SignInInput(Model):
    name: Name
    password: Password


def router(service: SignIn) -> APIRouter:
    router = APIRouter(tags=["sign-in"])

    @router.get("/setup")
    async def read_setup() -> SetUpState:
        """Whether the first administrator is still to be made."""
        return SetUpState(needed=await service.is_set_up_needed())

    @router.post("/setup")
    async def set_up(body: SetUpInput, caller: Caller, request: Request, response: Response) -> Me:
        """Makes the first administrator and signs them in with a cookie."""
        token, password = (Secret(each.get_secret_value()) for each in (body.token, body.password))
        signed = await service.set_up(token, body.name, password, caller)
        set_cookie(request, response, signed)
        return me(signed.person)

    @router.post("/sign-in")
    async def sign_in(body: SignInInput, caller: Caller, request: Request, response: Response) -> Me:
        """Signs in with a cookie."""
        signed = await service.sign_in(body.name, Secret(body.password.get_secret_value()), caller)
        set_cookie(request, response, signed)
        return me(signed.person)

    @router.post("/sign-out", status_code=204)
    async def sign_out(asker: Asker, session: SessionId, request: Request, response: Response) -> None:
        """Ends this session."""
        await service.sign_out(asker, session)
        clear_cookie(request, response)

    return router
