"""Requests to the simulated service without a network, and a reader of its frames that owes nothing to its writer."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from isthmus.simulators.amazon_q.accounts import Account
from isthmus.simulators.amazon_q.answers import Answer, Played, Whole
from isthmus.simulators.amazon_q.request import Request, place_of
from isthmus.simulators.amazon_q.simulator import Simulator

Json = dict[str, Any]
MODEL = "claude-sonnet-4.5"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def user(content: str, **more: Any) -> Json:
    return {"userInputMessage": {"content": content, "origin": "CLI", "modelId": MODEL, **more}}


def said(content: str, **more: Any) -> Json:
    return {"assistantResponseMessage": {"content": content, **more}}


def use(id: str, name: str = "get_weather", **given: Any) -> Json:
    return {"toolUseId": id, "name": name, "input": given}


def result(id: str, text: str = "sunny", status: str = "success") -> Json:
    return {"toolUseId": id, "content": [{"text": text}], "status": status}


def tool(name: str = "get_weather", schema: Json = CITY, description: str = "Tells the weather.") -> Json:
    return {"toolSpecification": {"name": name, "description": description, "inputSchema": {"json": schema}}}


def chat(
    content: str = "Hello",
    *,
    history: Sequence[Json] = (),
    tools: Sequence[Json] = (),
    results: Sequence[Json] = (),
    model: str = MODEL,
    message: Json | None = None,
    **root: Any,
) -> Json:
    context = ({"tools": list(tools)} if tools else {}) | ({"toolResults": list(results)} if results else {})
    current = user(
        content, modelId=model, **({"userInputMessageContext": context} if context else {}), **(message or {})
    )
    state = {"currentMessage": current, "chatTriggerType": "MANUAL", "conversationId": "conversation-1"}
    return {"conversationState": {**state, **({"history": list(history)} if history else {})}, **root}


def request(
    path: str,
    body: Any = None,
    *,
    method: str = "POST",
    query: str = "",
    headers: Mapping[str, str] | None = None,
) -> Request:
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    try:
        parsed = json.loads(data) if data else None
    except ValueError:
        parsed = None
    sent = {"host": "127.0.0.1:1", "content-type": "application/json", **(headers or {})}
    return Request(1, method, path, query, sent, data, parsed, 0.0, place_of(sent["host"], path))


def bearer(account: Account) -> dict[str, str]:
    return {"authorization": f"Bearer {account.access_token}"}


def asked(
    simulator: Simulator,
    account: Account,
    body: Any,
    *,
    family: str = "q",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Of GenerateAssistantResponse."""
    sent = {**bearer(account), **(headers or {})}
    return simulator.answer(request(f"/{family}/generateAssistantResponse", body, headers=sent))


def events(answer: Answer) -> list[tuple[str, Json]]:
    """Names and payloads of a stream."""
    assert isinstance(answer, Played), told(answer)
    data = b"".join(step for step in answer.steps if isinstance(step, bytes))
    return [(headers.get(":event-type", ""), json.loads(payload)) for headers, payload in read_frames(data)]


def text_of(answer: Answer) -> str:
    return "".join(payload["content"] for name, payload in events(answer) if name == "assistantResponseEvent")


def calls_of(answer: Answer) -> list[tuple[str, Json]]:
    """Name and input of each call, fragments joined."""
    inputs: dict[str, str] = {}
    names: dict[str, str] = {}
    for name, payload in events(answer):
        if name == "toolUseEvent":
            names[payload["toolUseId"]] = payload["name"]
            inputs[payload["toolUseId"]] = inputs.get(payload["toolUseId"], "") + payload.get("input", "")
    return [(names[id], json.loads(text or "{}")) for id, text in inputs.items()]


def told(answer: Answer) -> Json:
    """The JSON of an answer that is no stream, with its status as `status`."""
    assert isinstance(answer, Whole), answer
    return {"status": answer.status, **json.loads(answer.body)}


def read_frames(data: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
    """Lengths and checksums are computed anew."""
    while data:
        total, length = struct.unpack("!II", data[:8])
        assert len(data) >= total, "the last frame is not whole"
        assert struct.unpack("!I", data[8:12])[0] == zlib.crc32(data[:8]), "the prelude's checksum is wrong"
        assert struct.unpack("!I", data[total - 4 : total])[0] == zlib.crc32(data[: total - 4]), (
            "the checksum is wrong"
        )
        yield _headers(data[12 : 12 + length]), data[12 + length : total - 4]
        data = data[total:]


def _headers(block: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    while block:
        size = block[0]
        name, kind, (length,) = (
            block[1 : size + 1],
            block[size + 1],
            struct.unpack("!H", block[size + 2 : size + 4]),
        )
        assert kind == 7
        found[name.decode()] = block[size + 4 : size + 4 + length].decode()
        block = block[size + 4 + length :]
    return found
