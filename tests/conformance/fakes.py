"""A server that answers as a test says, well or badly, and the stages to judge it on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from isthmus.conformance.cast import NOBODY, Cast, Form, Part, Role
from isthmus.conformance.client import Client
from isthmus.conformance.stage import Stage, Witness
from isthmus.conformance.subject import Api, Lane, Subject
from isthmus.core.secret import Secret

Json = dict[str, Any]
KEY = Secret("the-right-key")
IDS = {"request-id": "req_0123456789abcdef01234567", "x-request-id": "req_0123456789abcdef01234567"}
SSE = {"content-type": "text/event-stream; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        value: Json = msgspec.json.decode(self.body)
        return value


@dataclass(frozen=True, slots=True)
class Reply:
    """`cut`: the connection breaks after the body. `pause_s`: silence before its last byte."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    pause_s: float = 0.0


Answers = Callable[[Asked], Reply]


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    kind = {"content-type": "application/json"}
    return Reply(msgspec.json.encode(value), status, {**kind, **IDS, **(headers or {})})


def as_stream(body: bytes, **more: Any) -> Reply:
    return Reply(body, headers={**SSE, **IDS}, **more)


@asynccontextmanager
async def serving(answers: Answers) -> AsyncIterator[tuple[str, list[Asked]]]:
    """The address of a server that gives these answers, and the list of what it was asked."""
    asked: list[Asked] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        asked.append(Asked(request.method, request.path, request.query_string, headers, body))
        return await _give(request, answers(asked[-1]))

    app = web.Application(client_max_size=64 << 20)
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()


async def _give(request: web.Request, reply: Reply) -> web.StreamResponse:
    if not reply.cut and not reply.pause_s:
        return web.Response(body=reply.body, status=reply.status, headers=reply.headers)
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    await response.prepare(request)
    await response.write(reply.body[:-1] if reply.pause_s else reply.body)
    await asyncio.sleep(reply.pause_s or 0.02)
    if reply.cut:
        assert request.transport is not None
        request.transport.close()
        return response
    await response.write(reply.body[-1:])
    await response.write_eof()
    return response


@asynccontextmanager
async def stage_at(
    url: str,
    api: Api,
    lane: Lane = Lane.TRANSLATED,
    cast: Cast = NOBODY,
    *,
    key: Secret = KEY,
    witness: Witness | None = None,
    silence_s: float = 0.3,
) -> AsyncIterator[Stage]:
    subject = Subject(url, key, model="m", direct=lane is Lane.DIRECT)
    async with Client(subject, timeout_s=10.0) as client:
        yield Stage(client, subject, "m", api, lane, cast, silence_s=silence_s, witness=witness)


@asynccontextmanager
async def stage_on(
    answers: Answers, api: Api, lane: Lane = Lane.TRANSLATED, **more: Any
) -> AsyncIterator[Stage]:
    async with serving(answers) as (url, _), stage_at(url, api, lane, **more) as stage:
        yield stage


def playing(*roles: Role, echo: Form | None = None) -> Cast:
    """A cast in which every named role is played by a model of that name."""
    parts = {role: (Part(role.value),) for role in roles}
    if echo is not None:
        parts[Role.ECHO] = (Part("echo"),)
    return Cast("fake", parts, echo)


# answers without a fault ----------------------------------------------------------------------------------------------


def message(text: str = "pong", **fields: Any) -> Json:
    whole: Json = {
        "id": "msg_0123456789abcdef01234567",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 5, "output_tokens": 2},
    }
    return whole | fields


def completion(
    text: str | None = "pong", *, finish: str = "stop", said: Json | None = None, **fields: Any
) -> Json:
    whole: Json = {
        "id": "chatcmpl-0123456789abcdef01234567",
        "object": "chat.completion",
        "created": 1_780_000_000,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, **(said or {})},
                "finish_reason": finish,
            }
        ],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
    }
    return whole | fields


def events(*payloads: Json) -> bytes:
    return b"".join(
        b"event: %b\ndata: %b\n\n" % (payload["type"].encode(), msgspec.json.encode(payload))
        for payload in payloads
    )


def message_events(*blocks: Json, stop: str = "end_turn", start: Json | None = None) -> list[Json]:
    """The events of a whole stream; each block is given as `content_block` and its one delta."""
    begun = message(content=[], stop_reason=None, usage={"input_tokens": 5, "output_tokens": 1})
    rows: list[Json] = [{"type": "message_start", "message": begun | (start or {})}]
    for index, block in enumerate(blocks):
        rows.append({"type": "content_block_start", "index": index, "content_block": block["start"]})
        rows += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in block["deltas"]]
        rows.append({"type": "content_block_stop", "index": index})
    ending = {"stop_reason": stop, "stop_sequence": None}
    rows.append({"type": "message_delta", "delta": ending, "usage": {"output_tokens": 2}})
    return [*rows, {"type": "message_stop"}]


def text_block(text: str = "pong") -> Json:
    return {"start": {"type": "text", "text": ""}, "deltas": [{"type": "text_delta", "text": text}]}


def thinking_block(text: str = "hm", signature: str | None = "signed") -> Json:
    signed = [] if signature is None else [{"type": "signature_delta", "signature": signature}]
    start = {"type": "thinking", "thinking": "", "signature": ""}
    return {"start": start, "deltas": [{"type": "thinking_delta", "thinking": text}, *signed]}


def call_block(id: str = "toolu_1", name: str = "get_weather", json: str = '{"city":"Paris"}') -> Json:
    start = {"type": "tool_use", "id": id, "name": name, "input": {}}
    return {"start": start, "deltas": [{"type": "input_json_delta", "partial_json": json}]}


def chunk(delta: Json | None = None, *, finish: str | None = None, **fields: Any) -> Json:
    head = {
        "id": "chatcmpl-0123456789abcdef01234567",
        "object": "chat.completion.chunk",
        "created": 1_780_000_000,
    }
    return {
        **head,
        "model": "m",
        "choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}],
        **fields,
    }


def chunks(*rows: Json, done: bool = True) -> bytes:
    frames = b"".join(b"data: %b\n\n" % msgspec.json.encode(row) for row in rows)
    return frames + (b"data: [DONE]\n\n" if done else b"")


ROLE = chunk({"role": "assistant", "content": ""})
USAGE = chunk(choices=[], usage={"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7})


def good(asked: Asked) -> Reply:
    """A well-behaved text model behind either dialect."""
    body = asked.json
    model = {"model": body["model"]}
    if asked.path.endswith("/messages"):
        if body.get("stream"):
            return as_stream(events(*message_events(text_block(), start=model)))
        return as_json(message() | model)
    if not body.get("stream"):
        return as_json(completion() | model)
    counted = [USAGE] if (body.get("stream_options") or {}).get("include_usage") else []
    rows = [ROLE, chunk({"content": "pong"}), chunk(finish="stop"), *counted]
    return as_stream(chunks(*(row | model for row in rows)))


def error(api: Api, status: int, message: str, kind: str, code: str | None = None, **headers: str) -> Reply:
    shown: Json = {"message": message, "type": kind}
    if api is Api.MESSAGES:
        return as_json({"type": "error", "error": shown, "request_id": IDS["request-id"]}, status, headers)
    return as_json({"error": {**shown, "param": None, "code": code}}, status, headers)
