"""Inserts that mind a row of the same primary key, in the words of each engine: one statement, so that no other writer comes
in between.

Sort the rows by their key before they are executed: two writers that lock rows crosswise would wait for each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import mysql, postgresql, sqlite


def adding(engine: str, table: Table, sums: Sequence[str]) -> Any:
    """An insert for `execute(statement, rows)`: in a row that is there the columns `sums` grow, the others stay."""
    return _upsert(engine, table, sums, add=True)


def replacing(engine: str, table: Table, columns: Sequence[str]) -> Any:
    """An insert for `execute(statement, rows)`: in a row that is there the columns `columns` are written anew."""
    return _upsert(engine, table, columns, add=False)


def _upsert(engine: str, table: Table, columns: Sequence[str], *, add: bool) -> Any:
    if engine in {"mysql", "mariadb"}:
        mine = mysql.insert(table)
        return mine.on_duplicate_key_update(_written(table, mine.inserted, columns, add=add))
    theirs = (postgresql.insert if engine == "postgresql" else sqlite.insert)(table)
    return theirs.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_=_written(table, theirs.excluded, columns, add=add),
    )


def _written(table: Table, new: Any, columns: Sequence[str], *, add: bool) -> dict[str, Any]:
    return {name: table.c[name] + new[name] if add else new[name] for name in columns}
