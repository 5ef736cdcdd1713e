"""One statement for many rows, as tuples straight to the driver.

SQLAlchemy's own way looks at every value of every row, which costs several times what the database does. It still writes the SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection


class Bulk:
    def __init__(self, statement: Callable[[str], Any], columns: Sequence[str]) -> None:
        """`statement` for the name of an engine; rows have the values of `columns`, which need no conversion by SQLAlchemy."""
        self._statement = statement
        self._columns = tuple(columns)
        self._compiled: dict[str, tuple[str, Callable[[tuple[Any, ...]], tuple[Any, ...]]]] = {}

    async def run(self, connection: AsyncConnection, rows: Sequence[tuple[Any, ...]]) -> None:
        sql, in_order = self._for(connection.dialect)
        await connection.exec_driver_sql(sql, [in_order(row) for row in rows])

    def _for(self, dialect: Dialect) -> tuple[str, Callable[[tuple[Any, ...]], tuple[Any, ...]]]:
        if (known := self._compiled.get(dialect.name)) is not None:
            return known
        compiled = self._statement(dialect.name).compile(dialect=dialect, column_keys=list(self._columns))
        assert compiled.positiontup is not None, f"the driver of {dialect.name} takes parameters by name"
        made = str(compiled), itemgetter(*(self._columns.index(name) for name in compiled.positiontup))
        self._compiled[dialect.name] = made
        return made
