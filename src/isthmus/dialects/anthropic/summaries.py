"""Blocks of tools that Anthropic runs itself, as plain text for models elsewhere.

A search the model made three turns ago is part of what it knows. Another vendor cannot read the blocks (and their
encrypted parts are lost for good), but it can read what was asked and what was found.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

_TOLD = ("title", "url", "text", "stdout", "stderr", "error_code", "tool_name", "file_id")
_LINES_LIMIT = 200
"""A summary is a reminder, not an archive."""


def summarise(kind: str, block: bytes) -> str:
    """Text that can stand for the block; empty when the block says nothing a text could."""
    data = msgspec.json.decode(block)
    if kind == "server_tool_use":
        return _call(data)
    if kind.endswith("_tool_result") and kind != "mcp_tool_result":
        return _result(kind.removesuffix("_tool_result"), data)
    return ""


def _call(block: dict[str, Any]) -> str:
    arguments = block.get("input")
    given = arguments.items() if isinstance(arguments, dict) else ()
    words = ", ".join(f"{name}: {value}" for name, value in given if isinstance(value, str | int | float))
    name = block.get("name", "server tool")
    return f"[used {name}: {words}]" if words else f"[used {name}]"


def _result(tool: str, block: dict[str, Any]) -> str:
    lines = [line for _, line in zip(range(_LINES_LIMIT), _told(block.get("content")), strict=False)]
    return "\n".join([f"[{tool} result]", *lines])


def _told(part: Any) -> Iterator[str]:
    """The readable strings inside, in order, each with its name where that helps."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for each in part:
            yield from _told(each)
    elif isinstance(part, dict):
        for name in _TOLD:
            if isinstance(value := part.get(name), str) and value:
                yield value if name in ("text", "stdout") else f"{name}: {value}"
        if part.get("type") == "text" and isinstance(data := part.get("data"), str):
            yield data
        for name in ("content", "source", "tool_references"):
            if isinstance(part.get(name), dict | list):
                yield from _told(part[name])
