"""MCP servers go along unread but for their names."""

from pathlib import Path
from typing import Any

from isthmus.migrate.claude_code_api_mcp import add_mcp
from isthmus.migrate.entry import Entry
from isthmus.migrate.haul import Haul
from isthmus.migrate.later import Later
from migrating import assert_nothing_secret

SERVERS = '{"mcpServers": {"one": {"command": "x", "env": {"TOKEN": "made-up-token"}}, "twö": {"url": "made-up-url"}}}'


def added(folder: Path, **values: Any) -> tuple[Haul, dict[str, Any]]:
    haul = Haul("claude-code-api")
    provider = Later(haul, "claude-code")
    add_mcp(provider, Entry(values, haul.report, "mcp"), folder)
    provider.add("mcp")
    assert_nothing_secret(haul, ["made-up-token", "made-up-url"])
    return haul, dict(haul.providers[0].settings.get("mcp", {}))


def test_a_file_is_copied_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mcp.json").write_text(SERVERS)
    haul, settings = added(tmp_path, config_file="mcp.json")
    assert settings["config_file"] == str(tmp_path / "mcp.json")
    assert settings["config_json"].reveal() == SERVERS
    assert '"one", "twö"' in haul.report.carried[0].text


def test_inline_servers_count_where_there_is_no_file(tmp_path: Path) -> None:
    _, settings = added(tmp_path, config_json=SERVERS)
    assert settings["config_json"].reveal() == SERVERS
    (tmp_path / "mcp.json").write_text('{"mcpServers": {}}')
    haul, settings = added(tmp_path, config_json=SERVERS, config_file="mcp.json")
    assert settings["config_json"].reveal() == '{"mcpServers": {}}'
    assert [line.what for line in haul.report.left_out] == ["mcp.config_json"]


def test_a_file_that_is_no_list_of_servers_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "mcp.json").write_text('{"made-up-token": 1}')
    haul, settings = added(tmp_path, config_file="mcp.json", colour="red")
    assert settings == {}
    assert [line.what for line in haul.report.left_out] == ["mcp.config_file"]
    assert [line.what for line in haul.report.unknown] == ["mcp.colour"]


def test_a_missing_file_keeps_its_place(tmp_path: Path) -> None:
    haul, settings = added(tmp_path, config_file="/not/there.json")
    assert settings == {"config_file": "/not/there.json"}
    assert "cannot be read" in haul.report.changed[0].text
