"""What API keys used, by day (UTC): budgets outlive a restart and the request log's retention."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import case, func, select

from isthmus.storage.database import Database
from isthmus.storage.schema import key_usage
from isthmus.storage.upsert import adding

_DAY_MS: Final = 86_400_000
FIGURES: Final = ("requests", "failures", "input_tokens", "output_tokens", "cost_nano_usd")


@dataclass(frozen=True, slots=True)
class Used:
    requests: int = 0
    failures: int = 0
    """Of the requests, those that failed."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_nano_usd: int = 0
    """Of requests whose model has a price."""

    def __add__(self, other: Used) -> Used:
        return Used(  # Spelt out: it is done for every request.
            self.requests + other.requests,
            self.failures + other.failures,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cost_nano_usd + other.cost_nano_usd,
        )

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class UsedOnDay:
    key_id: str
    day: str
    """`2026-11-21`, UTC."""
    used: Used


@dataclass(frozen=True, slots=True)
class CurrentUse:
    """Since the day and the month began."""

    day: Used = field(default_factory=Used)
    month: Used = field(default_factory=Used)


def day_of(now_ms: int) -> str:
    return _day(now_ms // _DAY_MS)


@lru_cache(maxsize=8)
def _day(number: int) -> str:
    """By its number since 1970: every request asks for that of today."""
    return datetime.fromtimestamp(number * _DAY_MS / 1000, UTC).strftime("%Y-%m-%d")


class KeyUsageStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, rows: Iterable[UsedOnDay]) -> None:
        """Adds a batch to what is there. Rows of one key and day may repeat."""
        sums: dict[tuple[str, str], Used] = {}
        for row in rows:
            sums[row.key_id, row.day] = sums.get((row.key_id, row.day), Used()) + row.used
        if not sums:
            return
        statement = adding(self._database.engine, key_usage, FIGURES)
        values = [_row(UsedOnDay(id, day, used)) for (id, day), used in sorted(sums.items(), key=_by_key)]
        await self._database.write(lambda connection: connection.execute(statement, values))

    async def usage(self, key_id: str, first_day: str, last_day: str) -> list[UsedOnDay]:
        """Days with any use, in order; both ends belong to it."""
        query = (
            select(key_usage)
            .where(key_usage.c.key_id == key_id, key_usage.c.day.between(first_day, last_day))
            .order_by(key_usage.c.day)
        )
        async with self._database.read() as connection:
            rows = await connection.execute(query)
            return [UsedOnDay(row.key_id, row.day, _used(row)) for row in rows]

    async def load_current(
        self, now_ms: int, key_ids: Collection[str] | None = None
    ) -> dict[str, CurrentUse]:
        """Key → what it used today and this month; of all keys, or of these. Keys without use are left out."""
        today = day_of(now_ms)
        of_today = [
            func.sum(case((key_usage.c.day == today, key_usage.c[name]), else_=0)) for name in FIGURES
        ]
        of_month = [func.sum(key_usage.c[name]) for name in FIGURES]
        query = select(key_usage.c.key_id, *of_today, *of_month).where(
            key_usage.c.day.between(f"{today[:7]}-01", f"{today[:7]}-31")
        )
        if key_ids is not None:
            query = query.where(key_usage.c.key_id.in_(key_ids))
        async with self._database.read() as connection:
            rows = (await connection.execute(query.group_by(key_usage.c.key_id))).all()
        size = len(FIGURES)
        # Sums come back as decimals from some engines.
        return {
            row[0]: CurrentUse(Used(*map(int, row[1 : 1 + size])), Used(*map(int, row[1 + size :])))
            for row in rows
        }


def _by_key(item: tuple[tuple[str, str], Used]) -> tuple[str, str]:
    return item[0]


def _row(row: UsedOnDay) -> dict[str, Any]:
    return {"key_id": row.key_id, "day": row.day} | {name: getattr(row.used, name) for name in FIGURES}


def _used(row: Any) -> Used:
    return Used(*(getattr(row, name) for name in FIGURES))
