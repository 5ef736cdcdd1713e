"""One statement for many rows, as tuples straight to the driver.

SQLAlchemy's own way looks at every value of every row, which costs several times what the database does. It still writes the SQL.

SQLite runs in a thread of this process, and takes and gives Python's lock for every statement it runs, which a busy event loop then
waits for. So there, one statement inserts hundreds of rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Final

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

MAX_PARAMETERS: Final = 8192
"""Of one statement; SQLite takes four times as many."""
_VALUES: Final = " VALUES "
_PLAIN: Final = re.compile(r"\((?:\?, )*\?\)")

Row = tuple[Any, ...]


class Bulk:
    def __init__(self, statement: Callable[[str], Any], columns: Sequence[str]) -> None:
        """`statement` for the name of an engine; rows have the values of `columns`, which need no conversion by SQLAlchemy."""
        self._statement = statement
        self._columns = tuple(columns)
        self._compiled: dict[str, tuple[str, Callable[[tuple[Any, ...]], tuple[Any, ...]]]] = {}

    async def run(self, connection: AsyncConnection, rows: Sequence[tuple[Any, ...]]) -> None:
        sql, in_order = self._for(connection.dialect)
        ordered = [in_order(row) for row in rows]
        if connection.dialect.name == "sqlite":
            ordered = await _insert_many_at_once(connection, sql, ordered)
        if ordered:
            await connection.exec_driver_sql(sql, ordered)

    def _for(self, dialect: Dialect) -> tuple[str, Callable[[tuple[Any, ...]], tuple[Any, ...]]]:
        if (known := self._compiled.get(dialect.name)) is not None:
            return known
        compiled = self._statement(dialect.name).compile(dialect=dialect, column_keys=list(self._columns))
        assert compiled.positiontup is not None, f"the driver of {dialect.name} takes parameters by name"
        made = str(compiled), itemgetter(*(self._columns.index(name) for name in compiled.positiontup))
        self._compiled[dialect.name] = made
        return made


async def _insert_many_at_once(connection: AsyncConnection, sql: str, rows: list[Row]) -> list[Row]:
    """Inserts as many rows as go evenly into large statements; returns the rest. SQL with a clause of its own stays as it is."""
    head, _, values = sql.partition(_VALUES)
    if not rows or not _PLAIN.fullmatch(values):
        return rows
    at_once = MAX_PARAMETERS // len(rows[0])
    large = f"{head}{_VALUES}{', '.join([values] * at_once)}"
    even = len(rows) - len(rows) % at_once
    for start in range(0, even, at_once):
        parameters = tuple(chain.from_iterable(rows[start : start + at_once]))
        await connection.exec_driver_sql(large, parameters)
    return rows[even:]
