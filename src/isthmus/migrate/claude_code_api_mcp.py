"""MCP servers of claude-code-api: their file is used where it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from isthmus.config.jsonc import Reader, SyntaxProblem
from isthmus.migrate.entry import Entry
from isthmus.migrate.gathered import Gathered
from isthmus.migrate.source import Unreadable, read_text


def add_mcp(provider: Gathered, mcp: Entry, folder: Path) -> None:
    for name in ("strict", "debug"):
        if (flag := mcp.flag(name, words=True)) is not None:
            provider.keep(mcp, name, f"claude_code.mcp.{name}", flag)
    has_file = False
    file, inline = mcp.text("config_file"), mcp.text("config_json")
    if file and "\0" in file:
        mcp.left_out("config_file", "holds a character that no path has: put it right there and run again")
    elif file:
        has_file = _add_file(provider, mcp, (folder / file).absolute())
        if inline:
            mcp.left_out("config_json", "config_file counts: put its servers there")
    elif inline:
        _leave_inline(mcp, inline)
    _say_enabled(provider, mcp, has_file=has_file)
    mcp.rest_is_unknown()


def _say_enabled(provider: Gathered, mcp: Entry, *, has_file: bool) -> None:
    enabled = mcp.flag("enabled", words=True)
    if enabled and not has_file:
        mcp.left_out(
            "enabled", "true, without a file of servers: set it together with `claude_code.mcp.config_file`"
        )
    elif enabled is not None:
        provider.keep(mcp, "enabled", "claude_code.mcp.enabled", enabled)


def _add_file(provider: Gathered, mcp: Entry, path: Path) -> bool:
    """Whether there is one now."""
    try:
        text = read_text(path)
    except Unreadable as unreadable:
        provider.put("claude_code.mcp.config_file", str(path))
        mcp.changed("config_file", f"becomes `claude_code.mcp.config_file` {str(path)!r}, but {unreadable}")
        return True
    servers = _servers(text)
    if servers is None:
        mcp.left_out(
            "config_file", f"{path} has no `mcpServers`: repair it and set `claude_code.mcp.config_file`"
        )
        return False
    said = f"`claude_code.mcp.config_file` {str(path)!r}, which stays where it is, with {_named(servers)}"
    provider.keep(mcp, "config_file", "claude_code.mcp.config_file", str(path), said)
    return True


def _leave_inline(mcp: Entry, text: str) -> None:
    """Its values are often tokens, and whatever is said to a program at its start can be seen by everybody on the machine."""
    servers = _servers(text)
    if servers is None:
        mcp.left_out("config_json", "no JSON with `mcpServers`: repair it and run again")
        return
    said = "write it into a file that only you can read, set `claude_code.mcp.config_file` to its path, and `enabled`"
    mcp.left_out("config_json", f"{_named(servers)}: {said}")


def _servers(text: str) -> dict[str, Any] | None:
    try:
        value = Reader(text).read()
    except (SyntaxProblem, RecursionError):
        return None
    servers = value.get("mcpServers") if isinstance(value, dict) else None
    return servers if isinstance(servers, dict) else None


def _named(servers: dict[str, Any]) -> str:
    """Names alone: what stands in an entry may be a token."""
    names = ", ".join(json.dumps(name, ensure_ascii=False) for name in servers)
    return f"MCP servers {names}" if names else "no MCP server"
