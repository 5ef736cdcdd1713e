"""Tools that Claude knows without being told, spelled out for models that do not.

Anthropic's clients name them by type alone ("bash_20250124"); the parameters are those of Anthropic's tool documentation.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import msgspec

_TYPE: Final = re.compile(r"(bash|text_editor|memory)_\d{8}")


class Contract(NamedTuple):
    description: str
    schema: str


def contract_of(tool_type: str) -> Contract | None:
    """What to tell another model about a tool of this type, or None when it is not one the client runs."""
    found = _TYPE.fullmatch(tool_type)
    return _CONTRACTS[found[1]] if found else None


def _string(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _line(description: str) -> dict[str, Any]:
    return {"type": "integer", "description": description}


def _command(*words: str) -> dict[str, Any]:
    return {"type": "string", "enum": words, "description": "What to do."}


def _schema(properties: dict[str, Any], *required: str) -> str:
    whole = {"type": "object", "properties": properties, "required": required}
    return msgspec.json.encode(whole).decode()


_FILE_EDITING: Final = {
    "file_text": _string("With create: the content of the file."),
    "old_str": _string("With str_replace: the text to replace, exactly as it stands in the file."),
    "new_str": _string("With str_replace: what takes its place."),
    "insert_line": _line("With insert: the line after which to insert; 0 is the beginning."),
    "insert_text": _string("With insert: the text to insert."),
    "view_range": {
        "type": "array",
        "items": {"type": "integer"},
        "description": "With view: first and last line to show, from 1; -1 as the last is the end.",
    },
}
_CONTRACTS: Final = {
    "bash": Contract(
        "Run a command in a persistent shell session.",
        _schema(
            {
                "command": _string("The command. Required unless the shell is to be restarted."),
                "restart": {"type": "boolean", "description": "True restarts the shell."},
            }
        ),
    ),
    "text_editor": Contract(
        "View, create and edit text files.",
        _schema(
            {
                "command": _command("view", "create", "str_replace", "insert"),
                "path": _string("Path of the file or directory."),
                **_FILE_EDITING,
            },
            "command",
            "path",
        ),
    ),
    "memory": Contract(
        "Keep notes that outlive this conversation, as files below /memories.",
        _schema(
            {
                "command": _command("view", "create", "str_replace", "insert", "delete", "rename"),
                "path": _string("Path below /memories."),
                **_FILE_EDITING,
                "old_path": _string("With rename: the path as it is."),
                "new_path": _string("With rename: the path as it shall be."),
            },
            "command",
        ),
    ),
}
