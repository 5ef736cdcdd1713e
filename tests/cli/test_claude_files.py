"""Files and directories that settings name are looked for before anybody asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from isthmus.cli.claude_files import DIRECTORY_WAY_OUT, NAME_WAY_OUT, SERVERS_WAY_OUT, Unfit, check_files
from isthmus.config.sections.claude_code import ClaudeCodeSettings
from isthmus.providers.claude_code.tools import SERVER


def check(**own: Any) -> None:
    check_files(ClaudeCodeSettings.model_validate(own))


def test_what_is_there_is_taken(tmp_path: Path) -> None:
    servers = tmp_path / "mcp.json"
    servers.write_text(json.dumps({"mcpServers": {"files": {"command": "true"}}}))
    here = [str(tmp_path)]
    check()
    check(
        mcp={"enabled": True, "config_file": str(servers)},
        file_access={"additional_dirs": here, "image_dirs": here},
    )


@pytest.mark.parametrize(
    ("written", "problem"),
    [(None, "No such file"), ("{", "is no JSON"), ('{"servers": {}}', "has no object `mcpServers`")],
)
def test_a_file_without_servers_is_said(tmp_path: Path, written: str | None, problem: str) -> None:
    path = tmp_path / "mcp.json"
    if written is not None:
        path.write_text(written)
    with pytest.raises(Unfit, match=problem) as caught:
        check(mcp={"enabled": True, "config_file": str(path)})
    assert caught.value.message.startswith(f"`claude_code.mcp.config_file`: {path}")
    assert caught.value.detail == SERVERS_WAY_OUT
    check(mcp={"enabled": False, "config_file": str(path)})


def test_a_server_of_the_gateways_own_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_text(json.dumps({"mcpServers": {"files": {"command": "true"}, SERVER: {"command": "secret"}}}))
    with pytest.raises(Unfit, match="has a server `isthmus`") as caught:
        check(mcp={"enabled": True, "config_file": str(path), "allowed": ["files"]})
    assert caught.value.detail == NAME_WAY_OUT
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("setting", ["additional_dirs", "image_dirs"])
def test_a_directory_that_is_not_there_is_said(tmp_path: Path, setting: str) -> None:
    file = tmp_path / "file"
    file.touch()
    for path in (tmp_path / "nowhere", file):
        with pytest.raises(Unfit, match=f"`claude_code.file_access.{setting}`: '{path}'") as caught:
            check(file_access={setting: [str(tmp_path), str(path)]})
        assert caught.value.detail == DIRECTORY_WAY_OUT
