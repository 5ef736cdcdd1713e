"""claude-api: its database is read whole, from a copy, and every row, setting and column ends up in a list."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from isthmus.cli.carry import carry
from isthmus.config.settings import Settings, StorageSettings
from isthmus.control.carrying import Result
from isthmus.migrate.claude_api import read
from isthmus.migrate.haul import Haul, NotThatProgram
from isthmus.migrate.source import Options, Unreadable
from isthmus.observability.log_row import LogRow
from migrating import assert_nothing_secret, assert_the_same_twice, in_all, lines_of, state

DATA = Path(__file__).parent / "data" / "claude-api"
NOW_MS = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp() * 1000)
OPTIONS = Options(now_ms=NOW_MS, with_logs=True)
SECRETS = (
    "made-up-client-secret",
    "made-up-refresh",
    "made-up-access",
    "made-up-user-key",
    "made-up-local-key",
    "made-up-admin-word",
    "made-up-word",
    "made-up-login",
    "made-up-machine",
    "made-up-other",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working directory of the program."""
    with closing(sqlite3.connect(tmp_path / "data.sqlite3")) as connection:
        script = (DATA / "database.sql").read_text("utf-8")
        connection.executescript(f"BEGIN; {script}; COMMIT")
    (tmp_path / "config.yaml").write_bytes((DATA / "config.yaml").read_bytes())
    return tmp_path


KEYS = {
    "accounts[0]": {"carried"},
    "accounts[6]": {"left_out"},
    "accounts[7]": {"left_out"},
    "accounts[]": {"left_out"},
    "accounts.colour": {"unknown"},
    "users[0]": {"carried", "changed"},
    "users[1]": {"carried"},
    "users[2]": {"carried", "changed"},
    "users[3]": {"left_out"},
    "users[]": {"left_out"},
    "user_token_usage": {"carried"},
    "request_logs": {"carried"},
    "table ip_configs": {"left_out"},
    "table proxies": {"left_out"},
    "table new_table": {"unknown"},
    "blocked_ips: 10.0.0.9/32": {"carried"},
    "blocked_ips: nowhere": {"left_out"},
    "settings.api_key": {"carried"},
    "settings.admin_password": {"left_out"},
    "settings.new_setting": {"unknown"},
    "server.host": {"changed"},
    "server.port": {"changed"},
    "database.type": {"carried"},
    "database.sqlite.path": {"carried"},
    "database.mysql.password": {"left_out"},
    "debug": {"left_out"},
    "test": {"left_out"},
    "new_key": {"unknown"},
}


def test_each_thing_is_in_its_lists(folder: Path) -> None:
    haul = read(folder, OPTIONS)
    assert {key: in_all(haul, key) for key in KEYS} == KEYS


def test_what_the_directory_amounts_to(folder: Path) -> None:
    haul = assert_the_same_twice(read, folder, OPTIONS)
    assert [account.credential["refresh_token"].reveal()[-1] for account in haul.accounts] == list("123456")
    assert [key.name for key in haul.keys] == ["Ann", "Ben", "Cyd", "claude-api"]
    assert [block.network for block in haul.blocks] == ["10.0.0.9/32", "2001:db8::1/128", "10.1.0.0/16"]
    assert haul.settings == {
        "logging.level": "debug",
        "request_log.enabled": True,
        "request_log.retention_days": 30,
        "ip_limit.enabled": True,
        "ip_limit.window_s": 120,
        "ip_limit.max_requests": 200,
        "accounts.strategy": "least-loaded",
    }
    (provider,) = haul.providers
    assert (provider.name, provider.type, provider.enabled) == ("amazon-q", "amazon-q", True)
    closing_lines = haul.report.closing
    assert "revoke" in closing_lines[0]
    assert "server: {host: 0.0.0.0, port: 62311}" in closing_lines[1]
    assert closing_lines[-1].startswith("Stop claude-api")


def test_rows_of_the_log_fit_our_own(folder: Path) -> None:
    first, second, broken = list(read(folder, OPTIONS).log_rows)
    row = LogRow(**first)
    assert (row.endpoint, row.dialect, row.status, row.succeeded) == ("messages", "anthropic", 200, True)
    assert (row.model_asked, row.model_used) == ("claude-opus-4-6", "claude-sonnet-4-6")
    assert (row.input_tokens, row.output_tokens, row.input_estimated) == (100, 20, True)
    assert row.notes == '["from claude-api", "key: Ann", "account: one@example.com"]'
    assert LogRow(**second).error == "rate_limit"
    assert "started_ms" not in broken


def test_the_log_is_left_unless_asked_for(folder: Path) -> None:
    haul = read(folder, Options(now_ms=NOW_MS))
    assert list(haul.log_rows) == []
    assert in_all(haul, "request_logs") == {"left_out"}


