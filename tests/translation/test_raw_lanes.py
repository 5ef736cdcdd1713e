"""Client and upstream speak the same dialect: REQ-24 and REQ-27, and answers that arrive as they were sent."""

from __future__ import annotations

import json

import pytest

from asgi import ask
from simulators.anthropic_behaviours import THINKING
from simulators.anthropic_signatures import redacted_data, signature
from translation.room import Claude, Json, Vendor, legal, opened
from translation.words import user

MODEL = "claude-opus-4-8"
ODD_MESSAGES = (
    b'{ "max_tokens":100 ,\n\t"messages" : [ {"role":"user","content":"hello \\u00e9 [[sim: thinking]]"} ],'
    b'"model":"%b" , "thinking": {"type":"adaptive"},"stream":%b, "system":[{"type":"text",'
    b'"text":"x-anthropic-billing-header: cc_version=2.1.330.abc;"}] }\n'
)
ODD_CHAT = b'{ "messages" : [ {"role":"user","content":"hello \\u00e9"} ],\n "seed": 1.0e0,"model" :"%b" , "stream":%b }'
streaming = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "plain"])


def word(stream: bool) -> bytes:
    return b"true" if stream else b"false"


@streaming
async def test_req_24_messages_to_anthropic_are_not_touched(stream: bool) -> None:
    body = ODD_MESSAGES % (MODEL.encode(), word(stream))
    async with opened(Claude(MODEL)) as room:
        headers = {
            "anthropic-version": "2023-06-01",
            "anthropic-beta": "of-tomorrow-2027-01-01,effort-2025-11-24",
            "x-api-key": "the-clients-own",
            "user-agent": "a client/1.0",
        }
        reply = await ask(room.gateway, "POST", "/v1/messages?beta=true", body, headers)
        assert reply.status == 200
        assert room.last.body == body
        seen = room.last.headers
        assert seen["anthropic-beta"] == headers["anthropic-beta"]
        assert seen["anthropic-version"] == "2023-06-01"
        assert seen["user-agent"] == "a client/1.0"
        assert seen["x-api-key"] == room.upstream.key
        assert "the-clients-own" not in str(seen)
        assert reply.headers["request-id"].startswith("req_")
        assert "anthropic-organization-id" not in reply.headers
        assert "cf-ray" not in reply.headers
        assert b"msg_sim" in reply.body


@streaming
async def test_req_24_only_the_models_name_is_exchanged(stream: bool) -> None:
    settings = {"models": {"mine": MODEL}}
    async with opened(Claude("mine", settings=settings)) as room:
        await ask(room.gateway, "POST", "/v1/messages", ODD_MESSAGES % (b"mine", word(stream)))
        assert room.last.body == ODD_MESSAGES % (MODEL.encode(), word(stream))


@streaming
async def test_req_24_chat_to_a_chat_vendor_is_not_touched(stream: bool) -> None:
    async with opened(Vendor(model="sim-text")) as room:
        body = ODD_CHAT % (b"sim-text", word(stream))
        reply = await ask(room.gateway, "POST", "/v1/chat/completions", body)
        assert reply.status == 200
        assert room.last.body == body
        assert room.last.headers["authorization"] == f"Bearer {room.upstream.key}"
        assert b"chatcmpl-sim" in reply.body
    async with opened(Vendor(model="mine", settings={"models": {"mine": "sim-text"}})) as room:
        await ask(room.gateway, "POST", "/v1/chat/completions", ODD_CHAT % (b"mine", word(stream)))
        assert room.last.body == ODD_CHAT % (b"sim-text", word(stream))


async def test_thinking_comes_home_unchanged() -> None:
    thought = {"type": "thinking", "thinking": THINKING, "signature": signature(MODEL, THINKING)}
    redacted = {"type": "redacted_thinking", "data": redacted_data(MODEL, "secret")}
    talk: list[Json] = [
        user("hello"),
        {"role": "assistant", "content": [thought, redacted, {"type": "text", "text": "hi"}]},
        user("and?"),
    ]
    async with opened(Claude(MODEL)) as room:
        reply = await room.messages({"anthropic-version": "2023-06-01"}, messages=talk)
        assert reply.status == 200
        assert room.sent["messages"] == talk


async def test_req_27_what_the_vendor_refuses_is_its_own_to_say() -> None:
    async with opened(Claude(MODEL)) as room:
        reply = await room.messages({"anthropic-version": "2023-06-01"}, a_field_of_tomorrow=1)
        assert reply.status == 400
        assert "a_field_of_tomorrow: Extra inputs are not permitted" in reply.json["error"]["message"]
    async with opened(Vendor()) as room:
        reply = await room.chat(a_field_of_tomorrow=1)
        assert reply.status == 400
        assert "a_field_of_tomorrow" in reply.json["error"]["message"]


@pytest.mark.parametrize("version", [None, "2023-06-01", "2026-10-21"])
async def test_the_version_is_the_clients_or_the_older_one(version: str | None) -> None:
    async with opened(Claude(MODEL)) as room:
        headers = {} if version is None else {"anthropic-version": version}
        assert (await room.messages(headers)).status == 200
        assert room.last.headers["anthropic-version"] == version or version is None


async def test_rsp_05_a_plain_answer_to_a_stream_request_becomes_a_stream() -> None:
    async with opened(Vendor(model="sim-json-for-stream")) as room:
        reply = legal(await room.chat(stream=True))
        assert reply.headers["content-type"].startswith("text/event-stream")
        assert reply.body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("model", ["sim-cut-mid-text", "sim-end-mid-text", "sim-error-in-stream"])
async def test_str_15_and_16_a_broken_chat_stream_ends_in_an_error(model: str) -> None:
    async with opened(Vendor(model=model)) as room:
        reply = await room.chat(stream=True)
        assert reply.status == 200
        frames = [line for line in reply.body.decode().splitlines() if line.startswith("data: ")]
        assert "error" in json.loads(frames[-1].removeprefix("data: "))
        assert b"[DONE]" not in reply.body


@pytest.mark.parametrize("marker", ["cut", "error"])
async def test_str_15_and_16_a_broken_messages_stream_ends_in_an_error(marker: str) -> None:
    async with opened(Claude(MODEL)) as room:
        headers = {"anthropic-version": "2023-06-01"}
        reply = await room.messages(headers, messages=[user(f"hello [[sim: {marker}]]")], stream=True)
        assert reply.status == 200
        assert b"message_stop" not in reply.body
        assert reply.body.rstrip().splitlines()[-2] == b"event: error"
