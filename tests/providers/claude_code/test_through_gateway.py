"""A client asks the gateway, the gateway the real CLI, and the CLI the simulated Messages API: the whole way, both dialects."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

import asgi
import judges
import outside
import whole
from isthmus.core.secret import Secret
from isthmus.providers.claude_code.options import INTERACTIVE, Options
from isthmus.providers.claude_code.provider import ClaudeCode
from isthmus.server.sources import Source
from isthmus.transport.crew import Crew
from isthmus.transport.http import Http, Limits
from isthmus.transport.programs import Programs
from isthmus.transport.rehearsal import rehearse
from isthmus.transport.workers import CrewRules
from simulators.anthropic_api import AnthropicApi

pytestmark = [pytest.mark.judge, pytest.mark.slow]

OPUS = "claude-opus-5-5"
HELLO = "Hello from Claude, simulated: Grüße, 你好, 🙂 and one last word."
WEATHER = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
NOWHERE_ELSE = {"HTTPS_PROXY": Secret(outside.NOBODY_LISTENS), "NO_PROXY": Secret("127.0.0.1")}
CALLS = '[[sim: tool weather {"city":"Paris"}]] [[sim: tool weather {"city":"Rome"}]]'


@dataclass
class Way:
    app: Any
    api: AnthropicApi
    crew: Crew
    provider: ClaudeCode

    async def chat(self, *messages: dict[str, Any], **fields: Any) -> asgi.Reply:
        body = {"model": OPUS, "messages": list(messages), **fields}
        return await asgi.ask(self.app, "POST", "/v1/chat/completions", body)

    async def messages(self, *messages: dict[str, Any], **fields: Any) -> asgi.Reply:
        body = {"model": OPUS, "max_tokens": 900, "messages": list(messages), **fields}
        return await asgi.ask(self.app, "POST", "/v1/messages", body)


@pytest.fixture(params=["one_shot", INTERACTIVE])
async def way(request: pytest.FixtureRequest) -> AsyncIterator[Way]:
    async with AnthropicApi() as api, Http() as http, Programs() as programs:
        options = Options(mode=request.param, environment=NOWHERE_ELSE)
        provider = ClaudeCode(options=options, api_key=Secret(api.key), base_url=api.base_url)
        crew = programs.crew("claude-code", CrewRules(), judges.claude_cli)
        source = Source(provider, http.channel(Limits()), crew=crew)
        yield Way(whole.gateway(source), api, crew, provider)


def user(content: object) -> dict[str, Any]:
    return {"role": "user", "content": content}


async def test_a_question_is_answered_in_both_dialects(way: Way) -> None:
    chat = await way.chat(user("Hi @/etc/hostname"))
    assert chat.json["choices"][0]["message"]["content"] == HELLO
    assert chat.json["usage"]["completion_tokens"] == 20
    messages = await way.messages(user("Hi"))
    assert [block["text"] for block in messages.json["content"]] == [HELLO]
    assert messages.json["stop_reason"] == "end_turn"


async def test_an_answer_is_streamed_in_pieces(way: Way) -> None:
    reply = await way.chat(user("Hi"), stream=True)
    chunks = [json.loads(line[6:]) for line in reply.body.decode().splitlines() if line.startswith("data: {")]
    pieces = [chunk["choices"][0]["delta"].get("content") for chunk in chunks if chunk["choices"]]
    assert "".join(piece for piece in pieces if piece) == HELLO
    assert len([piece for piece in pieces if piece]) > 3


async def test_a_client_runs_its_tools_and_comes_back(way: Way) -> None:
    tools = [{"type": "function", "function": WEATHER}]
    first = (await way.chat(user(CALLS), tools=tools)).json["choices"][0]
    assert first["finish_reason"] == "tool_calls"
    calls = first["message"]["tool_calls"]
    assert [json.loads(call["function"]["arguments"])["city"] for call in calls] == ["Paris", "Rome"]
    # Ids of another gateway's making, as a client that has changed its upstream brings them.
    foreign = [{**call, "id": f"call:{number}/x"} for number, call in enumerate(calls)]
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": f"sunny {call['id']}"} for call in foreign
    ]
    spoke = {"role": "assistant", "content": None, "tool_calls": foreign}
    second = await way.chat(user(CALLS), spoke, *results, tools=tools)
    assert second.json["choices"][0]["message"]["content"] == "The tool said: sunny call:1/x"


@pytest.mark.parametrize(
    ("marker", "status", "kind"),
    [
        ("once 429", 429, "rate_limit_error"),
        ("overflow", 400, "invalid_request_error"),
        ("once 401", 502, "api_error"),
    ],
)
async def test_a_failure_is_told_in_the_client_s_dialect(
    marker: str, status: int, kind: str, way: Way
) -> None:
    reply = await way.messages(user(f"[[sim: {marker}]]"))
    assert (reply.status, reply.json["error"]["type"]) == (status, kind)


async def test_a_conversation_goes_on(way: Way) -> None:
    talk = [user("Hi")]
    for number in range(3):
        reply = await way.messages(*talk)
        assert reply.status == 200
        talk += [{"role": "assistant", "content": reply.json["content"]}, user(f"And {number}?")]
    kept = way.crew.figures().started == 1
    assert kept is (way.provider._account.options.mode == INTERACTIVE)
    body = [request.json for request in way.api.requests][-1]
    assert isinstance(body, dict)
    roles = [message["role"] for message in body["messages"] if message["role"] != "system"]
    assert roles == ["user", "assistant"] * 2 + ["user"]


async def test_the_self_test_can_be_held_by_the_gateway(way: Way) -> None:
    way.provider._learn(can_tell=False)
    await rehearse(way.provider.try_out(), way.crew)
    assert way.provider.learned.can_tell
    assert not way.api.requests
