"""The price table: what comes with the project, and the operator's own rows before it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from isthmus.control.clock import now_ms
from isthmus.control.failures import FieldProblem, Invalid, NotFound
from isthmus.control.paging import Page, read_cursor, write_cursor
from isthmus.control.people import Person
from isthmus.routing.prices import Price
from isthmus.storage.audit import AuditLog
from isthmus.storage.prices import PriceStore, StoredPrice

MAX_PATTERN_CHARS: Final = 200
MAX_ROW_BYTES: Final = 10_000
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Origin(StrEnum):
    SHIPPED = "shipped"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class PriceRow:
    pattern: str
    row: Mapping[str, Any]
    """Dollars per million tokens, as it was written."""
    origin: Origin
    updated_ms: int | None = None
    replaces_shipped: bool = False


@dataclass(frozen=True, slots=True)
class PriceService:
    store: PriceStore
    audit: AuditLog

    async def page(self, text: str | None, cursor: str | None, limit: int) -> Page[PriceRow]:
        """By pattern, as costs are counted: the operator's row in place of a shipped one. Raises `Invalid` for a foreign
        cursor."""
        after = "" if cursor is None else str(read_cursor(cursor, str)[0])
        rows = [
            row
            for row in await self._rows()
            if row.pattern > after and (text or "").lower() in row.pattern.lower()
        ]
        more = len(rows) > limit
        return Page(rows[:limit], write_cursor(rows[limit - 1].pattern) if more else None)

    async def put(self, person: Person, pattern: str, row: Mapping[str, Any]) -> PriceRow:
        """Raises `Invalid`."""
        stored = StoredPrice(pattern, checked(pattern, row), now_ms())
        await self.store.put([stored])
        await self.audit.note(person, "price.put", pattern, json.dumps(dict(stored.row)))
        return _own(stored)

    async def remove(self, person: Person, pattern: str) -> None:
        """The shipped price is in force again, where there is one. Raises `NotFound`."""
        if not await self.store.remove(pattern):
            shipped = (
                " The one that is shipped can be replaced, not removed." if pattern in _shipped() else ""
            )
            raise NotFound(f"no price of your own for {pattern!r}: see GET /v2/models/prices.{shipped}")
        await self.audit.note(person, "price.remove", pattern)

    async def _rows(self) -> list[PriceRow]:
        rows = {pattern: PriceRow(pattern, row, Origin.SHIPPED) for pattern, row in _shipped().items()}
        rows |= {each.pattern: _own(each) for each in await self.store.rows()}
        return [rows[pattern] for pattern in sorted(rows)]


def checked(pattern: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as it is stored: without what is left open, its steps in order. Raises `Invalid`."""
    if (
        not pattern
        or len(pattern) > MAX_PATTERN_CHARS
        or _CONTROL.search(pattern)
        or pattern != pattern.strip()
    ):
        message = f"1 to {MAX_PATTERN_CHARS} characters on one line: a model's name, `*` for anything"
        raise Invalid(f"pattern: {message}", [FieldProblem("pattern", message)])
    said = {name: value for name, value in row.items() if value is not None and value != []}
    try:
        Price.parse(said)
    except (ValueError, TypeError, AttributeError) as error:
        field, _, message = str(error).partition(": ")
        raise Invalid(f"price of {pattern}: {error}", [FieldProblem(field, message or field)]) from None
    if "above" in said:
        said["above"] = sorted(said["above"], key=_tokens)
    if len(json.dumps(said)) > MAX_ROW_BYTES:
        raise Invalid(
            f"price of {pattern}: longer than {MAX_ROW_BYTES} characters: leave out some of its steps"
        )
    return said


def shipped_as_of() -> str:
    """The day the shipped prices were read, `2026-11-21`."""
    return str(_shipped_table()["as_of"])


@lru_cache(maxsize=1)
def _shipped_table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads(
        (resources.files("isthmus.routing") / "prices.json").read_text("utf-8")
    )
    return table


def _shipped() -> Mapping[str, Mapping[str, Any]]:
    rows: Mapping[str, Mapping[str, Any]] = _shipped_table()["prices"]
    return rows


def _own(stored: StoredPrice) -> PriceRow:
    return PriceRow(
        stored.pattern, stored.row, Origin.OPERATOR, stored.updated_ms, stored.pattern in _shipped()
    )


def _tokens(step: Mapping[str, Any]) -> int:
    tokens: int = step["tokens"]
    return tokens
