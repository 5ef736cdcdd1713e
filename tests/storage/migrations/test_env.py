"""Alembic's own commands work on our migrations, for whoever writes the next one."""

from alembic import command
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from isthmus.storage.upgrade import HEAD, migration_config


def test_alembic_upgrades_over_a_connection_that_is_handed_in() -> None:
    with create_engine("sqlite://").connect() as connection:
        command.upgrade(migration_config(connection), "0001")
        assert MigrationContext.configure(connection).get_current_revision() == "0001"
        command.upgrade(migration_config(connection), "head")
        assert MigrationContext.configure(connection).get_current_revision() == HEAD
        command.check(migration_config(connection))
