"""The first schema stays what it was: what came later is in later versions."""

from alembic import command
from sqlalchemy import create_engine, inspect

from isthmus.storage.schema import metadata
from isthmus.storage.upgrade import migration_config


def test_what_it_has_and_what_came_later() -> None:
    with create_engine("sqlite://").connect() as connection:
        command.upgrade(migration_config(connection), "0001")
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
        columns = {each["name"] for each in inspect(connection).get_columns("request_logs")}
    assert set(metadata.tables) - tables == {
        "vault_canary",
        "leases",
        "surveys",
        "logins",
        "conversations",
        "conversation_turns",
        "conformance_runs",
    }
    assert {each.name for each in metadata.tables["request_logs"].c} - columns == {
        "succeeded",
        "micro_credits",
        "queued_ms",
        "first_attempt_ms",
    }
