"""Requests and parts of requests, in both dialects, in few words."""

from __future__ import annotations

import base64
from typing import Any

Json = dict[str, Any]

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 24).decode()
PDF = base64.b64encode(b"%PDF-1.4\n%%EOF\n").decode()
PNG_URI = f"data:image/png;base64,{PNG}"
SCHEMA: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CLOSED: Json = {**SCHEMA, "additionalProperties": False}
LONG_NAME = "mcp__a_server_with_a_rather_long_name__look_up_the_present_weather_of_a_city"


def user(content: Any) -> Json:
    return {"role": "user", "content": content}


def assistant(content: Any) -> Json:
    return {"role": "assistant", "content": content}


def system(content: Any) -> Json:
    return {"role": "system", "content": content}


def text(said: str) -> Json:
    return {"type": "text", "text": said}


# Messages -------------------------------------------------------------------------------------------------------------


def tool_use(id: str, name: str = "get_weather", **given: Any) -> Json:
    return {"type": "tool_use", "id": id, "name": name, "input": given}


def tool_result(id: str, content: Any = "sunny", **more: Any) -> Json:
    return {"type": "tool_result", "tool_use_id": id, "content": content, **more}


def image(media_type: str = "image/png", data: str = PNG) -> Json:
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


def pdf() -> Json:
    source = {"type": "base64", "media_type": "application/pdf", "data": PDF}
    return {"type": "document", "title": "note.pdf", "source": source}


def tool(name: str = "get_weather", **more: Any) -> Json:
    return {"name": name, "description": "Look it up.", "input_schema": SCHEMA, **more}


# Chat -----------------------------------------------------------------------------------------------------------------


def call(id: str, name: str = "get_weather", arguments: str = "{}") -> Json:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def calling(*calls: Json, **more: Any) -> Json:
    return {"role": "assistant", "content": None, "tool_calls": list(calls), **more}


def told(id: str, content: Any = "sunny") -> Json:
    return {"role": "tool", "tool_call_id": id, "content": content}


def image_url(url: str = PNG_URI) -> Json:
    return {"type": "image_url", "image_url": {"url": url}}


def function(name: str = "get_weather", **more: Any) -> Json:
    described = {"name": name, "description": "Look it up.", "parameters": SCHEMA, **more}
    return {"type": "function", "function": described}


def roles(messages: list[Json]) -> list[str]:
    return [message["role"] for message in messages]


def kinds(message: Json) -> list[str]:
    return [part["type"] for part in message["content"]]
