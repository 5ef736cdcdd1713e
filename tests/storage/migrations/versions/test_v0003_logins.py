"""What waited for this version is switched on; what was off for another reason stays off."""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, text

from isthmus.storage.engine import connected, open_engines
from isthmus.storage.upgrade import migration_config

ACCOUNT = (
    "INSERT INTO accounts (id, provider, kind, label, enabled, off_reason, priority, weight, sealed_credential, fingerprint, "
    "successes, failures, input_tokens, output_tokens, created_ms, updated_ms) VALUES (:id, :provider, 'social', :id, :enabled, "
    ":reason, 0, 1, 'sealed', :id, 0, 0, 0, 0, 1, 1)"
)
PROVIDER = (
    "INSERT INTO providers (name, type, sealed_settings, enabled, created_ms, updated_ms) "
    "VALUES (:name, :type, 'sealed', :enabled, 1, 1)"
)
ACCOUNTS: list[dict[str, Any]] = [
    {"id": each[0], "provider": each[1], "enabled": each[2], "reason": each[3]}
    for each in (
        ("migrated", "amazon-q", False, "this version cannot run providers of type 'amazon-q' yet"),
        ("added", "amazon-q", False, "this version cannot serve providers of type 'amazon-q' yet"),
        ("suspended", "amazon-q", False, "suspended, as claude-api saw it"),
        ("by-hand", "amazon-q", False, None),
        ("session", "web", False, "this version cannot serve providers of type 'claude-web' yet"),
        ("key", "vendor", True, None),
    )
]
PROVIDERS: list[dict[str, Any]] = [
    {"name": "amazon-q", "type": "amazon-q", "enabled": False},
    {"name": "web", "type": "claude-web", "enabled": False},
    {"name": "vendor", "type": "openai-compatible", "enabled": False},
]


async def test_accounts_and_providers_that_waited_are_on(empty_database_url: str) -> None:
    assert await migrated(empty_database_url, cut_short=False) == AFTER


@pytest.mark.parametrize("empty_database_url", ["mariadb"], indirect=True)
async def test_a_migration_that_was_cut_short_is_finished(empty_database_url: str) -> None:
    assert await migrated(empty_database_url, cut_short=True) == AFTER


AFTER = {
    "migrated": (True, None),
    "added": (True, None),
    "suspended": (False, "suspended, as claude-api saw it"),
    "by-hand": (False, None),
    "session": (False, "this version cannot serve providers of type 'claude-web' yet"),
    "key": (True, None),
    "provider amazon-q": (True, None),
    "provider web": (False, None),
    "provider vendor": (False, None),
}


async def migrated(url: str, *, cut_short: bool) -> dict[str, tuple[bool, str | None]]:
    engines = open_engines(url)
    async with connected(engines.writing, engines.address) as connection:
        found = await connection.run_sync(_migrated, cut_short)
    await engines.close()
    return found


def _migrated(connection: Connection, cut_short: bool) -> dict[str, tuple[bool, str | None]]:
    command.upgrade(migration_config(connection), "0002")
    connection.execute(text(ACCOUNT), ACCOUNTS)
    connection.execute(text(PROVIDER), PROVIDERS)
    connection.commit()
    if cut_short:
        connection.execute(
            text("CREATE TABLE leases (name VARCHAR(120) PRIMARY KEY, owner VARCHAR(64), until_ms BIGINT)")
        )
        connection.commit()
    command.upgrade(migration_config(connection), "0003")
    connection.commit()
    assert {"leases", "surveys", "logins"} <= {*inspect(connection).get_table_names()}
    accounts = connection.execute(text("SELECT id, enabled, off_reason FROM accounts")).all()
    providers = connection.execute(text("SELECT name, enabled FROM providers")).all()
    found = {row.id: (bool(row.enabled), row.off_reason) for row in accounts}
    return found | {f"provider {row.name}": (bool(row.enabled), None) for row in providers}
