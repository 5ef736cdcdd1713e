"""Who may sign in. The last administrator who can is never lost, however many gateways write at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Column, delete, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage.database import Database, touch
from isthmus.storage.schema import api_keys, api_tokens, sessions, users

TOPIC: Final = "users"
ADMIN: Final = "admin"
"""The role without which nobody could let anybody in (`control.people.Role.ADMIN`)."""


class UnknownUser(Exception):
    """There is no user of this id or name."""


class NameTaken(Exception):
    """Another user has this name."""


class LastAdministrator(Exception):
    """Without this user nobody could sign in and administer."""


class AlreadyAdministered(Exception):
    """There is an administrator who can sign in, so nobody is made one without them."""


@dataclass(frozen=True, slots=True)
class StoredUser:
    """A row of `users`: the same columns in the same order."""

    id: str
    name: str
    role: str
    password_hash: str | None = field(repr=False)
    enabled: bool
    created_ms: int
    updated_ms: int
    last_sign_in_ms: int | None = None

    @property
    def can_administer(self) -> bool:
        """May sign in with a password and do everything."""
        return self.enabled and self.role == ADMIN and self.password_hash is not None


@dataclass(frozen=True, slots=True)
class UserChange:
    """What is to be different; None leaves a thing as it is."""

    name: str | None = None
    role: str | None = None
    enabled: bool | None = None
    password_hash: str | None = field(default=None, repr=False)

    def columns(self) -> dict[str, Any]:
        every = {
            "name": self.name,
            "role": self.role,
            "enabled": self.enabled,
            "password_hash": self.password_hash,
        }
        return {name: value for name, value in every.items() if value is not None}


class UserStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, id: str) -> StoredUser | None:
        async with self._database.read() as connection:
            return await _one(connection, users.c.id, id)

    async def find(self, name: str) -> StoredUser | None:
        async with self._database.read() as connection:
            return await _one(connection, users.c.name, name)

    async def page(self, after_name: str, limit: int) -> Sequence[StoredUser]:
        """By name, from the first one behind `after_name`."""
        wanted = select(users).where(users.c.name > after_name).order_by(users.c.name).limit(limit)
        async with self._database.read() as connection:
            return [user_from(row) for row in (await connection.execute(wanted)).mappings()]

    async def disabled_ids(self) -> frozenset[str]:
        """Users whose keys and tokens are refused."""
        query = select(users.c.id).where(users.c.enabled.is_(False))
        async with self._database.read() as connection:
            return frozenset((await connection.execute(query)).scalars())

    async def is_administered(self) -> bool:
        """Whether there is an administrator who can sign in."""
        async with self._database.read() as connection:
            return await _administrators(connection) > 0

    async def add(self, user: StoredUser) -> None:
        """Raises `NameTaken`."""

        async def work(connection: AsyncConnection) -> None:
            await touch(connection, TOPIC)
            await _demand_free(connection, user.name, user.id)
            await connection.execute(insert(users).values(_row(user)))

        await self._database.write(work)

    async def install_administrator(self, user: StoredUser) -> StoredUser:
        """Makes the first administrator; a user of that name becomes it. Raises `AlreadyAdministered`."""

        async def work(connection: AsyncConnection) -> StoredUser:
            await touch(connection, TOPIC)
            if await _administrators(connection):
                raise AlreadyAdministered
            found = await _one(connection, users.c.name, user.name)
            if found is None:
                await connection.execute(insert(users).values(_row(user)))
                return user
            change = UserChange(role=ADMIN, enabled=True, password_hash=user.password_hash)
            return await _change(connection, found, change, user.updated_ms, None)

        return await self._database.write(work)

    async def change(
        self, id: str, change: UserChange, now_ms: int, keep_session: str | None = None
    ) -> StoredUser:
        """A new password, or being switched off, ends the user's sessions but the one of id `keep_session`.

        Raises `UnknownUser`, `NameTaken` and `LastAdministrator`; then nothing has changed.
        """

        async def work(connection: AsyncConnection) -> StoredUser:
            # First of all, for the lock on the topic's row: changes of users come one after another on every engine, or two
            # administrators could demote each other at the same moment.
            await touch(connection, TOPIC)
            if (found := await _one(connection, users.c.id, id)) is None:
                raise UnknownUser
            if change.name is not None:
                await _demand_free(connection, change.name, id)
            return await _change(connection, found, change, now_ms, keep_session)

        return await self._database.write(work)

    async def replace_hash(self, id: str, old: str, new: str) -> None:
        """The same password, hashed anew; nothing is done if the password has been changed meanwhile."""
        statement = update(users).where(users.c.id == id, users.c.password_hash == old)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(statement.values(password_hash=new))

        await self._database.write(work)

    async def signed_in(self, id: str, now_ms: int) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(update(users).where(users.c.id == id).values(last_sign_in_ms=now_ms))

        await self._database.write(work)

    async def remove(self, id: str) -> None:
        """With sessions and tokens. The user's API keys stay, for their history, but are switched off and nobody's.

        Raises `UnknownUser` and `LastAdministrator`.
        """

        async def work(connection: AsyncConnection) -> None:
            await touch(connection, TOPIC)
            if (found := await _one(connection, users.c.id, id)) is None:
                raise UnknownUser
            await connection.execute(delete(users).where(users.c.id == id))
            if found.can_administer and not await _administrators(connection):
                raise LastAdministrator
            for table in (sessions, api_tokens):
                await connection.execute(delete(table).where(table.c.user_id == id))
            orphaned = update(api_keys).where(api_keys.c.user_id == id).values(enabled=False, user_id=None)
            if (await connection.execute(orphaned)).rowcount:
                await touch(connection, "keys")

        await self._database.write(work)


def user_from(row: Mapping[Any, Any]) -> StoredUser:
    """From a row that holds, among others, every column of `users`."""
    return StoredUser(*(row[column] for column in users.c))


def _row(user: StoredUser) -> dict[str, Any]:
    return {column.name: getattr(user, column.name) for column in users.c}


async def _one(connection: AsyncConnection, column: Column[str], value: str) -> StoredUser | None:
    row = (await connection.execute(select(users).where(column == value))).mappings().first()
    return None if row is None else user_from(row)


async def _administrators(connection: AsyncConnection) -> int:
    able = (users.c.role == ADMIN, users.c.enabled == true(), users.c.password_hash.is_not(None))
    return (await connection.execute(select(func.count()).select_from(users).where(*able))).scalar_one()


async def _demand_free(connection: AsyncConnection, name: str, id: str) -> None:
    holder = await _one(connection, users.c.name, name)
    if holder is not None and holder.id != id:
        raise NameTaken


async def _change(
    connection: AsyncConnection, user: StoredUser, change: UserChange, now_ms: int, keep_session: str | None
) -> StoredUser:
    columns = change.columns() | {"updated_ms": now_ms}
    await connection.execute(update(users).where(users.c.id == user.id).values(columns))
    if change.password_hash is not None or change.enabled is False:
        ended = delete(sessions).where(sessions.c.user_id == user.id)
        if keep_session:
            ended = ended.where(sessions.c.hash.not_like(f"{keep_session}%"))
        await connection.execute(ended)
    changed = await _one(connection, users.c.id, user.id)
    assert changed is not None
    if user.can_administer and not changed.can_administer and not await _administrators(connection):
        raise LastAdministrator
    return changed
