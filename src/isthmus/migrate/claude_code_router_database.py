"""The database of claude-code-router's version 3: one row of settings, a table of client keys, the archived `config.json`."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from typing import Any, Final

from isthmus.config.jsonc import SyntaxProblem
from isthmus.migrate import json5_text
from isthmus.migrate.client_keys import add_client_key
from isthmus.migrate.haul import Haul, Line
from isthmus.migrate.sqlite_copy import rows

_LIMITS: Final = {
    "rpm": "requests_per_minute",
    "rpd": "requests_per_day",
    "tpm": "tokens_per_minute",
    "tpd": "tokens_per_day",
}


def read_settings(connection: sqlite3.Connection) -> dict[str, Any]:
    for row in rows(connection, "app_config"):
        if row.get("key") == "default":
            return _mapping(row.get("value_json"))
    return {}


def archived_config(connection: sqlite3.Connection) -> dict[str, Any] | None:
    """The last `config.json` that was taken in."""
    found = None
    for row in rows(connection, "legacy_storage_backups"):
        if row.get("source_kind") == "legacy-json-config":
            found = _mapping(row.get("content"))
    return found or None


def take_api_keys(haul: Haul, connection: sqlite3.Connection) -> None:
    for place, row in enumerate(rows(connection, "api_keys")):
        at = f"api_keys[{place}]"
        name = str(row.get("name") or row.get("id") or f"claude-code-router-{place + 1}")
        if row.get("encryption") != "plain":
            said = "is encrypted with a key of the program's own: create one with `isthmus keys create`"
            haul.report.left_out.append(Line(at, f"{name!r} {said}"))
            continue
        limits = _mapping(row.get("limits_json"))
        fields: dict[str, Any] = {
            ours: limits[theirs]
            for theirs, ours in _LIMITS.items()
            if isinstance(limits.get(theirs), int) and limits[theirs] > 0
        }
        if (expires_ms := _milliseconds(row.get("expires_at"))) is not None:
            fields["expires_ms"] = expires_ms
        if add_client_key(haul, at, str(row.get("encrypted_key") or ""), name, **fields):
            _say_limits(haul, at, limits)


def _say_limits(haul: Haul, at: str, limits: dict[str, Any]) -> None:
    for name, value in limits.items():
        if name in _LIMITS and value:
            haul.report.carried.append(Line(f"{at}.limits_json.{name}", f"`{_LIMITS[name]}` of the API key"))
        elif value:
            said = "limits are per minute, day and month here: set one of those"
            haul.report.left_out.append(Line(f"{at}.limits_json.{name}", said))


def _mapping(value: object) -> dict[str, Any]:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    if not isinstance(text, str):
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        try:
            found = json5_text.parse(text)
        except SyntaxProblem:
            return {}
    return found if isinstance(found, dict) else {}


def _milliseconds(value: object) -> int | None:
    """A time as text, or since 1970 in seconds or milliseconds."""
    match value:
        case int() | float() if value > 0:
            return int(value if value > 10**11 else value * 1000)
        case str() if value.isdecimal():
            return _milliseconds(int(value))
        case str():
            try:
                moment = datetime.fromisoformat(value)
            except ValueError:
                return None
            return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
        case _:
            return None
