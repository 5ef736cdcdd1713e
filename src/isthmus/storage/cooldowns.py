"""Rests of accounts, so that a restart does not send requests where they were just refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.storage import schema
from isthmus.storage.database import Database, touch
from isthmus.storage.texts import storable

TOPIC: Final = "cooldowns"
"""Changed by an operator's clearing alone: gateways write the other changes themselves and know of them."""

_table: Final = schema.cooldowns
_WHOLE_ACCOUNT: Final = ""
_LONGEST_MODEL: Final = schema.NAME


@dataclass(frozen=True, slots=True)
class CooldownRow:
    account_id: str
    model: str | None
    """None: the whole account rests."""
    until_ms: int
    reason: str
    """In a word, such as `rate_limit`."""
    text: str
    """For the operator: the upstream's words."""
    strikes: int = 1

    @property
    def key(self) -> CooldownKey:
        return self.account_id, self.model


CooldownKey = tuple[str, str | None]
"""Account and model; no model means the rest of the account as a whole."""


class CooldownStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, now_ms: int) -> list[CooldownRow]:
        """Those that have not ended. The others are removed when there are any."""
        async with self._database.read() as connection:
            rows = [_cooldown(row) for row in await connection.execute(select(_table))]
        lasting = [row for row in rows if row.until_ms > now_ms]
        if len(lasting) < len(rows):
            await self._remove_ended(now_ms)
        return lasting

    async def current(self, now_ms: int) -> dict[str, list[CooldownRow]]:
        """Account → its rests that have not ended. Changes nothing."""
        found: dict[str, list[CooldownRow]] = {}
        async with self._database.read() as connection:
            for row in await connection.execute(select(_table).where(_table.c.until_ms > now_ms)):
                found.setdefault(row.account_id, []).append(_cooldown(row))
        return found

    async def save(self, rows: Sequence[CooldownRow]) -> None:
        """Writes rests, each in place of the one before; the last counts when two are of one account and model.

        The name of a model comes from a client: one that no table can hold is left out, and its rest ends with the process.
        """
        latest = {row.key: row for row in rows if _is_storable(row)}

        async def write(connection: AsyncConnection) -> None:
            await _delete(connection, latest)
            await connection.execute(insert(_table), [_row(each) for each in latest.values()])

        if latest:
            await self._database.write(write)

    async def remove(self, keys: Collection[CooldownKey]) -> None:
        """Those that ended before their time, by a success."""
        if keys:
            await self._database.write(lambda connection: _delete(connection, keys))

    async def clear(self, account_ids: Sequence[str]) -> int:
        """An operator ends every rest of these accounts; running gateways notice. How many rests there were."""

        async def write(connection: AsyncConnection) -> int:
            cleared = 0
            for id in account_ids:
                done = await connection.execute(delete(_table).where(_table.c.account_id == id))
                cleared += done.rowcount
            # Even without rows: a gateway may know of a rest that it has not written yet.
            await touch(connection, TOPIC)
            return cleared

        return await self._database.write(write)

    async def _remove_ended(self, now_ms: int) -> None:
        async def write(connection: AsyncConnection) -> None:
            await connection.execute(delete(_table).where(_table.c.until_ms <= now_ms))

        await self._database.write(write)


async def _delete(connection: AsyncConnection, keys: Iterable[CooldownKey]) -> None:
    for account_id, model in keys:
        same = and_(_table.c.account_id == account_id, _table.c.model == (model or _WHOLE_ACCOUNT))
        await connection.execute(delete(_table).where(same))


def _is_storable(row: CooldownRow) -> bool:
    return not row.model or (len(row.model) <= _LONGEST_MODEL and storable(row.model) == row.model)


def _row(cooldown: CooldownRow) -> dict[str, Any]:
    return {
        "account_id": cooldown.account_id,
        "model": cooldown.model or _WHOLE_ACCOUNT,
        "until_ms": cooldown.until_ms,
        "reason": cooldown.reason,
        "text": storable(cooldown.text),
        "strikes": cooldown.strikes,
    }


def _cooldown(row: Any) -> CooldownRow:
    return CooldownRow(row.account_id, row.model or None, row.until_ms, row.reason, row.text, row.strikes)
