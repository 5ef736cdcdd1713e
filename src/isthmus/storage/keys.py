"""API keys. A secret is never here: a key is found by the hash of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, TypeVar

from sqlalchemy import Select, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.routing.permissions import KeyTerms
from isthmus.storage.database import Database, touch
from isthmus.storage.schema import api_keys, key_usage

TOPIC: Final = "keys"
PLAYGROUND: Final = "playground_"
"""How ids of the keys begin that are made for the console's playground."""

Done = TypeVar("Done")
_LISTS: Final = ("providers", "models", "ips", "mcp")
_TERMS: Final = tuple(each.name for each in fields(KeyTerms))


class HashTaken(Exception):
    """There is a key of the same secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    id: str
    name: str
    hash: str = field(repr=False)
    """As `routing.permissions.key_hash` makes it."""
    prefix: str
    """How its secret begins, for people to tell keys apart."""
    terms: KeyTerms = field(default_factory=KeyTerms)
    enabled: bool = True
    expires_ms: int | None = None
    user_id: str | None = None
    note: str | None = None
    created_ms: int
    updated_ms: int
    last_used_ms: int | None = None

    @property
    def is_temporary(self) -> bool:
        """Made for the playground, and over before long."""
        return self.id.startswith(PLAYGROUND) and self.expires_ms is not None

    def is_valid(self, now_ms: int) -> bool:
        return self.enabled and (self.expires_ms is None or now_ms < self.expires_ms)


@dataclass(frozen=True, slots=True)
class KeyFilter:
    """None: whichever."""

    text: str | None = None
    """Within name, prefix, id or note; upper or lower case."""
    user_id: str | None = None
    enabled: bool | None = None


class KeyStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_all(self) -> dict[str, ApiKey]:
        """Hash → key: what a gateway keeps in memory."""
        async with self._database.read() as connection:
            keys = await _keys(connection, select(api_keys))
        return {key.hash: key for key in keys}

    async def get(self, id: str) -> ApiKey | None:
        return await self._one(select(api_keys).where(api_keys.c.id == id))

    async def with_hash(self, hash: str) -> ApiKey | None:
        return await self._one(select(api_keys).where(api_keys.c.hash == hash))

    async def named(self, name: str) -> list[ApiKey]:
        """Oldest first: names need not differ."""
        query = select(api_keys).where(api_keys.c.name == name)
        async with self._database.read() as connection:
            return await _keys(connection, query.order_by(api_keys.c.created_ms, api_keys.c.id))

    async def ids_of(self, user_id: str) -> list[str]:
        """Ids of a user's keys."""
        query = select(api_keys.c.id).where(api_keys.c.user_id == user_id).order_by(api_keys.c.id)
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def page(self, wanted: KeyFilter, after: tuple[int, str] | None, limit: int) -> list[ApiKey]:
        """Newest first, those after the key made at `after[0]` with the id `after[1]`."""
        query = _filtered(select(api_keys), wanted)
        if after is not None:
            made, id = after
            same_moment = and_(api_keys.c.created_ms == made, api_keys.c.id < id)
            query = query.where(or_(api_keys.c.created_ms < made, same_moment))
        query = query.order_by(api_keys.c.created_ms.desc(), api_keys.c.id.desc()).limit(limit)
        async with self._database.read() as connection:
            return await _keys(connection, query)

    async def add(self, key: ApiKey) -> None:
        """Raises `HashTaken`."""

        async def write(connection: AsyncConnection) -> None:
            await connection.execute(insert(api_keys).values(_row(key)))
            await touch(connection, TOPIC)

        await self._write(write)

    async def change(self, id: str, change: Callable[[ApiKey], ApiKey]) -> ApiKey | None:
        """The key as `change` makes it, read and written in one transaction; None when there is none.

        What `change` raises leaves everything as it was. Raises `HashTaken`.
        """

        async def write(connection: AsyncConnection) -> ApiKey | None:
            query = select(api_keys).where(api_keys.c.id == id).with_for_update()
            found = await _keys(connection, query)
            if not found:
                return None
            changed = change(found[0])
            await connection.execute(update(api_keys).where(api_keys.c.id == id).values(_row(changed)))
            await touch(connection, TOPIC)
            return changed

        return await self._write(write)

    async def remove(self, id: str) -> bool:
        """With what it used. Whether there was one."""

        async def write(connection: AsyncConnection) -> bool:
            await connection.execute(delete(key_usage).where(key_usage.c.key_id == id))
            done = await connection.execute(delete(api_keys).where(api_keys.c.id == id))
            if done.rowcount:
                await touch(connection, TOPIC)
            return bool(done.rowcount)

        return await self._database.write(write)

    async def remove_expired(self, beginning: str, now_ms: int) -> int:
        """Keys whose ids begin so and that are over, with what they used. How many there were."""
        over = api_keys.c.id.startswith(beginning, autoescape=True) & (api_keys.c.expires_ms <= now_ms)

        async def write(connection: AsyncConnection) -> int:
            ids = list((await connection.scalars(select(api_keys.c.id).where(over))).all())
            if ids:
                await connection.execute(delete(key_usage).where(key_usage.c.key_id.in_(ids)))
                await connection.execute(delete(api_keys).where(api_keys.c.id.in_(ids)))
                await touch(connection, TOPIC)
            return len(ids)

        return await self._database.write(write)

    async def mark_used(self, last_used_ms: Mapping[str, int]) -> None:
        """Id → when; in batches, as it happens all the time. Gateways are not told."""
        if not last_used_ms:
            return
        statement = (
            update(api_keys)
            .where(api_keys.c.id == bindparam("key"))
            .where(func.coalesce(api_keys.c.last_used_ms, 0) < bindparam("used_ms"))
            .values(last_used_ms=bindparam("used_ms"))
        )
        # In one order, whoever writes: two gateways that lock rows crosswise would wait for each other.
        rows = [{"key": id, "used_ms": used_ms} for id, used_ms in sorted(last_used_ms.items())]
        await self._database.write(lambda connection: connection.execute(statement, rows))

    async def _one(self, query: Select[Any]) -> ApiKey | None:
        async with self._database.read() as connection:
            found = await _keys(connection, query)
        return found[0] if found else None

    async def _write(self, work: Callable[[AsyncConnection], Awaitable[Done]]) -> Done:
        try:
            return await self._database.write(work)
        except IntegrityError:  # Ids are our own: of what must be unique, only the hash comes from outside.
            raise HashTaken from None


