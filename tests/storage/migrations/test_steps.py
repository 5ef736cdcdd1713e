"""A step that was done before does nothing."""

from collections.abc import Iterator

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Connection, Integer, create_engine, inspect

from isthmus.storage.migrations.steps import add_column, create_index, create_table, drop_index


@pytest.fixture
def connection() -> Iterator[Connection]:
    with (
        create_engine("sqlite://").connect() as opened,
        Operations.context(MigrationContext.configure(opened)),
    ):
        yield opened


def test_each_step_twice(connection: Connection) -> None:
    for _ in range(2):
        create_table("t", Column("a", Integer))
        add_column("t", Column("b", Integer))
        create_index("ix_b", "t", "b")
        create_index("ix_ab", "t", "a", "b")
    for _ in range(2):
        drop_index("ix_b", "t")
    seen = inspect(connection)
    assert [each["name"] for each in seen.get_columns("t")] == ["a", "b"]
    assert [(each["name"], each["column_names"]) for each in seen.get_indexes("t")] == [("ix_ab", ["a", "b"])]
