"""claude-code-api: what the operator meant is kept, also where the program never read it."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from isthmus.migrate.claude_code_api import read
from isthmus.migrate.haul import Haul, NotThatProgram
from isthmus.migrate.source import Options, Unreadable
from migrating import assert_nothing_secret, assert_the_same_twice, in_all, said

DATA = Path(__file__).parent / "data" / "claude-code-api"
SECRETS = ("made-up-word", "made-up-secret-key", "made-up-token", "made-up-other")

KEYS = {
    "server.host": {"changed"},
    "server.port": {"changed", "left_out"},
    "server.tls": {"unknown"},
    "claude.command": {"carried"},
    "claude.timeout_seconds": {"carried"},
    "claude.max_concurrent_sessions": {"changed"},
    "claude.use_interactive_sessions": {"carried"},
    "file_access.skip_permissions": {"changed"},
    "file_access.additional_dirs": {"carried", "left_out"},
    "mcp.enabled": {"carried"},
    "mcp.config_file": {"carried"},
    "mcp.config_json": {"left_out"},
    "mcp.strict": {"carried"},
    "mcp.debug": {"carried"},
    "process_pool.size": {"changed"},
    "process_pool.min_idle": {"carried"},
    "process_pool.max_idle": set(),
    "cache.enabled": {"carried"},
    "cache.max_entries": {"carried"},
    "cache.ttl_seconds": {"carried"},
    "conversation.max_history_messages": {"left_out"},
    "conversation.session_timeout_minutes": {"left_out"},
    "database.url": {"left_out"},
    "database.max_connections": {"left_out"},
    "auth.enabled": {"left_out"},
    "auth.secret_key": {"left_out"},
    "auth.token_expiry_hours": {"left_out"},
    "telemetry": {"unknown"},
    "config/fast.toml": {"left_out"},
}


def settings_of(haul: Haul) -> dict[str, Any]:
    (provider,) = haul.providers
    assert (provider.type, provider.enabled) == ("claude-code", True)
    return dict(provider.settings)


def of_toml(tmp_path: Path, text: str, **env: str) -> Haul:
    path = tmp_path / "local.toml"
    path.write_text(text)
    return read(path, Options(env=env))


@pytest.mark.parametrize("key", KEYS)
def test_each_key_is_in_its_lists(key: str) -> None:
    assert in_all(read(DATA, Options()), key) == KEYS[key]


def test_what_the_directory_amounts_to() -> None:
    haul = assert_the_same_twice(read, DATA, Options())
    settings = settings_of(haul)
    assert settings == {
        "timeout_s": 300,
        "cache": {"enabled": True, "max_entries": 1000, "ttl_s": 3600},
        "claude_code": {
            "mode": "one_shot",
            "file_access": {"additional_dirs": [str(DATA / "projects")]},
            "pool": {"max_processes": 10, "size": 0},
            "mcp": {
                "enabled": True,
                "strict": False,
                "debug": True,
                "config_file": str(DATA / "mcp_config.json"),
            },
        },
    }
    assert (haul.accounts, haul.keys, haul.settings) == ([], [], {})
    assert haul.report.closing[0] == "Write into isthmus.yaml: server: {host: 127.0.0.1, port: 8081}"
    assert "isthmus keys create" in haul.report.closing[1]


def test_variables_alone() -> None:
    haul = assert_the_same_twice(read, DATA / "all.env", Options())
    settings = settings_of(haul)
    assert settings == {
        "timeout_s": 120,
        "claude_code": {
            "mode": "interactive",
            "file_access": {
                "skip_permissions": True,
                "additional_dirs": [str(DATA / "projects"), str(DATA / "config")],
            },
        },
    }
    assert haul.settings == {"logging.level": "warning"}
    assert in_all(haul, "claude.command") == {"changed"}
    assert "listened on 0.0.0.0" in said(haul.report.changed, "server.host")
    assert haul.report.closing[0].endswith("server: {host: 127.0.0.1, port: 8099}")
    assert [line.what for line in haul.report.unknown] == [".env: SOMETHING_ELSE"]


@pytest.mark.parametrize("name", ["", "all.env", "config/development.toml"])
def test_no_secret_is_shown(name: str) -> None:
    assert_nothing_secret(read(DATA / name, Options()), SECRETS)


@pytest.mark.parametrize("name", ["all.env", "config/development.toml"])
def test_a_byte_order_mark_and_crlf_change_nothing(tmp_path: Path, name: str) -> None:
    shutil.copytree(DATA, tmp_path, dirs_exist_ok=True)
    plain = read(tmp_path / name, Options())
    text = (DATA / name).read_bytes().replace(b"\n", b"\r\n")
    (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + text)
    assert read(tmp_path / name, Options()) == plain


def test_a_profile_can_be_chosen() -> None:
    for options in (Options(profile="fast"), Options(env={"RUN_MODE": "fast"})):
        haul = read(DATA, options)
        assert "not on PATH" in said(haul.report.changed, "claude.command")
        assert in_all(haul, "config/development.toml") == {"left_out"}
    with pytest.raises(Unreadable, match="'slow'"):
        read(DATA, Options(profile="slow"))


def test_an_executable_of_this_machine_is_kept(tmp_path: Path) -> None:
    program = tmp_path / "my-claude"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    by_path = of_toml(tmp_path, f'[claude]\ncommand = "{program}"')
    beside = of_toml(tmp_path, '[claude]\ncommand = "./my-claude"')
    by_name = of_toml(tmp_path, '[claude]\ncommand = "my-claude"', PATH=f"/nowhere{os.pathsep}{tmp_path}")
    for haul in (by_path, beside, by_name):
        assert settings_of(haul)["claude_code"]["cli_path"] == str(program)


@pytest.mark.parametrize(
    ("text", "key", "lists"),
    [
        ("timeout_seconds = 0", "claude.timeout_seconds", {"left_out"}),
        ("max_concurrent_sessions = 0", "claude.max_concurrent_sessions", {"left_out"}),
        ('timeout_seconds = "soon"', "claude.timeout_seconds", {"left_out"}),
        ("[process_pool]\nmin_idle = -1", "process_pool.min_idle", {"left_out"}),
        ("[process_pool]\nsize = 3", "process_pool.size", {"changed"}),
        ("[cache]\nttl_seconds = 0", "cache.ttl_seconds", {"left_out"}),
        ("[mcp]\nconfig_file = 'nothing.json'", "mcp.config_file", {"changed"}),
        ("[mcp]\nconfig_json = 'no json made-up-token'", "mcp.config_json", {"left_out"}),
        ("[file_access]\nskip_permissions = true", "file_access.skip_permissions", {"carried"}),
        ("", "file_access.skip_permissions", {"changed"}),
        ("", "cache", {"changed"}),
        ("[server]\nport = 70000", "server.port", {"left_out"}),
    ],
)
def test_values_that_mean_something_else_here(tmp_path: Path, text: str, key: str, lists: set[str]) -> None:
    haul = of_toml(tmp_path, f'[claude]\ncommand = "claude"\n{text}\n')
    assert in_all(haul, key) == lists
    assert_nothing_secret(haul, SECRETS)


@pytest.mark.parametrize(
    "written", ["'projects,config'", '"[\\"projects\\", \\"config\\"]"', '["projects", "config"]']
)
def test_directories_in_every_spelling(tmp_path: Path, written: str) -> None:
    for name in ("projects", "config"):
        (tmp_path / name).mkdir()
    haul = of_toml(tmp_path, f'[claude]\ncommand = "claude"\n[file_access]\nadditional_dirs = {written}')
    expected = [str(tmp_path / "projects"), str(tmp_path / "config")]
    assert settings_of(haul)["claude_code"]["file_access"] == {"additional_dirs": expected}


@pytest.mark.parametrize("level", ["info,tower_http=debug", "claude_code_api=debug", "loud"])
def test_a_filter_is_no_level(tmp_path: Path, level: str) -> None:
    env = {"CLAUDE_CODE__SERVER__PORT": "1", "RUST_LOG": level}
    haul = read(tmp_path, Options(env=env))
    assert haul.settings == {}
    assert in_all(haul, "RUST_LOG") == {"left_out"}


@pytest.mark.parametrize(
    ("name", "text", "program"),
    [
        ("config.yaml", "sessions: [{sessionKey: x}]", "claude2api"),
        (".env", "PROXY_API_KEY=x\nREFRESH_TOKEN=y", "kiro-gateway"),
        ("config.toml", "[server]\nport = 1", None),
    ],
)
def test_another_programs_files_are_refused(
    tmp_path: Path, name: str, text: str, program: str | None
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(NotThatProgram, match="CLAUDE_CODE__") as failed:
        read(path, Options())
    if program:
        assert f"isthmus migrate {program}" in str(failed.value)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="does not exist"):
        read(tmp_path / "nothing.toml", Options())
