"""Old and new shapes of the same things are brought to one."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.migrate.claude_api_files import (
    LogRows,
    config_of,
    count_of,
    is_config,
    of_database,
    of_json,
    stock_in,
)
from isthmus.migrate.haul import Haul

ACCOUNT = {"clientId": "a", "clientSecret": "b", "refreshToken": "made-up"}


def haul() -> Haul:
    return Haul("claude-api")


@pytest.mark.parametrize(
    "value",
    [
        [ACCOUNT],
        ACCOUNT,
        {"accounts": [ACCOUNT]},
        {"backup_version": 2, "accounts": [ACCOUNT]},
        {"backup_version": 1, "accounts": [ACCOUNT, "odd"]},
        [{"refreshToken": "made-up"}],
        [{"client_id": "a", "refresh_token": "made-up"}],
    ],
)
def test_accounts_in_every_shape(value: Any) -> None:
    stock = of_json(haul(), value)
    assert stock is not None
    assert len(stock.accounts) == 1
    assert stock.is_whole == (isinstance(value, dict) and "backup_version" in value)
    assert "made-up" not in repr(stock)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        5,
        [{"type": "refresh_token", "refresh_token": "x"}],
        {"accounts": [1]},
        {"providers": {}},
    ],
)
def test_other_json_is_not_taken(value: Any) -> None:
    assert of_json(haul(), value) is None


@pytest.mark.parametrize(
    "settings",
    [
        {"api_key": "x"},
        [{"setting_key": "api_key", "setting_value": "x"}],
        [{"key": "api_key", "value": "x"}, {"value": "lost"}],
    ],
)
def test_settings_in_every_shape(settings: Any) -> None:
    stock = of_json(haul(), {"backup_version": 2, "settings": settings, "blocked_ips": ["10.0.0.1"]})
    assert stock is not None
    assert stock.settings == {"api_key": "x"}
    assert stock.blocked == [{"ip": "10.0.0.1"}]


@pytest.mark.parametrize("name", ["accounts", "users", "settings", "user_token_usage", "blocked_ips"])
@pytest.mark.parametrize(("value", "what"), [(5, ""), ("x", ""), ([5], "[0]"), ([{}, None], "[1]")])
def test_what_is_no_list_of_things_is_said(name: str, value: Any, what: str) -> None:
    found = haul()
    assert of_json(found, {"backup_version": 2, name: value}) is not None
    assert [line.what for line in found.report.left_out] == [f"{name}{what}"]


def test_an_old_database_lacks_tables_and_columns(tmp_path: Path) -> None:
    path = tmp_path / "data.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE accounts (id TEXT, clientId TEXT, other BLOB)")
        connection.execute("INSERT INTO accounts VALUES ('1', 'a', x'C3A9')")
        connection.execute("CREATE TABLE settings (key TEXT, value TEXT)")
        connection.execute("INSERT INTO settings VALUES ('api_key', 'x')")
    stock = of_database(haul(), path)
    assert stock is not None
    assert stock.accounts == [{"id": "1", "clientId": "a", "other": "é"}]
    assert (stock.settings, stock.users, list(stock.logs)) == ({"api_key": "x"}, [], [])
    assert list(LogRows(path)) == []


def test_the_best_of_several_files_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([ACCOUNT]))
    for name, seconds in (("old.json", 1), ("new.json", 2)):
        (tmp_path / name).write_text(
            json.dumps({"backup_version": 2, "backup_time": name, "users": [{"id": name}]})
        )
        os.utime(tmp_path / name, (seconds, seconds))
    (tmp_path / "broken.json").write_text("{")
    found = haul()
    stock = stock_in(found, tmp_path, {})
    assert stock is not None
    assert [row["id"] for row in stock.users] == ["new.json"]
    assert {line.what for line in found.report.left_out} == {"a.json", "old.json"}


def test_a_directory_of_nothing(tmp_path: Path) -> None:
    found = haul()
    assert (config_of(found, tmp_path), stock_in(found, tmp_path, {})) == ({}, None)
    (tmp_path / "config.yaml").write_text("database: [")
    assert config_of(found, tmp_path) == {}
    assert [line.what for line in found.report.left_out] == ["config.yaml"]


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ({"database": {"type": "sqlite"}}, True),
        ({"port": 1, "compression_enabled": False}, True),
        ({"database": {"url": "x"}}, False),
        ({"port": 1}, False),
        ([], False),
        (None, False),
    ],
)
def test_configurations(value: Any, is_one: bool) -> None:
    assert is_config(value) == is_one


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text())
def test_counts_are_never_negative_and_have_an_end(value: object) -> None:
    count = count_of(value, 100)
    assert count is None or 0 <= count <= 100
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100:
        assert count == value
