"""Rows from before say whether they succeeded."""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, text

from isthmus.storage.engine import connected, open_engines
from isthmus.storage.upgrade import migration_config

ROW = (
    "INSERT INTO request_logs (request_id, started_ms, endpoint, dialect, status, error, duration_ms, attempts, client_left, "
    "client) VALUES (:id, 1, '/v1/messages', 'anthropic', :status, :error, 1, 1, :left, '127.0.0.1')"
)
ROWS = [
    {"id": "fine", "status": 200, "error": None, "left": False},
    {"id": "refused", "status": 429, "error": "rate_limit", "left": False},
    {"id": "broken", "status": 200, "error": "upstream", "left": False},
    {"id": "left", "status": 200, "error": None, "left": True},
]


async def test_old_rows_are_judged(empty_database_url: str) -> None:
    succeeded = await migrated(empty_database_url, cut_short=False)
    assert succeeded == {"fine": True, "refused": False, "broken": False, "left": False}


@pytest.mark.parametrize("empty_database_url", ["mariadb"], indirect=True)
async def test_a_migration_that_was_cut_short_is_finished(empty_database_url: str) -> None:
    succeeded = await migrated(empty_database_url, cut_short=True)
    assert succeeded == {"fine": True, "refused": False, "broken": False, "left": False}


async def migrated(url: str, *, cut_short: bool) -> dict[str, bool]:
    engines = open_engines(url)
    async with connected(engines.writing, engines.address) as connection:
        found = await connection.run_sync(_migrated, cut_short)
    await engines.close()
    return found


def _migrated(connection: Connection, cut_short: bool) -> dict[str, Any]:
    command.upgrade(migration_config(connection), "0001")
    connection.execute(text(ROW), ROWS)
    connection.commit()
    if cut_short:
        command.upgrade(migration_config(connection), "0002")
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        connection.execute(text("UPDATE request_logs SET succeeded = TRUE"))
        connection.execute(text("DROP INDEX ix_request_logs_model_asked_started_ms ON request_logs"))
        connection.commit()
    command.upgrade(migration_config(connection), "0002")
    connection.commit()
    rows = connection.execute(text("SELECT request_id, succeeded FROM request_logs")).all()
    return {row.request_id: bool(row.succeeded) for row in rows}
