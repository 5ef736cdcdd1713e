"""What an answer says, streamed or plain, in one form for each dialect. Streams are judged by their grammar first."""

from __future__ import annotations

import json
from typing import Any

from asgi import Reply
from translation.room import Json, legal, said_in_stream


def message(reply: Reply) -> Json:
    """A Messages answer: `content`, `stop_reason`, `stop_sequence`, `usage` and what else a plain one holds."""
    assert reply.status == 200, reply.body.decode()
    if reply.headers["content-type"].startswith("application/json"):
        plain: Json = reply.json
        return plain
    return _message_of(said_in_stream(legal(reply)))


def _message_of(events: list[Json]) -> Json:
    whole: Json = {}
    for event in events:
        match event["type"]:
            case "message_start":
                whole = event["message"]
            case "content_block_start":
                whole["content"].append(event["content_block"])
            case "content_block_delta":
                _extend(whole["content"][event["index"]], event["delta"])
            case "content_block_stop":
                block = whole["content"][event["index"]]
                if "partial" in block:
                    block["input"] = json.loads(block.pop("partial"))
            case "message_delta":
                whole |= event["delta"]
                whole["usage"] |= event["usage"]
            case "error":
                raise AssertionError(event)
    return whole


def _extend(block: Json, delta: Json) -> None:
    match delta["type"]:
        case "text_delta":
            block["text"] += delta["text"]
        case "thinking_delta":
            block["thinking"] += delta["thinking"]
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "input_json_delta":
            block["partial"] = block.get("partial", "") + delta["partial_json"]
        case "citations_delta":
            block.setdefault("citations", []).append(delta["citation"])


def blocks(reply: Reply) -> list[Any]:
    """The content in short: `("text", …)`, `("thinking", …)`, `(name, input)` for a call."""
    short: list[Any] = []
    for block in message(reply)["content"]:
        match block["type"]:
            case "tool_use":
                short.append((block["name"], block["input"]))
            case kind:
                short.append((kind, block[kind]))
    return short


def choice(reply: Reply) -> Json:
    """The message of a Chat answer, with `finish_reason` in it, and `usage` if there is one."""
    assert reply.status == 200, reply.body.decode()
    if reply.headers["content-type"].startswith("application/json"):
        plain = reply.json
        whole: Json = plain["choices"][0]["message"]
        return whole | {"finish_reason": plain["choices"][0]["finish_reason"], "usage": plain["usage"]}
    return _choice_of(said_in_stream(legal(reply)))


def _choice_of(chunks: list[Json]) -> Json:
    whole: Json = {"content": None}
    for chunk in chunks:
        assert "error" not in chunk, chunk
        if chunk.get("usage"):
            whole["usage"] = chunk["usage"]
        for each in chunk["choices"]:
            whole["finish_reason"] = each["finish_reason"] or whole.get("finish_reason")
            _add(whole, each["delta"])
    return whole


def _add(whole: Json, delta: Json) -> None:
    for name, value in delta.items():
        if name == "tool_calls":
            for call in value:
                _add_call(whole.setdefault("tool_calls", []), call)
        elif isinstance(value, str) and name != "role":
            whole[name] = (whole.get(name) or "") + value
        elif isinstance(value, list):
            whole.setdefault(name, []).extend(value)
        elif value is not None:
            whole[name] = value


def _add_call(calls: list[Json], piece: Json) -> None:
    if "id" in piece:
        assert piece["index"] == len(calls)
        calls.append({"id": piece["id"], "type": piece["type"], "function": dict(piece["function"])})
    else:
        calls[piece["index"]]["function"]["arguments"] += piece["function"]["arguments"]


def calls(reply: Reply) -> list[tuple[str, Any]]:
    """Name and arguments of each call."""
    functions = [each["function"] for each in choice(reply).get("tool_calls") or ()]
    return [(each["name"], json.loads(each["arguments"])) for each in functions]
