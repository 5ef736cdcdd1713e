"""A prompt taken apart again, in the form of a Chat Completions body: what was carried, and what was lost on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from isthmus.simulators.claude_web.prompt import Reading, Turn

Json = dict[str, Any]

_CALL: Final = re.compile(r"<tool_call(?P<attributes>[^>]*)>(?P<body>.*?)</tool_call>", re.DOTALL)
_RESULT: Final = re.compile(r"<tool_result(?P<attributes>[^>]*)>(?P<body>.*?)</tool_result>", re.DOTALL)
_ATTRIBUTE: Final = re.compile(r"(\w+)=\"([^\"]*)\"")


def understood(reading: Reading, model: str | None, files: Sequence[Json]) -> Json:
    messages: list[Json] = list(_messages(reading.turns))
    if files:
        users = [message for message in messages if message["role"] == "user"]
        target: Json = users[-1] if users else {"role": "user", "content": ""}
        parts = [{"type": "text", "text": target["content"]}] if target["content"] else []
        target["content"] = [*parts, *(_file(each) for each in files)]
        if not users:
            messages.append(target)
    body: Json = {"model": model, "messages": messages}
    if reading.tools:
        body["tools"] = [
            {"type": "function", "function": {"name": tool.name, "parameters": tool.schema}}
            for tool in reading.tools
        ]
    if reading.must:
        named = {"type": "function", "function": {"name": reading.must}}
        body["tool_choice"] = {"*": "required", "-": "none"}.get(reading.must, named)
    if reading.single:
        body["parallel_tool_calls"] = False
    if reading.shape is not None:
        schema = {"name": "answer", "schema": reading.shape}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def _messages(turns: Sequence[Turn]) -> Iterator[Json]:
    """Calls and results without an id are paired in their order."""
    made = 0
    unpaired: list[str] = []
    for turn in turns:
        match turn.role:
            case "System":
                yield {"role": "system", "content": turn.text}
            case "Assistant":
                calls = []
                for found in _CALL.finditer(turn.text):
                    made += 1
                    calls.append(_call(found, f"call_{made}"))
                unpaired += [call["id"] for call in calls]
                text = _CALL.sub("", turn.text).strip()
                yield {"role": "assistant", "content": text or None} | (
                    {"tool_calls": calls} if calls else {}
                )
            case _:
                for found in _RESULT.finditer(turn.text):
                    yield _result(found, unpaired)
                text = _RESULT.sub("", turn.text).strip()
                if text:
                    yield {"role": "user", "content": text}


def _call(found: re.Match[str], fallback: str) -> Json:
    try:
        value = json.loads(found["body"])
    except ValueError:
        value = None
    if not isinstance(value, dict):
        value = {"name": "", "arguments": found["body"]}
    id = _attributes(found).get("id") or value.get("id") or fallback
    arguments = value.get("arguments")
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return {"id": id, "type": "function", "function": {"name": value.get("name"), "arguments": text}}


def _result(found: re.Match[str], unpaired: list[str]) -> Json:
    attributes = _attributes(found)
    id = attributes.get("tool_call_id") or attributes.get("id") or attributes.get("tool_use_id")
    if id is None:
        id = unpaired[0] if unpaired else "call_0"
    if id in unpaired:
        unpaired.remove(id)
    text = found["body"].strip()
    failed = attributes.get("is_error") == "true" and not text.startswith("Error:")
    return {"role": "tool", "tool_call_id": id, "content": f"Error: {text}" if failed else text}


def _attributes(found: re.Match[str]) -> dict[str, str]:
    return dict(_ATTRIBUTE.findall(found["attributes"]))


def _file(seen: Json) -> Json:
    if seen["file_kind"] == "image":
        url = f"data:{seen['media_type']};base64,"
        return {"type": "image_url", "image_url": {"url": url}}
    return {"type": "file", "file": {"filename": seen["file_name"]}}
