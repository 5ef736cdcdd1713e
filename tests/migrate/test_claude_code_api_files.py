"""Layers are put together as the program does it, and what gives way is said."""

import json
from pathlib import Path

import pytest

from isthmus.migrate.claude_code_api_files import Found, found_at
from isthmus.migrate.haul import Haul
from isthmus.migrate.source import Options, Unreadable


def found(path: Path, **options: object) -> tuple[Found, Haul]:
    haul = Haul("claude-code-api")
    return found_at(haul, path, Options(**options)), haul  # type: ignore[arg-type]


def test_the_later_layer_counts(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "development.toml").write_text("[server]\nport = 1\nhost = 'a'\n[claude]\ncommand = 'x'\n")
    (config / "local.yaml").write_text("server: {port: 2}\n")
    (tmp_path / ".env").write_text("CLAUDE_CODE__SERVER__PORT=3\nCLAUDE_CODE__CLAUDE__COMMAND=y\n")
    result, haul = found(tmp_path, env={"claude_code__server__port": "4"})
    assert result.values == {"server": {"port": "4", "host": "a"}, "claude": {"command": "y"}}
    assert [line.what for line in haul.report.left_out] == [
        "server.port (config/development.toml)",
        "server.port (config/local.yaml)",
        "claude.command (config/development.toml)",
    ]
    assert result.folder == tmp_path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("local.toml", "[claude]\ncommand = 'x'"),
        ("local.json", json.dumps({"claude": {"command": "x"}})),
        ("local.json5", "{claude: {command: 'x'}}"),
        ("local.yaml", "claude: {command: x}"),
        ("local.ini", "[Claude]\nCommand = x"),
    ],
)
def test_every_format_gives_the_same(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert found(path)[0].values == {"claude": {"command": "x"}}


@pytest.mark.parametrize(
    ("name", "text"), [("a.ini", "x"), ("a.toml", "x"), ("a.json", "[]"), ("a.yaml", "x")]
)
def test_a_file_without_sections_is_refused(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(Unreadable, match=name):
        found(path)


def test_variables_of_a_parent_directory_are_found(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CLAUDE_CODE__SERVER__PORT=3\nOTHER=1\n")
    (tmp_path / "below").mkdir()
    result, haul = found(tmp_path / "below")
    assert result.values == {"server": {"port": "3"}}
    assert haul.report.unknown == []


def test_a_file_of_the_config_directory_is_meant_from_above_it(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    path = tmp_path / "config" / "local.toml"
    path.write_text("[claude]\ncommand = 'x'")
    assert found(path)[0].folder == tmp_path


def test_no_value_is_in_a_representation(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CLAUDE_CODE__AUTH__SECRET_KEY=made-up-secret\n")
    assert "made-up-secret" not in repr(found(tmp_path / ".env")[0])
