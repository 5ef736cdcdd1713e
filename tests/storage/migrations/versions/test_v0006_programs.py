"""What waited for this version is switched on; what was off for another reason stays off."""

from __future__ import annotations

from typing import Any

from alembic import command
from sqlalchemy import Connection, text

from isthmus.storage.engine import connected, open_engines
from isthmus.storage.upgrade import migration_config

ACCOUNT = (
    "INSERT INTO accounts (id, provider, kind, label, enabled, off_reason, priority, weight, sealed_credential, fingerprint, "
    "successes, failures, input_tokens, output_tokens, created_ms, updated_ms) VALUES (:id, :provider, :kind, :id, :enabled, "
    ":reason, 0, 1, 'sealed', :id, 0, 0, 0, 0, 1, 1)"
)
PROVIDER = (
    "INSERT INTO providers (name, type, sealed_settings, enabled, created_ms, updated_ms) "
    "VALUES (:name, :type, 'sealed', :enabled, 1, 1)"
)
ACCOUNTS: list[dict[str, Any]] = [
    {"id": each[0], "provider": each[1], "kind": "api_key", "enabled": each[2], "reason": each[3]}
    for each in (
        ("migrated", "code", False, "this version cannot run providers of type 'claude-code' yet"),
        ("added", "code", False, "this version cannot serve providers of type 'claude-code' yet"),
        ("refused", "code", False, "401 invalid key"),
        ("by-hand", "code", False, None),
        ("another", "web", False, "this version cannot serve providers of type 'of-later' yet"),
        ("in-use", "web", True, None),
    )
]
PROVIDERS: list[dict[str, Any]] = [
    {"name": "web", "type": "claude-web", "enabled": False},
    {"name": "code", "type": "claude-code", "enabled": False},
    {"name": "vendor", "type": "openai-compatible", "enabled": False},
]
AFTER = {
    "migrated": (True, None),
    "added": (True, None),
    "refused": (False, "401 invalid key"),
    "by-hand": (False, None),
    "another": (False, "this version cannot serve providers of type 'of-later' yet"),
    "in-use": (True, None),
    "provider web": (False, None),
    "provider code": (True, None),
    "provider vendor": (False, None),
}


async def test_accounts_and_providers_that_waited_are_on(empty_database_url: str) -> None:
    engines = open_engines(empty_database_url)
    async with connected(engines.writing, engines.address) as connection:
        assert await connection.run_sync(_migrated) == AFTER
    await engines.close()


def _migrated(connection: Connection) -> dict[str, tuple[bool, str | None]]:
    command.upgrade(migration_config(connection), "0005")
    connection.execute(text(ACCOUNT), ACCOUNTS)
    connection.execute(text(PROVIDER), PROVIDERS)
    connection.commit()
    command.upgrade(migration_config(connection), "0006")
    connection.commit()
    accounts = connection.execute(text("SELECT id, enabled, off_reason FROM accounts")).all()
    providers = connection.execute(text("SELECT name, enabled FROM providers")).all()
    found = {row.id: (bool(row.enabled), row.off_reason) for row in accounts}
    return found | {f"provider {row.name}": (bool(row.enabled), None) for row in providers}
