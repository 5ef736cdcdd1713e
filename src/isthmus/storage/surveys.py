"""What upstreams said about accounts, so that a restart need not ask all of them again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.core.survey import KeptSurvey, Quota, Survey
from isthmus.storage import schema
from isthmus.storage.database import Database
from isthmus.storage.upsert import replacing

_table: Final = schema.surveys
_AT_ONCE: Final = 500
_READ_WITH: Final = "read_with"


class SurveyStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_all(self) -> dict[str, KeptSurvey]:
        """By account. One that another version wrote and this one cannot read is left out: it will be read again."""
        async with self._database.read() as connection:
            return _kept((await connection.execute(select(_table))).all())

    async def load(self, account_ids: Sequence[str]) -> dict[str, KeptSurvey]:
        """The same for some accounts."""
        found: dict[str, KeptSurvey] = {}
        async with self._database.read() as connection:
            for at in range(0, len(account_ids), _AT_ONCE):
                some = account_ids[at : at + _AT_ONCE]
                rows = await connection.execute(select(_table).where(_table.c.account_id.in_(some)))
                found |= _kept(rows.all())
        return found

    async def save(self, account_id: str, kept: KeptSurvey) -> None:
        """In place of the one before."""
        read_with = {} if kept.read_with is None else {_READ_WITH: kept.read_with}
        text = json.dumps(asdict(kept.survey) | read_with, ensure_ascii=True)
        row = {"account_id": account_id, "survey": text, "read_ms": kept.read_ms}

        async def write(connection: AsyncConnection) -> None:
            await connection.execute(replacing(self._database.engine, _table, ["survey", "read_ms"]), [row])

        await self._database.write(write)


def _kept(rows: Sequence[Row[Any]]) -> dict[str, KeptSurvey]:
    read = ((row.account_id, _read(row.survey, row.read_ms)) for row in rows)
    return {id: kept for id, kept in read if kept is not None}


def _read(text: str, read_ms: int) -> KeptSurvey | None:
    try:
        values = json.loads(text)
        read_with = values.pop(_READ_WITH, None)
        values["quotas"] = tuple(Quota(**each) for each in values["quotas"])
        values |= {name: tuple(values[name]) for name in ("models", "profiles", "problems")}
        return KeptSurvey(Survey(**values), read_ms, read_with)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
