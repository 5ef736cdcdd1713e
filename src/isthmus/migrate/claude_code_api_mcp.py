"""MCP servers of claude-code-api: their configuration goes along as it is, and nothing of it is started."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from isthmus.config.jsonc import Reader, SyntaxProblem
from isthmus.core.secret import Secret
from isthmus.migrate.entry import Entry
from isthmus.migrate.later import Later
from isthmus.migrate.source import Unreadable, read_text


def add_mcp(provider: Later, mcp: Entry, folder: Path) -> None:
    for name in ("enabled", "strict", "debug"):
        if (flag := mcp.flag(name, words=True)) is not None:
            provider.keep(mcp, name, f"mcp.{name}", flag)
    file, inline = mcp.text("config_file"), mcp.text("config_json")
    if file and "\0" in file:
        mcp.left_out("config_file", "holds a character that no path has: put it right there and run again")
    elif file:
        _add_file(provider, mcp, (folder / file).absolute())
        if inline:
            mcp.left_out("config_json", "config_file counts: put its servers there")
    elif inline:
        _add_inline(provider, mcp, inline)
    mcp.rest_is_unknown()


def _add_file(provider: Later, mcp: Entry, path: Path) -> None:
    try:
        text = read_text(path)
    except Unreadable as unreadable:
        provider.put("mcp.config_file", str(path))
        mcp.changed("config_file", f"becomes `mcp.config_file` {str(path)!r}, but {unreadable}")
        return
    servers = _servers(text)
    if servers is None:
        mcp.left_out("config_file", f"{path} has no `mcpServers`: repair it and set `mcp.config_file`")
        return
    # The values in it are often tokens: the copy is a secret as a whole.
    provider.put("mcp.config_json", Secret(text))
    said = f"`mcp.config_file` {str(path)!r} with a copy, encrypted, of {_named(servers)}"
    provider.keep(mcp, "config_file", "mcp.config_file", str(path), said)


def _add_inline(provider: Later, mcp: Entry, text: str) -> None:
    servers = _servers(text)
    if servers is None:
        mcp.left_out("config_json", "no JSON with `mcpServers`: repair it and run again")
        return
    provider.keep(mcp, "config_json", "mcp.config_json", Secret(text), f"encrypted, with {_named(servers)}")


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
