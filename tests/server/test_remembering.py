"""A conversation that goes on by its id: what the model is told, what is kept, and what is not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from asgi import Reply, ask
from assembled import Script, logged, script
from cli.gateways import gateway
from isthmus.cli.running import Running
from isthmus.control.people import Role as Person
from isthmus.core.conversation import Opaque, Role, Text, Thinking, ToolCall, ToolResult, Turn
from isthmus.core.errors import UpstreamError
from isthmus.core.events import (
    BlockStarted,
    BlockStopped,
    Event,
    Failed,
    Finished,
    Started,
    Stop,
    TextDelta,
    TextHead,
    ToolHead,
)
from isthmus.core.fold import SaidCall, SaidText
from isthmus.dialects.anthropic.lint import lint as lint_messages
from isthmus.dialects.openai_chat.lint import lint as lint_chat
from isthmus.server.remembering import MAX_BODY_BYTES, Listening, new_turns

PATH = "/v1/conversations"
CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
Json = dict[str, Any]
EVERYWHERE = pytest.mark.parametrize("path", [CHAT, MESSAGES])
HOWS = pytest.mark.parametrize("stream", [False, True])


class Talk:
    """A conversation begun at a gateway."""

    def __init__(self, running: Running, id: str) -> None:
        self.app, self.id = running.live.gateway, id

    @classmethod
    async def begin(cls, running: Running, **fields: Any) -> Talk:
        reply = await ask(running.live.gateway, "POST", PATH, fields)
        return cls(running, reply.json["id"])

    async def send(
        self,
        path: str,
        messages: list[Json],
        model: str,
        headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> Reply:
        named = {} if headers else {"conversation_id": self.id}
        body = {"model": model, "max_tokens": 1000, "messages": messages, **named, **fields}
        return await ask(self.app, "POST", path, body, headers)

    async def say(
        self, text: str = "hello", model: str = "dummy-text", path: str = CHAT, **fields: Any
    ) -> Reply:
        return await self.send(path, [{"role": "user", "content": text}], model, **fields)

    async def kept(self) -> list[str]:
        """What is remembered, as `role text`."""
        found = (await ask(self.app, "GET", f"{PATH}/{self.id}")).json["messages"]
        return [
            f"{each['role']} {''.join(part.get('text', '') for part in each['content'])}" for each in found
        ]


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with gateway(tmp_path) as (opened, _):
        yield opened


@pytest.fixture
async def talk(running: Running) -> Talk:
    return await Talk.begin(running, system="be kind")


def text_of(reply: Reply, path: str) -> str:
    """Of a plain answer or of a stream."""
    if reply.headers["content-type"] == "application/json":
        said = reply.json
        text: str = said["choices"][0]["message"]["content"] if path == CHAT else said["content"][0]["text"]
        return text
    frames = [json.loads(each) for each in data_of(reply)]
    if path == CHAT:
        deltas = [each["choices"][0]["delta"] for each in frames if each["choices"]]
        return "".join(each.get("content") or "" for each in deltas)
    return "".join(each["delta"].get("text", "") for each in frames if each["type"] == "content_block_delta")


def data_of(reply: Reply) -> list[str]:
    lines = reply.body.decode().splitlines()
    return [each[6:] for each in lines if each.startswith("data: ") and each != "data: [DONE]"]


def told(reply: Reply, path: str) -> Json:
    """The request as `dummy-echo` got it."""
    found: Json = json.loads(text_of(reply, path))
    return found


def words(echo: Json) -> list[str]:
    return [
        f"{each['role']} {''.join(part.get('text', '') for part in each['blocks'])}" for each in echo["turns"]
    ]


@HOWS
@EVERYWHERE
async def test_a_client_sends_what_is_new(talk: Talk, path: str, stream: bool) -> None:
    first = await talk.say("one", path=path, stream=stream)
    assert (first.status, first.headers["x-conversation-id"]) == (200, talk.id)
    heard = ["user one", f"assistant {text_of(first, path)}"]
    assert await talk.kept() == heard
    second = await talk.say("two", "dummy-echo", path, stream=stream)
    echo = told(second, path)
    assert words(echo) == [*heard, "user two"]
    assert (echo["system"], echo["parameters"]["session"]) == (["be kind"], talk.id)
    assert "conversation_id" not in json.dumps(echo["parameters"])
    assert await talk.kept() == [*heard, "user two", f"assistant {text_of(second, path)}"]


@EVERYWHERE
async def test_the_answer_names_its_conversation(talk: Talk, path: str) -> None:
    assert (await talk.say(path=path)).json["conversation_id"] == talk.id
    streamed = await talk.say(path=path, stream=True)
    frames = [json.loads(each) for each in data_of(streamed)]
    if path == CHAT:
        assert {each["conversation_id"] for each in frames} == {talk.id}
        assert lint_chat(streamed.body) == []
    else:
        assert frames[0]["message"]["conversation_id"] == talk.id
        assert lint_messages(streamed.body) == []


@EVERYWHERE
async def test_a_header_does_as_well(talk: Talk, path: str) -> None:
    headers = {"x-conversation-id": talk.id}
    for _ in range(2):
        assert (await talk.say(path=path, headers=headers)).headers["x-conversation-id"] == talk.id
    assert len(await talk.kept()) == 4


@EVERYWHERE
async def test_all_of_it_may_be_sent_again(talk: Talk, path: str) -> None:
    said = [{"role": "user", "content": "one"}]
    for text in ("two", "three"):
        reply = await talk.send(path, said, "dummy-text")
        said += [{"role": "assistant", "content": text_of(reply, path)}, {"role": "user", "content": text}]
    reply = await talk.send(path, said, "dummy-echo")
    assert words(told(reply, path)) == [f"{each['role']} {each['content']}" for each in said]
    assert len(await talk.kept()) == 6


@EVERYWHERE
async def test_something_must_be_new(talk: Talk, path: str) -> None:
    answer = text_of(await talk.say("one", path=path), path)
    again = [{"role": "user", "content": "one"}, {"role": "assistant", "content": answer}]
    reply = await talk.send(path, again, "dummy-text")
    assert reply.status == 400
    assert "nothing in them is new" in reply.json["error"]["message"]
    assert len(await talk.kept()) == 2


async def test_the_request_may_have_a_system_text_of_its_own(talk: Talk) -> None:
    echo = told(await talk.say("hi", "dummy-echo", MESSAGES, system="be quick"), MESSAGES)
    assert echo["system"] == ["be quick"]
    echo = told(await talk.say("hi", "dummy-echo", MESSAGES), MESSAGES)
    assert echo["system"] == ["be kind"]


@HOWS
@EVERYWHERE
@pytest.mark.parametrize(
    "model", ["dummy-cut-text", "dummy-cut-tool", "dummy-429", "dummy-garbage", "dummy-empty"]
)
async def test_what_broke_off_is_not_kept(talk: Talk, path: str, stream: bool, model: str) -> None:
    tool = {"name": "look", "input_schema": {"type": "object"}}
    wrapped = tool if path == MESSAGES else {"type": "function", "function": {"name": "look"}}
    await talk.say("one", model, path, stream=stream, tools=[wrapped])
    assert await talk.kept() == []
    assert (await talk.say("two", path=path)).status == 200
    assert len(await talk.kept()) == 2


@EVERYWHERE
async def test_tools_go_on_where_they_were(talk: Talk, path: str) -> None:
    schema = {"type": "object", "properties": {}}
    if path == CHAT:
        tools: list[Json] = [{"type": "function", "function": {"name": "look", "parameters": schema}}]
        called = await talk.say("look", "dummy-parallel-tools", path, tools=tools)
        ids = [each["id"] for each in called.json["choices"][0]["message"]["tool_calls"]]
        heard = [{"role": "tool", "tool_call_id": id, "content": "18"} for id in ids]
    else:
        tools = [{"name": "look", "input_schema": schema}]
        called = await talk.say("look", "dummy-parallel-tools", path, tools=tools)
        ids = [each["id"] for each in called.json["content"] if each["type"] == "tool_use"]
        results = [{"type": "tool_result", "tool_use_id": id, "content": "18"} for id in ids]
        heard = [{"role": "user", "content": results}]
    echo = told(await talk.send(path, heard, "dummy-echo", tools=tools), path)
    kinds = [[block["kind"] for block in each["blocks"]] for each in echo["turns"]]
    assert kinds[0] == ["text"]
    assert kinds[1][-2:] == ["tool_call"] * 2
    assert kinds[2] == ["tool_result"] * 2


async def test_the_oldest_go_and_that_is_said(tmp_path: Path) -> None:
    limited = {"providers": {"dummy": {"type": "dummy"}}, "conversations": {"max_history_messages": 4}}
    async with gateway(tmp_path, limited) as (running, _):
        talk = await Talk.begin(running)
        for at in range(3):
            reply = await talk.say(f"question {at}")
        assert reply.headers["x-isthmus-loss"] == "messages=dropped(the oldest 2 of the conversation)"
        echo = await talk.say("last", "dummy-echo")
        assert [each for each in words(told(echo, CHAT)) if each.startswith("user")] == [
            "user question 2",
            "user last",
        ]
        assert [each for each in await talk.kept() if each.startswith("user")] == [
            "user question 2",
            "user last",
        ]


async def test_who_asks_meanwhile_is_told_to_wait(talk: Talk) -> None:
    first = asyncio.create_task(talk.say("one", "dummy-silent-1"))
    while not talk.app.endpoints.active:
        await asyncio.sleep(0.01)
    second = await talk.say("two")
    assert (second.status, second.headers["retry-after"]) == (409, "1")
    assert second.json["error"]["code"] == "conflict"
    assert (await first).status == 200
    assert (await talk.say("two")).status == 200
    assert [each for each in await talk.kept() if each.startswith("user")] == ["user one", "user two"]


@HOWS
async def test_of_two_gateways_the_slower_is_refused(tmp_path: Path, stream: bool) -> None:
    async with gateway(tmp_path) as (one, _), gateway(tmp_path) as (two, _):
        slow = await Talk.begin(one)
        quick = Talk(two, slow.id)
        first = asyncio.create_task(slow.say("one", "dummy-silent-1", stream=stream))
        while not slow.app.endpoints.active:
            await asyncio.sleep(0.01)
        assert (await quick.say("two")).status == 200
        refused = await first
        assert b"was changed by another request" in refused.body
        assert stream or refused.status == 409
        assert b"[DONE]" not in refused.body
        assert [each for each in await slow.kept() if each.startswith("user")] == ["user two"]


async def test_a_client_that_leaves_leaves_it_as_it_was(talk: Talk) -> None:
    body = json.dumps(
        {
            "model": "dummy-slow",
            "stream": True,
            "conversation_id": talk.id,
            "messages": [{"role": "user", "content": "one"}],
        }
    ).encode()
    begun = asyncio.Event()
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Json:
        if waiting:
            return waiting.pop()
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message.get("body"):
            begun.set()

    scope = {
        "type": "http",
        "method": "POST",
        "path": CHAT,
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:8000")],
        "client": ("127.0.0.1", 50_000),
    }
    await asyncio.wait_for(talk.app(scope, receive, send), 20)
    assert begun.is_set()
    assert await talk.kept() == []
    assert (await talk.say("two")).status == 200


async def test_an_id_that_is_none_is_not_passed_over(talk: Talk) -> None:
    for id in (5, ["a"], "conv_x", ""):
        assert (await talk.say(conversation_id=id)).status == 404
    assert "x-conversation-id" not in (await talk.say(conversation_id=None)).headers


async def test_there_is_room_for_so_much(talk: Talk) -> None:
    reply = await talk.say("x" * MAX_BODY_BYTES)
    assert reply.status == 413
    assert "without conversation_id" in reply.json["error"]["message"]


async def test_the_cache_has_nothing_to_do_with_it(tmp_path: Path) -> None:
    cached = {"providers": {"dummy": {"type": "dummy"}}, "cache": {"enabled": True}}
    async with gateway(tmp_path, cached) as (running, _):
        talk = await Talk.begin(running)
        headers = {"x-conversation-id": talk.id}
        replies = [await talk.say("same", headers=headers) for _ in range(2)]
        assert all("x-isthmus-cache" not in each.headers for each in replies)
        assert len(await talk.kept()) == 4


async def test_the_log_says_which_and_never_what(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async with gateway(tmp_path) as (running, stores):
        root: Script = await script(running, stores, Person.ADMIN)
        talk = await Talk.begin(running, title="a nightingale")
        await talk.say("a nightingale sings")
        await logged(running, 2)
        rows = (await root("GET", "/v2/logs")).json["items"]
        assert any(f"conversation {talk.id}" in each["notes"] for each in rows if each["notes"])
        assert "nightingale" not in json.dumps(rows)
    stored = contents(tmp_path)
    assert stored
    assert not any(b"nightingale" in each for each in stored)
    out, err = capfd.readouterr()
    assert "nightingale" not in out + err


def contents(folder: Path) -> list[bytes]:
    return [each.read_bytes() for each in folder.rglob("*") if each.is_file()]


SAID: list[Event] = [
    Started(),
    BlockStarted(TextHead()),
    TextDelta("hi"),
    BlockStopped(),
    BlockStarted(ToolHead("", "look")),
    BlockStopped(),
    BlockStarted(ToolHead("own", "look")),
    BlockStopped(),
]


def test_calls_without_an_id_get_one_that_both_sides_know() -> None:
    listening, events = Listening("call_x"), [*SAID, Finished(Stop.TOOL_USE)]
    listening.hear(events)
    assert listening.said() == (
        SaidText("hi"),
        SaidCall("call_x0000", "look", "{}"),
        SaidCall("own", "look", "{}"),
    )
    heads = [each.head for each in events if isinstance(each, BlockStarted)]
    assert heads == [TextHead(), ToolHead("call_x0000", "look"), ToolHead("own", "look")]


def test_the_session_of_an_answer_is_heard() -> None:
    listening = Listening("call_x")
    listening.hear([*SAID])
    assert listening.session == b""
    listening.hear([Finished(Stop.END_TURN, session=b"s")])
    assert listening.session == b"s"
    assert "b's'" not in repr(Finished(Stop.END_TURN, session=b"s"))


def test_nothing_is_said_until_all_is() -> None:
    listening = Listening("call_x")
    listening.hear([*SAID])
    assert listening.said() is None
    listening.hear([Failed(UpstreamError("broken"))])
    assert listening.said() is None


QUESTION, ANSWER = Turn(Role.USER, (Text("q"),)), Turn(Role.ASSISTANT, (Text("a"),))
NEXT = Turn(Role.USER, (Text("n"),))
CALL = Turn(
    Role.ASSISTANT, (Thinking("hm", Opaque("anthropic", "signature", "x")), ToolCall("1", "look", "{}"))
)
RESULT = Turn(Role.USER, (ToolResult("1", (Text("18"),)),))


@pytest.mark.parametrize(
    ("before", "asked", "new"),
    [
        ((), (QUESTION,), (QUESTION,)),
        ((), (QUESTION, ANSWER, NEXT), (QUESTION, ANSWER, NEXT)),
        ((QUESTION, ANSWER), (NEXT,), (NEXT,)),
        ((QUESTION, ANSWER), (QUESTION, ANSWER, NEXT), (NEXT,)),
        ((QUESTION, ANSWER), (QUESTION, ANSWER), ()),
        # The same question once more is one, and an answer of the same words elsewhere is another.
        ((QUESTION, ANSWER), (QUESTION,), (QUESTION,)),
        ((QUESTION, ANSWER), (NEXT, ANSWER, QUESTION), (NEXT, ANSWER, QUESTION)),
        ((QUESTION, ANSWER, QUESTION, ANSWER), (QUESTION, ANSWER, QUESTION, ANSWER, NEXT), (NEXT,)),
        # Clients send calls back without what was thought before.
        ((QUESTION, CALL), (QUESTION, Turn(Role.ASSISTANT, CALL.blocks[1:]), RESULT), (RESULT,)),
        ((QUESTION, CALL), (RESULT,), (RESULT,)),
    ],
)
def test_what_is_new(before: tuple[Turn, ...], asked: tuple[Turn, ...], new: tuple[Turn, ...]) -> None:
    assert new_turns(before, asked) == new
