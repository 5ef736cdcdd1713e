"""Turns of a conversation: what they need, what they say, what they cost."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import pytest

from isthmus.simulators.claude_web.conversations import ROOT
from isthmus.simulators.claude_web.limits import AHEAD_S
from simulators.claude_web.visitor import NOW_S, Visitor, visiting


async def test_a_turn_is_told_in_events_that_end() -> None:
    async with visiting() as (_, anna):
        answer = await anna.turn("Human: Reply with the single word pong and nothing else.")
        assert answer.status == 200 and answer.headers["content-type"].startswith("text/event-stream")
        assert (answer.text, answer.stop) == ("pong", "end_turn")
        assert answer.types[0] == "message_start"
        assert answer.types[-3:] == ["message_delta", "message_limit", "message_stop"]
        assert not answer.deltas("thinking_delta")


async def test_an_older_rendering_is_text_alone() -> None:
    async with visiting() as (_, anna):
        answer = await anna.turn("Write exactly this and nothing else: Nile and Amazon", rendering_mode="raw")
        assert answer.text == "Nile and Amazon"
        assert {event["model"] for event in answer.events} == {"claude-x"}
        assert answer.events[-1]["stop_reason"] == "stop_sequence"


@pytest.mark.parametrize(
    ("fields", "thinks"),
    [
        ({}, False),
        ({"thinking_mode": "off", "effort": "low"}, False),
        ({"thinking_mode": "extended", "effort": "medium"}, True),
        ({"thinking_mode": "auto", "effort": "low"}, False),
        ({"thinking_mode": "auto", "effort": "high"}, True),
        ({"create_conversation_params": {"name": "", "paprika_mode": "extended"}}, True),
    ],
)
async def test_thoughts_come_only_when_asked_for(fields: dict[str, Any], thinks: bool) -> None:
    async with visiting() as (_, anna):
        answer = await anna.turn("Hi", **fields)
        assert bool(answer.deltas("thinking_delta")) is thinks
        assert bool(answer.deltas("thinking_summary_delta")) is thinks


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"max_tokens": 5}, 400, "max_tokens: Extra inputs are not permitted"),
        ({"prompt": ""}, 400, "prompt: "),
        ({"files": ["3f8d8f0e-6f51-4d0e-8a2b-0c9a7e6d5b41"]}, 400, "files: no file has the uuid"),
        ({"model": "claude-nine"}, 400, "model: claude-nine"),
        ({"model": "claude-opus-4-8"}, 403, "Opus 4.8 is not available"),
        ({"create_conversation_params": {"name": "", "model": "claude-opus-4-8"}}, 403, "not available"),
        ({"parent_message_uuid": str(uuid.uuid4())}, 400, "parent_message_uuid: "),
        ({"prompt": "x" * 800_004}, 400, "prompt is too long: 200001 tokens > 200000 maximum"),
        ({"prompt": "[[sim: nonsense]]"}, 400, "prompt: no scenario 'nonsense'"),
    ],
)
async def test_what_is_refused_leaves_nothing_behind(fields: dict[str, Any], status: int, words: str) -> None:
    async with visiting("free") as (_, anna):
        prompt = fields.get("prompt", "Hi")
        answer = await anna.turn(prompt, **{name: fields[name] for name in fields if name != "prompt"})
        assert answer.status == status and words in answer.error["message"]
        assert len(anna.account.conversations) == 0
        assert (await anna.turn("Hi")).events[-2]["message_limit"]["windows"]["5h"]["utilization"] == 1 / 40


async def test_a_turn_needs_a_conversation() -> None:
    async with visiting() as (_, anna):
        assert (await anna.turn("Hi", str(uuid.uuid4()))).status == 404
        inline = {"name": "", "is_temporary": True}
        id = str(uuid.uuid4())
        assert (await anna.turn("Hi", id, create_conversation_params=inline)).status == 200
        assert (await anna.turn("Hi", id, create_conversation_params=inline)).status == 409
        assert (await anna.ask("GET", anna.chats)).json == []
        assert (await anna.turn("Hi", "no-uuid", create_conversation_params=inline)).status == 400


async def test_a_conversation_goes_on_from_any_answer() -> None:
    async with visiting() as (_, anna):
        chat = await anna.create()
        ids = [str(uuid.uuid4()) for _ in range(4)]
        named = [
            {"human_message_uuid": human, "assistant_message_uuid": answer}
            for human, answer in (ids[:2], ids[2:])
        ]
        first = await anna.turn("Human: One", chat, parent_message_uuid=ROOT, turn_message_uuids=named[0])
        assert first.events[0]["message"]["uuid"] == ids[1]
        assert first.events[0]["message"]["parent_uuid"] == ids[0]
        await anna.turn("Human: Two", chat, parent_message_uuid=ids[1], turn_message_uuids=named[1])
        await anna.turn("Human: Other two", chat, parent_message_uuid=ids[1])
        echo = await anna.turn("[[sim: understood]]", chat, parent_message_uuid=ids[3])
        said = [message["content"] for message in json.loads(echo.text)["messages"]]
        assert said == ["One", "You said: One", "Two", "You said: Two", "[[sim: understood]]"]
        shown = (await anna.ask("GET", f"{anna.chats}/{chat}?tree=True")).json
        assert len(shown["chat_messages"]) == 8
        assert shown["current_leaf_message_uuid"] == shown["chat_messages"][-1]["uuid"]
        leaf = (await anna.ask("GET", f"{anna.chats}/{chat}")).json["chat_messages"]
        assert [message["text"] for message in leaf[::2]] == [
            "Human: One",
            "Human: Two",
            "[[sim: understood]]",
        ]
        twice = await anna.turn("Human: Three", chat, turn_message_uuids=named[1])
        assert twice.status == 409


async def test_an_answer_is_given_again() -> None:
    async with visiting() as (_, anna):
        chat = await anna.create()
        retry = f"{anna.chats}/{chat}/retry_completion"
        assert (await anna.ask("POST", retry, json={})).status == 400
        await anna.turn("Human: One", chat)
        again = await anna.ask("POST", retry, json={"timezone": "Etc/UTC"})
        assert again.text == "You said: One"
        messages = anna.account.conversations.get(anna.account.org.uuid, chat).messages.values()
        assert [message.sender for message in messages] == ["human", "assistant", "assistant"]
        assert len({message.parent for message in messages}) == 2


async def test_the_quota_is_used_up_and_comes_back() -> None:
    async with visiting(allowances={"5h": 10}) as (simulator, anna):
        kinds = [(await anna.turn("Hi")).events[-2]["message_limit"]["type"] for _ in range(10)]
        assert kinds == ["within_limit"] * 8 + ["approaching_limit", "exceeded_limit"]
        refused = await anna.turn("Hi")
        limit = json.loads(refused.error["message"])
        assert (refused.status, limit["type"], limit["resetsAt"]) == (429, "exceeded_limit", NOW_S + 18000)
        usage = (await anna.ask("GET", f"/api/organizations/{anna.account.org.uuid}/usage")).json
        assert usage["five_hour"]["utilization"] == 100.0
        simulator.clock.set(limit["resetsAt"] - 1)
        assert (await anna.turn("Hi")).status == 429
        simulator.clock.advance(1)
        assert (await anna.turn("Hi")).status == 200


async def test_only_the_family_that_is_used_up_is_refused() -> None:
    async with visiting("max") as (_, anna):
        anna.account.quota.use_up(NOW_S, "7d_opus")
        opus = await anna.turn("Hi", model="claude-opus-4-8")
        assert json.loads(opus.error["message"])["perModelLimit"] is True
        assert (await anna.turn("Hi", model="claude-sonnet-5")).status == 200


async def test_so_many_answers_at_once_and_no_more() -> None:
    async with visiting(concurrency=1) as (_, anna):
        slow = asyncio.create_task(anna.turn("[[sim: silent 0.3]]"))
        while not anna.account.streaming:
            await asyncio.sleep(0.01)
        refused = await anna.turn("Hi")
        assert refused.status == 429
        assert json.loads(refused.error["message"])["representativeClaim"] == "concurrents"
        assert (await slow).stop == "end_turn"
        assert (await anna.turn("Hi")).status == 200


async def test_a_client_that_leaves_is_noticed_and_its_place_given_back() -> None:
    async with visiting(concurrency=1) as (simulator, anna):
        chat = await anna.create()
        leaving = asyncio.create_task(anna.turn("[[sim: slow 0.05]]", chat))
        while not anna.account.streaming:
            await asyncio.sleep(0.01)
        leaving.cancel()
        while anna.account.streaming:
            await asyncio.sleep(0.01)
        (entry,) = simulator.journal.of("completion")
        assert entry.outcome == "left"
        talk = anna.account.conversations.get(anna.account.org.uuid, chat)
        assert [message.stop_reason for message in talk.messages.values()] == [None, "user_canceled"]


TOOLS = (
    'System: Call tools so: <tool_call>{"name": …, "arguments": …}</tool_call>. These there are:\n'
    '{"name": "get_weather", "description": "Tells it.", "input_schema": {"type": "object", '
    '"properties": {"city": {"type": "string"}}, "required": ["city"]}}'
)


async def test_a_client_can_work_with_tools_of_its_own() -> None:
    async with visiting() as (_, anna):
        ask = f"{TOOLS}\n\nHuman: What is the weather in Paris and in Rome? Call get_weather once for each city."
        calls = (await anna.turn(ask)).text
        assert calls.count("<tool_call>") == 2 and '{"city": "Rome"}' in calls
        results = '<tool_result tool_call_id="1">sunny</tool_result>\n<tool_result tool_call_id="2">rain</tool_result>'
        last = await anna.turn(f"{ask}\n\nAssistant: {calls}\n\nHuman: {results}")
        assert last.text == "The tool said: sunny rain"


async def test_a_long_history_is_read_from_an_attachment() -> None:
    async with visiting() as (_, anna):
        text = "Human: größer\n\nAssistant: …\n\nHuman: Reply with the word pong."
        attachment = {
            "file_name": "context.txt",
            "file_type": "text/plain",
            "file_size": len(text.encode()),
            "extracted_content": text,
        }
        answer = await anna.turn("Take the assistant's part in context.txt.", attachments=[attachment])
        assert answer.text == "pong"


@pytest.mark.parametrize("words", ["search", "artifact", "big 200"])
async def test_tools_of_the_service_are_told_whole(words: str) -> None:
    async with visiting() as (_, anna):
        answer = await anna.turn(f"[[sim: {words}]]")
        kinds = [
            event["content_block"]["type"]
            for event in answer.events
            if event["type"].endswith("_start") and "index" in event
        ]
        assert "tool_use" in kinds and "tool_result" in kinds and answer.stop == "end_turn"
        parts: dict[int, str] = {}
        for event in answer.events:
            if event.get("delta", {}).get("type") == "input_json_delta":
                parts[event["index"]] = parts.get(event["index"], "") + event["delta"]["partial_json"]
        assert [type(json.loads(each)) for each in parts.values()] == [dict, list]
        if words == "search":
            assert len(answer.deltas("citation_start_delta")) == len(answer.deltas("citation_end_delta")) == 1
        longest = max(map(len, answer.body.split(b"\n")))
        assert (longest > 200 * 1024) is (words == "big 200")


async def test_a_fault_in_the_prompt_befalls_that_turn_alone() -> None:
    async with visiting() as (_, anna):
        refused = await anna.turn("Human: [[sim: F9]]")
        assert (refused.status, refused.headers["retry-after"]) == (429, str(AHEAD_S))
        assert (await anna.turn("Human: Hi")).status == 200


async def other_account_cannot_see(anna: Visitor, ben: Visitor, chat: str) -> None:
    assert (await ben.ask("GET", f"{anna.chats}/{chat}")).status == 403
    assert (await ben.ask("GET", f"{ben.chats}/{chat}")).status == 404


async def test_nobody_reads_anothers_conversation() -> None:
    async with visiting() as (simulator, anna):
        chat = await anna.create()
        await other_account_cannot_see(anna, Visitor(anna.session, simulator.add_account("ben")), chat)
