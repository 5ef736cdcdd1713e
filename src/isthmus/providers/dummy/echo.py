"""The conversation as the gateway understood it, for people who want to see what becomes of their request."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from isthmus.core.conversation import (
    Block,
    Conversation,
    Document,
    Foreign,
    Image,
    InlineData,
    Opaque,
    RemoteUrl,
    ResultPart,
    Source,
    Text,
    Thinking,
    ToolCall,
    ToolReference,
    ToolResult,
    VendorFile,
)

JsonObject = dict[str, Any]
_SHOWN_APART = frozenset(("turns", "system", "tools", "server_tools", "model"))


def described(conversation: Conversation) -> str:
    """Pretty JSON. Media are told by type and size, what is opaque by length."""
    shown: JsonObject = {"model": conversation.model, "system": [text.text for text in conversation.system]}
    shown["turns"] = [
        {"role": turn.role.value, "blocks": [_block(block) for block in turn.blocks]}
        for turn in conversation.turns
    ]
    shown["tools"] = [
        {"name": tool.name, "description": tool.description, "schema": _json(tool.schema)}
        for tool in conversation.tools
    ]
    shown["server_tools"] = [tool.kind for tool in conversation.server_tools]
    shown["parameters"] = _parameters(conversation)
    return json.dumps(shown, ensure_ascii=False, indent=2)


def source_line(source: Source) -> str:
    """`image/png, 68 bytes`."""
    match source:
        case InlineData(media_type, data):
            size = len(data) * 3 // 4 - data.count("=", -2)
            return f"{media_type or 'unnamed type'}, {size} bytes"
        case RemoteUrl(url):
            return f"at {url}"
        case VendorFile(file_id):
            return f"stored file {file_id}"


_FALSE_BY_DEFAULT = frozenset({"stream", "hidden"})


def _parameters(conversation: Conversation) -> JsonObject:
    """Everything that was set, by the names of the core language."""
    whole: JsonObject = msgspec.to_builtins(conversation, str_keys=True)
    return {
        name: value for name, value in whole.items() if name not in _SHOWN_APART and not _unset(name, value)
    }


def _unset(name: str, value: object) -> bool:
    """False says something only where None was possible."""
    if isinstance(value, dict):
        return all(_unset(key, each) for key, each in value.items())
    return value is None or value in ((), []) or (value is False and name in _FALSE_BY_DEFAULT)


def _block(block: Block | ResultPart) -> JsonObject:
    match block:
        case Text(text):
            return {"kind": "text", "text": text}
        case Image(source):
            return {"kind": "image", "source": source_line(source)}
        case Document(source, title):
            return {"kind": "document", "source": source_line(source), "title": title}
        case Thinking(text, opaque, source):
            return {"kind": "thinking", "text": text, "signed": opaque is not None, "source": source}
        case ToolCall(id, name, arguments):
            return {"kind": "tool_call", "id": id, "name": name, "arguments": _json(arguments)}
        case ToolResult(call_id, parts, is_error):
            shown = [_block(part) for part in parts]
            return {"kind": "tool_result", "call_id": call_id, "is_error": is_error, "parts": shown}
        case ToolReference(name):
            return {"kind": "tool_reference", "tool": name}
        case Opaque(home, kind, data):
            return {"kind": kind, "home": home, "characters": len(data)}
        case Foreign(home, kind, data):
            return {"kind": kind, "home": home, "data": _json(data)}


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return text
