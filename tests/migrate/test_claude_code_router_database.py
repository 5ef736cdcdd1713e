"""Version 3 of claude-code-router keeps everything in SQLite."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from isthmus.migrate.haul import Haul
from migrate.reading import CANARY, keys_of, lines, provider, read, said

SETTINGS: dict[str, Any] = {
    "gateway": {"host": "127.0.0.1", "port": 3456},
    "APIKEY": "",
    "APIKEYS": [],
    "Providers": [
        {
            "name": "here",
            "baseUrl": "https://a.example/v1/chat/completions",
            "apiKey": "sk-here-CANARY",
            "models": ["m"],
        }
    ],
    "Router": {
        "rules": [
            {
                "id": "1",
                "name": "haiku",
                "condition": {
                    "left": "request.body.model",
                    "operator": "starts-with",
                    "right": "claude-haiku",
                },
                "rewrites": [{"key": "request.body.model", "operation": "set", "value": "here/m"}],
            }
        ],
        "fallback": {"mode": "retry", "retryCount": 2},
    },
}
ARCHIVED = "{Router: {default: 'here,m', think: 'here,thinking'}, /* JSON5 */}"
KEYS: list[tuple[Any, ...]] = [
    (
        "1",
        "laptop",
        "ccr-CANARY-laptop",
        "plain",
        "2026-01-01T00:00:00Z",
        "2027-01-01T00:00:00Z",
        '{"rpm": 5, "tpd": 100, "rph": 9}',
    ),
    ("2", "sealed", "CANARY", "safe-storage", None, None, None),
    ("3", None, "ccr-CANARY-third", "plain", None, 1_800_000_000, "no json"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "config.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as made:
        made.execute("CREATE TABLE app_config (key TEXT, value_json TEXT, updated_at TEXT)")
        made.execute(
            "INSERT INTO app_config VALUES ('other', '{}', ''), ('default', ?, '')", [json.dumps(SETTINGS)]
        )
        made.execute(
            "CREATE TABLE api_keys (id, name, encrypted_key, encryption, created_at, expires_at, limits_json)"
        )
        made.executemany("INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?)", KEYS)
        made.execute("CREATE TABLE legacy_storage_backups (source_kind TEXT, content BLOB)")
        made.execute(
            "INSERT INTO legacy_storage_backups VALUES ('legacy-json-config', ?)", [ARCHIVED.encode()]
        )
    return file


def of(path: Path, **options: Any) -> Haul:
    return read("claude-code-router", path, **options)


def test_providers_rules_and_keys(path: Path) -> None:
    haul = of(path.parent)
    assert keys_of(haul, "here") == ["sk-here-CANARY"]
    assert provider(haul, "here").settings["models"] == {"m": "m", "claude-haiku*": "m"}
    assert haul.settings == {"accounts.max_attempts": 3}
    laptop, third = haul.keys
    assert (laptop.name, laptop.requests_per_minute, laptop.tokens_per_day) == ("laptop", 5, 100)
    assert laptop.expires_ms == 1_798_761_600_000
    assert (third.name, third.expires_ms) == ("3", 1_800_000_000_000)
    assert CANARY not in repr(haul) + str(lines(haul.report))


def test_what_the_report_says(path: Path) -> None:
    report = of(path).report
    assert "encrypted with a key of the program's own" in said(report, "left_out", "api_keys[1]")[0]
    assert "per minute, day and month" in said(report, "left_out", "api_keys[0].limits_json.rph")[0]
    assert len(said(report, "carried", "api_keys[0].limits_json.rpm")) == 1
    assert "`server.port: 3456`" in said(report, "changed", "app_config.PORT")[0]
    assert report.unknown == []


def test_routes_that_version_3_dropped_are_carried_when_asked_for(path: Path) -> None:
    haul = of(path)
    assert any("`--profile archived`" in line for line in haul.report.closing)
    haul = of(path, profile="archived")
    assert provider(haul, "here").settings["models"]["*"] == "m"
    assert haul.settings["default_provider"] == "here"
    assert "'here,thinking'" in said(haul.report, "left_out", "archived.Router.think")[0]


def test_a_config_json_beside_the_database_counts(path: Path) -> None:
    (path.parent / "config.json").write_text(
        "{Providers: [{name: 'b', api_base_url: 'https://b.example', api_key: 'sk-b-123456', models: []}]}"
    )
    haul = of(path.parent)
    assert [each.name for each in haul.providers] == ["b"]
    assert "path of the database" in said(haul.report, "left_out", "config.sqlite")[0]
