"""`/v2/users`: who may sign in, and as what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, SecretStr

from isthmus.admin.asking import Admin, Asker, Cursor, Limit, Model, Moment, PageOf, Truth, moment
from isthmus.control.passwords import MAX_CHARS, MIN_CHARS
from isthmus.control.people import Role
from isthmus.control.users import NewUser, User, UserEdit, Users
from isthmus.core.secret import Secret

Id = Annotated[str, Path(max_length=64)]
Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]*$",
        description="What they sign in with; kept in small letters.",
    ),
]
Password = Annotated[SecretStr, Field(min_length=MIN_CHARS, max_length=MAX_CHARS)]


class UserView(BaseModel):
    id: str
    name: str
    role: Role
    enabled: bool
    has_password: bool = Field(description="Without one they sign in nowhere, and work with tokens alone.")
    created_at: Moment
    updated_at: Moment
    last_sign_in_at: Moment | None


class UserInput(Model):
    name: Name
    role: Role
    enabled: Truth = True
    password: Password | None = Field(
        default=None, description="To sign in with. A user without one works with tokens alone."
    )


class UserChange(Model):
    """What is left out, or null, stays as it is. A new password, or being disabled, signs the user out everywhere."""

    name: Name | None = None
    role: Role | None = None
    enabled: Truth | None = Field(
        default=None, description="Who is disabled is refused, and so are their tokens."
    )
    password: Password | None = None


def router(service: Users) -> APIRouter:
    router = APIRouter(prefix="/users", tags=["users"])

    @router.get("")
    async def list_users(asker: Asker, limit: Limit = 100, cursor: Cursor = None) -> PageOf[UserView]:
        """All users, by name."""
        page = await service.list(cursor, limit)
        return PageOf(items=[_shown(each) for each in page.items], next_cursor=page.next_cursor)

    @router.post("", status_code=201)
    async def create_user(body: UserInput, admin: Admin) -> UserView:
        """Makes a user."""
        new = NewUser(body.name, body.role, _secret(body.password), body.enabled)
        return _shown(await service.create(admin, new))

    @router.get("/{id}")
    async def read_user(id: Id, asker: Asker) -> UserView:
        """One user."""
        return _shown(await service.get(id))

    @router.patch("/{id}")
    async def edit_user(id: Id, body: UserChange, admin: Admin) -> UserView:
        """Changes a user. The last administrator who can sign in stays one."""
        edit = UserEdit(body.name, body.role, body.enabled, _secret(body.password))
        return _shown(await service.edit(admin, id, edit))

    @router.delete("/{id}", status_code=204)
    async def remove_user(id: Id, admin: Admin) -> None:
        """Removes a user, with sessions and tokens; their API keys are switched off."""
        await service.remove(admin, id)

    return router


def _secret(password: SecretStr | None) -> Secret | None:
    return None if password is None else Secret(password.get_secret_value())


def _shown(user: User) -> UserView:
    return UserView(
        id=user.id,
        name=user.name,
        role=user.role,
        enabled=user.enabled,
        has_password=user.has_password,
        created_at=moment(user.created_ms),
        updated_at=moment(user.updated_ms),
        last_sign_in_at=None if user.last_sign_in_ms is None else moment(user.last_sign_in_ms),
    )
