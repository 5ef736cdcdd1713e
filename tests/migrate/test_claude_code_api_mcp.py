"""MCP servers stay where they are; what is said of them is their names."""

from pathlib import Path
from typing import Any

from isthmus.migrate.claude_code_api_mcp import add_mcp
from isthmus.migrate.entry import Entry
from isthmus.migrate.gathered import Gathered
from isthmus.migrate.haul import Haul
from migrating import assert_nothing_secret

SERVERS = '{"mcpServers": {"one": {"command": "x", "env": {"TOKEN": "made-up-token"}}, "twö": {"url": "made-up-url"}}}'


def added(folder: Path, **values: Any) -> tuple[Haul, dict[str, Any]]:
    haul = Haul("claude-code-api")
    provider = Gathered(haul, "claude-code")
    add_mcp(provider, Entry(values, haul.report, "mcp"), folder)
    provider.add("mcp")
    assert_nothing_secret(haul, ["made-up-token", "made-up-url"])
    return haul, dict(haul.providers[0].settings.get("claude_code", {}).get("mcp", {}))


def left_out(haul: Haul) -> list[str]:
    return [line.what for line in haul.report.left_out]


def test_a_file_is_used_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "mcp.json").write_text(SERVERS)
    haul, settings = added(tmp_path, config_file="mcp.json", enabled=True, strict=False)
    assert settings == {"config_file": str(tmp_path / "mcp.json"), "enabled": True, "strict": False}
    assert '"one", "twö"' in "".join(line.text for line in haul.report.carried)


def test_inline_servers_are_left_out(tmp_path: Path) -> None:
    haul, settings = added(tmp_path, config_json=SERVERS, enabled=True)
    assert settings == {}
    assert left_out(haul) == ["mcp.config_json", "mcp.enabled"]
    assert '"one", "twö"' in haul.report.left_out[0].text
    (tmp_path / "mcp.json").write_text('{"mcpServers": {}}')
    haul, settings = added(tmp_path, config_json=SERVERS, config_file="mcp.json", enabled=False)
    assert settings == {"config_file": str(tmp_path / "mcp.json"), "enabled": False}
    assert left_out(haul) == ["mcp.config_json"]


def test_a_file_that_is_no_list_of_servers_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "mcp.json").write_text('{"made-up-token": 1}')
    haul, settings = added(tmp_path, config_file="mcp.json", colour="red")
    assert settings == {}
    assert left_out(haul) == ["mcp.config_file"]
    assert [line.what for line in haul.report.unknown] == ["mcp.colour"]


def test_a_missing_file_keeps_its_place(tmp_path: Path) -> None:
    haul, settings = added(tmp_path, config_file="/not/there.json", enabled=True)
    assert settings == {"config_file": "/not/there.json", "enabled": True}
    assert "cannot be read" in haul.report.changed[0].text
