"""`/v2/logins`: accounts that sign in. A page starts one, shows its address and code, polls, and finishes it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints

from isthmus.admin.accounts import AccountAnswer
from isthmus.admin.asking import Admin, Moment, moment
from isthmus.control.account_input import PRINTABLE
from isthmus.control.login_input import FinishInput, LoginInput
from isthmus.control.login_views import LoginState, LoginView
from isthmus.control.logins import LoginService, Offered
from isthmus.core.logins import Method, Option

LoginIdText = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=PRINTABLE)]


class OptionAnswer(BaseModel):
    name: str
    title: str
    required: bool
    default: str

    @classmethod
    def of(cls, option: Option) -> OptionAnswer:
        return cls(name=option.name, title=option.title, required=option.required, default=option.default)


class MethodAnswer(BaseModel):
    name: str
    title: str
    options: list[OptionAnswer] = Field(description="What `options` of a sign-in may hold.")

    @classmethod
    def of(cls, method: Method) -> MethodAnswer:
        return cls(
            name=method.name,
            title=method.title,
            options=[OptionAnswer.of(each) for each in method.options],
        )


class OfferedAnswer(BaseModel):
    provider: str
    type: str
    methods: list[MethodAnswer] = Field(description="The usual one first.")

    @classmethod
    def of(cls, offered: Offered) -> OfferedAnswer:
        methods = [MethodAnswer.of(each) for each in offered.methods]
        return cls(provider=offered.provider, type=offered.type, methods=methods)


class OfferedAnswers(BaseModel):
    items: list[OfferedAnswer]


class ProfileAnswer(BaseModel):
    id: str
    name: str


class LoginAnswer(BaseModel):
    """Everything about a sign-in but its secrets."""

    id: str
    provider: str
    method: str
    state: LoginState
    url: str = Field(
        description="For the person who signs in, with the code in it where the service has that."
    )
    plain_url: str = Field(description="The page without the code, for typing it in.")
    code: str = Field(description="What that page must show, or asks for.")
    interval_s: float = Field(description="Polls that follow each other sooner ask nobody.")
    next_poll_at: Moment
    created_at: Moment
    expires_at: Moment = Field(description="When it ends unless somebody agrees, or finishes it.")
    problem: str | None = Field(description="Why it ended, or what stood in the way of the last poll.")
    account_id: str | None = Field(description="Account that signs in again, or that was made.")
    label: str | None
    owner: str | None = Field(description="Whose account it is, when that could be read.")
    plan: str | None
    profiles: list[ProfileAnswer] = Field(description="To choose from when finishing, if there are several.")

    @classmethod
    def of(cls, view: LoginView) -> LoginAnswer:
        same = {name: getattr(view, name) for name in _SAME}
        return cls(
            **same,
            next_poll_at=moment(view.next_poll_ms),
            created_at=moment(view.created_ms),
            expires_at=moment(view.expires_ms),
            profiles=[
                ProfileAnswer(id=str(each["id"]), name=str(each.get("name") or "")) for each in view.profiles
            ],
        )


_SAME = "id provider method state url plain_url code interval_s problem account_id label owner plan".split()


class LoginAnswers(BaseModel):
    items: list[LoginAnswer]


def router(service: LoginService) -> APIRouter:
    routes = APIRouter(prefix="/logins", tags=["logins"])

    @routes.get("/methods")
    async def list_login_methods(
        _: Admin,
        provider: Annotated[
            str | None, Query(max_length=64, description="Only those of this provider.")
        ] = None,
    ) -> OfferedAnswers:
        """How accounts can sign in, for each provider whose accounts do."""
        return OfferedAnswers(items=[OfferedAnswer.of(each) for each in service.offered(provider)])

    @routes.post("", status_code=201)
    async def start_login(body: LoginInput, admin: Admin) -> LoginAnswer:
        """Begins the sign-in of a new account, or of one that must sign in again. Show `url` and `code` to its owner."""
        return LoginAnswer.of(await service.start(admin, body))

    @routes.get("")
    async def list_logins(_: Admin) -> LoginAnswers:
        """The newest first. Those that are over stay for a day."""
        return LoginAnswers(items=[LoginAnswer.of(each) for each in await service.list()])

    @routes.get("/{id}")
    async def get_login(id: LoginIdText, _: Admin) -> LoginAnswer:
        """What is known of it. Asks nobody."""
        return LoginAnswer.of(await service.get(id))

    @routes.post("/{id}/poll")
    async def poll_login(id: LoginIdText, _: Admin) -> LoginAnswer:
        """Asks the service whether its owner has agreed, if `next_poll_at` has come. May be called as often as one likes."""
        return LoginAnswer.of(await service.poll(id))

    @routes.post("/{id}/finish")
    async def finish_login(id: LoginIdText, admin: Admin, body: FinishInput | None = None) -> AccountAnswer:
        """Makes an approved sign-in an account, or gives it to the account that signs in again and switches that on."""
        return AccountAnswer.of(await service.finish(admin, id, body or FinishInput()))

    @routes.delete("/{id}", status_code=204)
    async def cancel_login(id: LoginIdText, admin: Admin) -> None:
        """Nothing is left of it. An account that was made of it stays."""
        await service.cancel(admin, id)

    return routes