async def test_the_directory_is_stored_once(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = Settings(storage=StorageSettings(data_dir=str(tmp_path_factory.mktemp("data"))))
    for expected in (Result.MADE, Result.HERE):
        outcomes = await carry(settings, read(folder, OPTIONS), replace=False, dry_run=False)
        assert {each.result for each in outcomes} == {expected}
        (log,) = [each.text for each in outcomes if each.what == "log"]
        assert log == f"2 rows {expected}, 1 rows not readable"


def test_no_secret_is_shown(folder: Path) -> None:
    for path in (folder, folder / "data.sqlite3", DATA / "export.json", DATA / "backup.json"):
        haul = read(path, OPTIONS)
        assert haul.accounts
        assert_nothing_secret(haul, SECRETS)


def test_a_database_in_use_is_read_and_left_alone(folder: Path) -> None:
    path = folder / "data.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("UPDATE accounts SET label = 'written to the journal' WHERE id = 'a2'")
        writer.execute("BEGIN IMMEDIATE")
        before = state(folder)
        haul = read(folder, OPTIONS)
        list(haul.log_rows)
        assert state(folder) == before
        assert haul.accounts[1].label == "written to the journal"
        writer.execute("ROLLBACK")


def test_an_export_of_accounts(folder: Path) -> None:
    haul = assert_the_same_twice(read, DATA / "export.json", OPTIONS)
    assert [(account.kind, account.label) for account in haul.accounts] == [
        ("builder_id", "team-a"),
        ("social", "claude-api-2"),
        ("builder_id", "three@example.com"),
    ]
    assert (haul.keys, haul.settings) == ([], {})
    assert [line.what for line in haul.report.unknown] == ["accounts[2].colour"]
    assert any("lacks" in line for line in haul.report.closing)


def test_a_backup() -> None:
    haul = assert_the_same_twice(read, DATA / "backup.json", OPTIONS)
    assert [key.name for key in haul.keys] == ["Ann", "claude-api"]
    assert haul.settings["accounts.strategy"] == "round-robin"
    assert [line.what for line in haul.report.unknown] == ["new_part"]
    assert [block.reason for block in haul.blocks] == ["too curious"]


@pytest.mark.parametrize("name", ["export.json", "backup.json"])
def test_a_byte_order_mark_and_crlf_change_nothing(tmp_path: Path, name: str) -> None:
    text = (DATA / name).read_bytes().replace(b"\n", b"\r\n")
    (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + text)
    assert read(tmp_path / name, OPTIONS) == read(DATA / name, OPTIONS)


def test_without_any_key_one_is_made(tmp_path: Path) -> None:
    path = tmp_path / "data.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE accounts (id TEXT, clientId TEXT, refreshToken TEXT)")
    haul = read(path, OPTIONS)
    assert [(key.name, key.secret) for key in haul.keys] == [("claude-api", None)]
    assert in_all(haul, "settings.api_key") == {"changed"}


def test_a_configuration_file_leads_to_the_database(folder: Path) -> None:
    (folder / "data.sqlite3").rename(folder / "other.db")
    (folder / "config.yaml").write_text("database: {type: sqlite, sqlite: {path: other.db}}\n")
    assert len(read(folder / "config.yaml", OPTIONS).accounts) == 6


def test_a_server_is_not_called(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "database: {type: mysql, mysql: {host: 127.0.0.1, password: made-up-word}}\nserver: {port: 5, host: 0.0.0.0}\n"
    )
    haul = read(tmp_path, OPTIONS)
    assert haul.accounts == []
    assert in_all(haul, "database.mysql") == {"left_out"}
    assert any("No database" in line for line in haul.report.closing)
    assert any("host: 127.0.0.1" in line for line in haul.report.closing)
    assert_nothing_secret(haul, SECRETS)


def test_an_old_configuration_file(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(
        '{"host": "0.0.0.0", "port": 5, "debug": true, "test": false, "compression_enabled": false}'
    )
    haul = read(path, OPTIONS)
    assert haul.settings == {"logging.level": "debug"}
    assert in_all(haul, "compression_enabled") == {"left_out"}


@pytest.mark.parametrize(
    ("name", "text", "program"),
    [
        ("credentials.json", '[{"type": "refresh_token", "refresh_token": "x"}]', "kiro-gateway"),
        ("config.yaml", "sessions: [{sessionKey: x}]", "claude2api"),
        ("config.json", '{"Providers": [{"name": "x"}], "Router": {}}', "claude-code-router"),
        (".env", "CLAUDE_CODE__SERVER__PORT=1\n: [", "claude-code-api"),
        ("notes.json", "[1, 2]", None),
    ],
)
def test_another_programs_files_are_refused(
    tmp_path: Path, name: str, text: str, program: str | None
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(NotThatProgram, match="clientId") as failed:
        read(tmp_path / name, OPTIONS)
    if program:
        assert f"isthmus migrate {program}" in str(failed.value)


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE app_config (a TEXT)")
    with pytest.raises(NotThatProgram, match="claude-code-router"):
        read(path, OPTIONS)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="does not exist"):
        read(tmp_path / "nothing.sqlite3", OPTIONS)
    (tmp_path / "export.json").write_text('[{"refreshToken": "made-up-refresh"')
    with pytest.raises(Unreadable, match=r"export\.json") as failed:
        read(tmp_path / "export.json", OPTIONS)
    assert "made-up" not in str(failed.value)


def test_every_line_says_something(folder: Path) -> None:
    haul: Haul = read(folder, OPTIONS)
    unknown = haul.report.unknown
    assert [line for line in lines_of(haul) if not line.what or (not line.text and line not in unknown)] == []
