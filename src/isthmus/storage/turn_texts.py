"""Turns of a conversation as JSON texts, and back: every block that the neutral language has, exactly as it was.

{"role": "user", "blocks": [{"is": "Text", "text": "hi"}, {"is": "Image", "source": {"is": "RemoteUrl", "url": "…"}}]}
"""

from __future__ import annotations

import json
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Final

from isthmus.core.conversation import (
    CacheMark,
    Document,
    Foreign,
    Image,
    InlineData,
    Opaque,
    RemoteUrl,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
    Turn,
    VendorFile,
)

_KINDS: Final = {
    each.__name__: each
    for each in (
        Document,
        Foreign,
        Image,
        InlineData,
        Opaque,
        RemoteUrl,
        Text,
        Thinking,
        ToolCall,
        ToolReference,
        ToolResult,
        VendorFile,
    )
}
_IS: Final = "is"


def turn_text(turn: Turn) -> str:
    said = {"role": turn.role.value, "blocks": [_plain(each) for each in turn.blocks]}
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(
            said, separators=(",", ":")
        )  # A lone surrogate is legal in a client's JSON, and not in UTF-8.
    return text


def turn_from(text: str) -> Turn:
    """Raises `ValueError` for what `turn_text` did not write."""
    try:
        found = json.loads(text)
        return Turn(Role(found["role"]), tuple(_block(each) for each in found["blocks"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"no turn of a conversation: {type(error).__name__}") from None


def _plain(value: Any) -> Any:
    """What has its default is left out."""
    if is_dataclass(value):
        said = ((each, getattr(value, each.name)) for each in fields(value))
        kept = {each.name: _plain(it) for each, it in said if each.default is MISSING or it != each.default}
        return {_IS: type(value).__name__, **kept}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _block(data: Any) -> Any:
    values = {name: _value(name, each) for name, each in data.items() if name != _IS}
    return _KINDS[data[_IS]](**values)


def _value(name: str, value: Any) -> Any:
    match value:
        case dict():
            return _block(value)
        case list():
            return tuple(_block(each) for each in value)
        case str() if name == "cache":
            return CacheMark(value)
        case _:
            return value