def _filtered(query: Select[Any], wanted: KeyFilter) -> Select[Any]:
    if wanted.text is not None:
        searched = (api_keys.c.name, api_keys.c.prefix, api_keys.c.id, api_keys.c.note)
        text = wanted.text.lower()
        query = query.where(or_(*(func.lower(each).contains(text, autoescape=True) for each in searched)))
    if wanted.user_id is not None:
        query = query.where(api_keys.c.user_id == wanted.user_id)
    if wanted.enabled is not None:
        query = query.where(api_keys.c.enabled == wanted.enabled)
    return query


async def _keys(connection: AsyncConnection, query: Select[Any]) -> list[ApiKey]:
    return [_key(dict(row)) for row in (await connection.execute(query)).mappings()]


def _row(key: ApiKey) -> dict[str, Any]:
    values = {name: getattr(key, name) for name in _OWN}
    terms: dict[str, Any] = asdict(key.terms)
    for name in _LISTS:
        terms[name] = _written(terms[name])
    return values | terms


_OWN: Final = tuple(each.name for each in fields(ApiKey) if each.name != "terms")


def _key(columns: dict[str, Any]) -> ApiKey:
    for name in _LISTS:
        columns[name] = None if columns[name] is None else tuple(json.loads(columns[name]))
    terms = KeyTerms(**{name: columns.pop(name) for name in _TERMS})
    return ApiKey(**columns, terms=terms)


def _written(names: Sequence[str] | None) -> str | None:
    return None if names is None else json.dumps(names, ensure_ascii=False)
