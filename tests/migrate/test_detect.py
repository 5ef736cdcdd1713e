"""What a path looks like."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from isthmus.migrate.detect import TELLTALES, looks_like, not_that_program, value_of
from isthmus.migrate.haul import NotThatProgram
from isthmus.migrate.source import Unreadable, read_json, read_yaml


@pytest.mark.parametrize(
    ("name", "text", "program"),
    [
        ("config.json", '{"providers": {"a": {"base_url": "x"}}}', "claude-proxy"),
        ("x.yaml", "model_list: [{litellm_params: {}}]", "litellm"),
        ("config.json", "{Providers: [{name: 'a'}], Router: {}}", "claude-code-router"),
        ("config.json", '{"providers": [{"name": "a"}]}', "claude-code-router"),
        ("config.yaml", "auth-dir: x", "cliproxyapi"),
        ("config.yaml", "sessions: [{sessionKey: x}]", "claude2api"),
        (".env", "SESSIONS=sk-ant-sid01-x", "claude2api"),
        ("backup.json", '{"backup_version": 2, "accounts": []}', "claude-api"),
        ("export.json", '[{"clientId": "a", "refreshToken": "b"}]', "claude-api"),
        ("local.toml", '[claude]\ncommand = "claude"', "claude-code-api"),
        (".env", "CLAUDE_CODE__SERVER__PORT=1", "claude-code-api"),
        (".env", "PROXY_API_KEY=x\nKIRO_REGION=y", "kiro-gateway"),
        ("credentials.json", '[{"type": "sqlite", "path": "x"}]', "kiro-gateway"),
        ("config.json", "{}", None),
        ("config.json", "[1, 2]", None),
        ("config.yaml", "a: [", None),
        (".env", "A=1", None),
    ],
)
def test_telltales(tmp_path: Path, name: str, text: str, program: str | None) -> None:
    (tmp_path / name).write_text(text)
    assert looks_like(tmp_path / name) == program
    if name in {"config.json", "config.yaml", ".env", "credentials.json"}:
        assert looks_like(tmp_path) == program


@pytest.mark.parametrize(
    ("statement", "program"),
    [
        ("CREATE TABLE app_config (key, value_json)", "claude-code-router"),
        ('CREATE TABLE accounts (id, "clientId")', "claude-api"),
        ("CREATE TABLE accounts (id)", None),
    ],
)
def test_databases(tmp_path: Path, statement: str, program: str | None) -> None:
    with closing(sqlite3.connect(tmp_path / "data.sqlite3")) as made:
        made.execute(statement)
    assert looks_like(tmp_path / "data.sqlite3") == looks_like(tmp_path) == program


def test_every_telltale_is_silent_about_nothing(tmp_path: Path) -> None:
    assert looks_like(tmp_path) is None
    assert all(telltale.words for telltale in TELLTALES.values())


def test_a_wrong_program_is_named_with_the_right_one(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("auth-dir: x")
    assert str(not_that_program("litellm", path)) == (
        f"{path} holds nothing of litellm: `model_list` with `litellm_params` is missing; it looks like cliproxyapi: "
        f"try `isthmus migrate cliproxyapi {path}`"
    )


def test_a_file_in_another_format_is_recognised_rather_than_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("auth-dir: x")
    with pytest.raises(NotThatProgram, match="looks like cliproxyapi"):
        value_of("claude-proxy", path, [], read_json)
    path.write_text("auth-dir: [")
    with pytest.raises(Unreadable, match="not YAML"):
        value_of("cliproxyapi", path, [], read_yaml)
