"""Steps that do nothing when they were done before.

MySQL commits each change of a table at once. A migration that was cut short there is run again from its beginning.
"""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import Column, inspect
from sqlalchemy.dialects.mysql import MEDIUMTEXT


def create_table(name: str, *columns: Column[Any]) -> None:
    if not inspect(op.get_bind()).has_table(name):
        op.create_table(name, *columns, mysql_charset="utf8mb4", mysql_collate="utf8mb4_bin")


def add_column(table: str, column: Column[Any]) -> None:
    if column.name not in {each["name"] for each in inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)


def create_index(name: str, table: str, *columns: str, **where: Any) -> None:
    """`where`: `sqlite_where` and `postgresql_where`, for an index of some rows only."""
    if name not in _indexes(table):
        op.create_index(name, table, list(columns), **where)


def drop_index(name: str, table: str) -> None:
    if name in _indexes(table):
        op.drop_index(name, table)


def lengthen_text(table: str, column: str) -> None:
    """For up to 16 MiB, where the engine asks how long a text may be. One that may be null."""
    if op.get_bind().dialect.name in {"mysql", "mariadb"}:
        op.alter_column(table, column, type_=MEDIUMTEXT(), existing_nullable=True)


def _indexes(table: str) -> set[str | None]:
    return {each["name"] for each in inspect(op.get_bind()).get_indexes(table)}
