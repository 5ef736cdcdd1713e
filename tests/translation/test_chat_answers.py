"""Anthropic's API, Chat client: RSP and STR rows of the translation table, judged by what the client gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from simulators.anthropic_behaviours import REFUSAL, TEXT, THINKING
from simulators.anthropic_signatures import signature
from translation.room import Claude, Json, legal, opened, said_in_stream
from translation.said import calls, choice
from translation.words import function, told, user

OPUS = Claude("claude-opus-4-8")
TOOLS = [function(), function("get_time")]
EFFORT = {"reasoning_effort": "high"}

streaming = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "plain"])


@dataclass(frozen=True, slots=True)
class Said:
    """What Claude is told to do, and the fields of the message that the client must see."""

    id: str
    markers: str
    shows: Json
    finish: str = "stop"


ROWS = [
    Said("RSP-03-end_turn", "", {"content": TEXT}),
    Said("RSP-03-max_tokens", "[[sim: max_tokens]]", {"content": TEXT}, "length"),
    Said("RSP-03-context-window", "[[sim: window]]", {"content": TEXT}, "length"),
    Said("RSP-03-pause_turn", "[[sim: pause]]", {"content": TEXT}),
    Said("RSP-03-unknown", "[[sim: unknown-stop]]", {"content": TEXT}),
    Said("RSP-03-refusal", "[[sim: refusal]]", {"refusal": REFUSAL}, "content_filter"),
    Said(
        "STR-18-thinking",
        "[[sim: thinking]] [[sim: text hi]]",
        {"reasoning_content": THINKING, "content": "hi"},
    ),
    Said("STR-18-redacted", "[[sim: redacted]] [[sim: text hi]]", {"content": "hi"}),
    Said("STR-14-crlf", "[[sim: crlf]]", {"content": TEXT}),
    Said("STR-14-bytewise", "[[sim: bytewise]]", {"content": TEXT}),
]


@streaming
@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in ROWS])
async def test_what_the_client_gets(row: Said, stream: bool) -> None:
    async with opened(OPUS) as room:
        reply = await room.chat(messages=[user(f"hello {row.markers}")], stream=stream, **EFFORT)
        said = choice(reply)
        assert {name: said[name] for name in row.shows} == row.shows
        assert said["finish_reason"] == row.finish
        assert not said.get("tool_calls")


@streaming
async def test_str_18_thinking_and_two_tools(stream: bool) -> None:
    async with opened(OPUS) as room:
        asked = "[[sim: thinking]] [[sim: text Let me look.]] [[sim: parallel]]"
        options: Json = {"stream_options": {"include_usage": True}} if stream else {}
        reply = await room.chat(messages=[user(asked)], tools=TOOLS, stream=stream, **EFFORT, **options)
        said = choice(reply)
        assert said["reasoning_content"] == THINKING
        assert said["content"] == "Let me look."
        assert said["finish_reason"] == "tool_calls"
        assert [name for name, _ in calls(reply)] == ["get_weather", "get_time"]
        assert said["usage"]["completion_tokens"] == 20
        details = said["reasoning_details"]
        assert [each["signature"] for each in details] == [signature("claude-opus-4-8", THINKING)]


async def test_str_18_the_frames() -> None:
    async with opened(OPUS) as room:
        asked = "[[sim: thinking]] [[sim: parallel]]"
        options = {"stream_options": {"include_usage": True}}
        reply = await room.chat(messages=[user(asked)], tools=TOOLS, stream=True, **EFFORT, **options)
        assert reply.body.endswith(b"data: [DONE]\n\n")
        assert b"event:" not in reply.body
        chunks = said_in_stream(legal(reply))
        deltas = [each["choices"][0]["delta"] for each in chunks if each["choices"]]
        assert [n for n, delta in enumerate(deltas) if "role" in delta] == [0]
        assert {call["index"] for delta in deltas for call in delta.get("tool_calls", ())} == {0, 1}
        assert [each for each in chunks if each["usage"]] == chunks[-1:]
        assert chunks[-1]["choices"] == []
        assert len({(each["id"], each["model"], each["created"], each["object"]) for each in chunks}) == 1


async def test_a_client_that_does_not_ask_gets_no_usage_chunk() -> None:
    async with opened(OPUS) as room:
        chunks = said_in_stream(await room.chat(stream=True))
        assert all(each["choices"] for each in chunks)
        assert all("usage" not in each for each in chunks)


@streaming
async def test_rsp_02_usage_includes_the_cache(stream: bool) -> None:
    async with opened(OPUS) as room:
        options: Json = {"stream_options": {"include_usage": True}} if stream else {}
        reply = await room.chat(messages=[user("[[sim: cache 15 75 10]]")], stream=stream, **options)
        assert choice(reply)["usage"] == {
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "total_tokens": 120,
            "prompt_tokens_details": {"cached_tokens": 75, "cache_write_tokens": 10},
            "completion_tokens_details": {"reasoning_tokens": 0},
        }


@streaming
async def test_rsp_03_a_stop_sequence_is_a_stop(stream: bool) -> None:
    async with opened(OPUS) as room:
        said = choice(await room.chat(stop="你好", stream=stream))
        assert said["content"] == TEXT.partition("你好")[0]
        assert said["finish_reason"] == "stop"


@streaming
async def test_an_empty_answer_is_empty_text(stream: bool) -> None:
    async with opened(OPUS) as room:
        said = choice(await room.chat(messages=[user("[[sim: empty]]")], stream=stream))
        assert (said["content"] or "", said["finish_reason"]) == ("", "stop")


@pytest.mark.parametrize("marker", ["cut", "error api_error"])
async def test_str_15_and_16_a_broken_stream_ends_in_an_error(marker: str) -> None:
    async with opened(OPUS) as room:
        reply = await room.chat(messages=[user(f"hello [[sim: {marker}]]")], stream=True)
        assert reply.status == 200
        assert b"[DONE]" not in reply.body
        last = said_in_stream(legal(reply))[-1]
        assert set(last["error"]) == {"message", "type", "param", "code"}
        assert last["error"]["type"] == "server_error"


@streaming
@pytest.mark.parametrize(
    ("marker", "status"), [("cut-first", 502), ("error-first", 503), ("html", 502), ("529", 503)]
)
async def test_str_16_what_fails_before_its_first_word_has_a_status(
    marker: str, status: int, stream: bool
) -> None:
    async with opened(OPUS) as room:
        reply = await room.chat(messages=[user(f"hello [[sim: {marker}]]")], stream=stream)
        assert reply.status == status
        assert reply.json["error"]["type"] == "server_error"


async def test_str_17_silence_is_filled_with_comments() -> None:
    async with opened(OPUS, streams={"commit_after_s": 0.1, "keepalive_s": 0.3}) as room:
        reply = await room.chat(messages=[user("hello [[sim: silent 1.2]]")], stream=True)
        assert reply.body.startswith(b":")
        comments = [line for line in reply.body.splitlines() if line.startswith(b":")]
        assert len(comments) >= 2
        assert choice(reply)["content"] == TEXT


@streaming
async def test_a_signed_thought_comes_home(stream: bool) -> None:
    """A Chat client that sends `reasoning_details` back keeps Claude's thoughts across a tool round."""
    async with opened(Claude("claude-sonnet-4-5")) as room:
        ask: dict[str, Any] = {"tools": TOOLS, "stream": stream, "max_tokens": 20_000, **EFFORT}
        question = user("[[sim: thinking]] [[sim: tool get_weather]]")
        first = choice(await room.chat(messages=[question], **ask))
        returned = {
            name: first[name] for name in ("content", "tool_calls", "reasoning_content", "reasoning_details")
        }
        result = told(first["tool_calls"][0]["id"])
        second = await room.chat(messages=[question, {"role": "assistant", **returned}, result], **ask)
        assert choice(second)["content"] == "The tool said: sunny"
        sent = room.sent
        assert sent["thinking"]["type"] == "enabled"
        assert [each["type"] for each in sent["messages"][1]["content"]] == ["thinking", "tool_use"]


@streaming
async def test_req_25_a_schema_is_kept_both_ways(stream: bool) -> None:
    async with opened(OPUS) as room:
        shape = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
        wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": shape}}
        said = choice(await room.chat(response_format=wanted, stream=stream))
        assert said["content"].startswith('{"ok":')


@streaming
async def test_legacy_functions_are_answered_in_their_own_way(stream: bool) -> None:
    async with opened(OPUS) as room:
        functions = [{"name": "get_weather", "parameters": {"type": "object", "properties": {}}}]
        asked = [user("[[sim: tool get_weather {}]]")]
        reply = await room.chat(messages=asked, functions=functions, stream=stream)
        said = choice(reply)
        assert said["finish_reason"] == "function_call"
        assert "tool_calls" not in said or not said["tool_calls"]
