"""Chat client, Anthropic's API: REQ rows of the translation table, judged by what a strict simulator received."""

from __future__ import annotations

import re
from typing import Any

import pytest

from asgi import Reply
from isthmus.core import thought_tag
from simulators.anthropic_signatures import signature
from translation.room import Claude, Json, legal, opened, said_in_stream
from translation.rows import ABSENT, Refused, Row, by_chat, check_refused, parametrized, refusals
from translation.words import (
    CLOSED,
    LONG_NAME,
    PNG,
    PNG_URI,
    SCHEMA,
    assistant,
    call,
    calling,
    function,
    image,
    image_url,
    system,
    text,
    told,
    tool_result,
    tool_use,
    user,
)

SONNET_4_5 = Claude("claude-sonnet-4-5")
OPUS_4_5 = Claude("claude-opus-4-5")
OPUS_4_6 = Claude("claude-opus-4-6")
OPUS_4_7 = Claude("claude-opus-4-7")
OPUS_4_8 = Claude("claude-opus-4-8")
SONNET_5 = Claude("claude-sonnet-5")
SONNET_5_5 = Claude("claude-sonnet-5-5")
OPUS_5_5 = Claude("claude-opus-5-5")
ALL = (SONNET_4_5, OPUS_4_5, OPUS_4_6, OPUS_4_7, OPUS_4_8, SONNET_5, SONNET_5_5, OPUS_5_5)
TOOLS = [function()]
ODD_IDS = ("functions.Bash:0", "call_" + "0123456789" * 8)
ODD_ARGUMENTS = ("", "[]", '{"a":1}{"a":1}', "{bad")
TALK = [
    system("Rule one."),
    {"role": "developer", "content": "Rule two."},
    user("First."),
    assistant("One."),
    user("Second."),
    system("Rule three."),
    assistant("Two."),
    user("Third."),
]
REMINDED = "<system-reminder>\nRule three.\n</system-reminder>"
DETAIL = {"type": "reasoning.text", "text": "I wonder.", "index": 0, "format": "anthropic-claude-v1"}
SIGNED = [DETAIL | {"signature": signature("claude-opus-4-8", "I wonder.")}]
TAGGED = [DETAIL | {"signature": thought_tag.mint("elsewhere")}]


def said(*texts: str) -> list[Json]:
    return [text(each) for each in texts]


def marked(block: Json) -> Json:
    return block | {"cache_control": {"type": "ephemeral"}}


def one_name_everywhere(sent: Json, _: Reply) -> None:
    names = {sent["tools"][0]["name"], sent["tool_choice"]["name"], sent["messages"][1]["content"][0]["name"]}
    assert len(names) == 1
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,128}", min(names))


def paired_ids(sent: Json, _: Reply) -> None:
    calls = [each["id"] for each in sent["messages"][1]["content"]]
    assert len(set(calls)) == len(calls)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,128}", each) for each in calls)
    assert [each["tool_use_id"] for each in sent["messages"][2]["content"]] == calls


def repaired_arguments(sent: Json, _: Reply) -> None:
    inputs = [each["input"] for each in sent["messages"][1]["content"]]
    assert inputs == [{}, {"value": []}, {"a": 1}, {"__raw": "{bad"}]


def repaired_pairs(sent: Json, _: Reply) -> None:
    asked, calls, results, *_rest = [each["content"] for each in sent["messages"]]
    assert [each["type"] for each in asked] == ["text"] * 3
    ids = [each["id"] for each in calls]
    assert len(set(ids)) == 2
    assert [each["tool_use_id"] for each in results[:2]] == ids
    assert results[2:] == said("Go on.")


def small_budget(sent: Json, _: Reply) -> None:
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 4096}
    assert sent["max_tokens"] > 4096


ROWS = [
    # system text
    Row(
        "REQ-03-native",
        OPUS_4_8,
        {"messages": TALK},
        {
            "system": said("Rule one.", "Rule two."),
            "messages": [
                {"role": "user", "content": said("First.")},
                {"role": "assistant", "content": said("One.")},
                {"role": "user", "content": said("Second.")},
                {"role": "system", "content": said("Rule three.")},
                {"role": "assistant", "content": said("Two.")},
                {"role": "user", "content": said("Third.")},
            ],
        },
    ),
    Row(
        "REQ-03-older-models",
        OPUS_4_6,
        {"messages": TALK},
        {
            "system": said("Rule one.", "Rule two."),
            "messages": [
                {"role": "user", "content": said("First.")},
                {"role": "assistant", "content": said("One.")},
                {"role": "user", "content": said("Second.", REMINDED)},
                {"role": "assistant", "content": said("Two.")},
                {"role": "user", "content": said("Third.")},
            ],
        },
        losses=("messages.role:system=converted",),
    ),
    Row(
        "REQ-03-between-call-and-result",
        OPUS_4_6,
        {
            "messages": [user("?"), calling(call("a")), system("Rule three."), told("a"), user("Go on.")],
            "tools": TOOLS,
        },
        judge=lambda sent, _: _equal(
            [each["type"] for each in sent["messages"][2]["content"]], ["tool_result", "text", "text"]
        ),
    ),
    Row(
        "REQ-03-slides-behind-the-next-user-turn",
        OPUS_4_8,
        {"messages": [user("First."), assistant("One."), system("Rule."), user("Second.")]},
        judge=lambda sent, _: _equal(
            [each["role"] for each in sent["messages"]], ["user", "assistant", "user", "system"]
        ),
    ),
    # tools
    Row(
        "REQ-07",
        OPUS_4_8,
        {
            "messages": [user("?"), calling(call("a"), call("b")), told("b", "wet"), told("a"), user("So?")],
            "tools": TOOLS,
        },
        judge=lambda sent, _: _equal(
            sent["messages"][1:],
            [
                assistant([tool_use("a"), tool_use("b")]),
                user([tool_result("a", said("sunny")), tool_result("b", said("wet")), text("So?")]),
            ],
        ),
    ),
    Row(
        "REQ-08",
        OPUS_4_8,
        {
            "messages": [
                user("?"),
                calling(*(call(f"c{n}", arguments=given) for n, given in enumerate(ODD_ARGUMENTS))),
                *(told(f"c{n}") for n in range(len(ODD_ARGUMENTS))),
            ],
            "tools": TOOLS,
        },
        judge=repaired_arguments,
    ),
    Row(
        "REQ-08-key-order",
        OPUS_4_8,
        {
            "messages": [user("?"), calling(call("a", arguments='{"z": 1.50, "a": "é"}')), told("a")],
            "tools": TOOLS,
        },
        judge=lambda sent, _: _equal(list(sent["messages"][1]["content"][0]["input"]), ["z", "a"]),
    ),
    # content
    Row(
        "REQ-09",
        OPUS_4_8,
        {"messages": [user([image_url(f"data:image/jpeg;base64,{PNG}")])]},
        {"messages": [user([image()])]},
    ),
    Row(
        "REQ-09-careless-data-uri",
        OPUS_4_8,
        {
            "messages": [
                user([image_url(f"data:image/png;charset=utf-8;base64,{PNG[:8]}\n{PNG[8:].rstrip('=')}")])
            ]
        },
        {"messages": [user([image()])]},
    ),
    Row(
        "REQ-10-claude-fetches",
        OPUS_4_8,
        {"messages": [user([image_url("https://example.com/a.png")])]},
        {
            "messages": [
                user([{"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}])
            ]
        },
    ),
    Row(
        "REQ-11-file",
        OPUS_4_8,
        {
            "messages": [
                user(
                    [
                        {
                            "type": "file",
                            "file": {
                                "filename": "note.pdf",
                                "file_data": "data:application/pdf;base64,JVBERi0xLjQK",
                            },
                        }
                    ]
                )
            ]
        },
        judge=lambda sent, _: _equal(sent["messages"][0]["content"][0]["type"], "document"),
    ),
    Row(
        "REQ-12",
        OPUS_4_8,
        {
            "messages": [user("?"), calling(call("a", LONG_NAME * 2)), told("a")],
            "tools": [function(LONG_NAME * 2)],
            "tool_choice": {"type": "function", "function": {"name": LONG_NAME * 2}},
        },
        judge=one_name_everywhere,
    ),
    Row(
        "REQ-13",
        OPUS_4_8,
        {
            "messages": [user("?"), calling(*map(call, ODD_IDS)), *map(told, ODD_IDS)],
            "tools": TOOLS,
        },
        judge=paired_ids,
    ),
    Row(
        "REQ-16",
        OPUS_4_8,
        {"tools": TOOLS, "parallel_tool_calls": False},
        {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
    ),
    Row("REQ-16-without-tools", OPUS_4_8, {"parallel_tool_calls": False}, {"tool_choice": ABSENT}),
    Row(
        "REQ-16-none",
        OPUS_4_8,
        {"tools": TOOLS, "tool_choice": "none", "parallel_tool_calls": False},
        {"tool_choice": {"type": "none"}},
    ),
    Row(
        "REQ-16-required",
        OPUS_4_8,
        {"tools": TOOLS, "tool_choice": "required", "parallel_tool_calls": True},
        {"tool_choice": {"type": "any"}},
    ),
    Row(
        "REQ-17",
        OPUS_4_8,
        {
            "tools": [function("a"), function("b"), function("c")],
            "tool_choice": {
                "type": "allowed_tools",
                "allowed_tools": {
                    "mode": "required",
                    "tools": [
                        {"type": "function", "function": {"name": "a"}},
                        {"type": "function", "function": {"name": "c"}},
                    ],
                },
            },
        },
        {"tool_choice": {"type": "any"}},
        judge=lambda sent, _: _equal([each["name"] for each in sent["tools"]], ["a", "c"]),
    ),
    Row(
        "schemas-have-no-choice-at-the-top",
        OPUS_4_8,
        {"tools": [function(parameters={"anyOf": [SCHEMA, {"type": "object", "properties": {}}]})]},
        losses=("tools.input_schema=converted",),
    ),
    Row(
        "functions-without-parameters",
        OPUS_4_8,
        {"tools": [{"type": "function", "function": {"name": "now"}}]},
        {"tools": [{"name": "now", "input_schema": {"type": "object", "properties": {}}}]},
    ),
    # knobs
    Row(
        "REQ-18-clamped",
        OPUS_4_6,
        {"temperature": 1.7},
        {"temperature": 1.0},
        losses=("temperature=clamped",),
    ),
    *(
        Row(
            f"REQ-18-omitted-{target.model}",
            target,
            {"temperature": 1.7, "top_p": 0.5},
            {"temperature": ABSENT, "top_p": ABSENT},
            losses=("temperature=dropped", "top_p=dropped"),
        )
        for target in (OPUS_4_7, SONNET_5, OPUS_5_5)
    ),
    Row("REQ-19-unlimited", OPUS_4_5, {}, {"max_tokens": 64_000}),
    Row("REQ-19-unlimited-newest", OPUS_5_5, {}, {"max_tokens": 128_000}),
    Row("REQ-19-clamped", OPUS_4_5, {"max_tokens": 99_999}, {"max_tokens": 64_000}, ("max_tokens=clamped",)),
    Row("REQ-21-budget", SONNET_4_5, {"reasoning_effort": "high"}, judge=small_budget),
    Row(
        "REQ-21-budget-below-the-limit",
        SONNET_4_5,
        {"reasoning_effort": "high", "max_completion_tokens": 2000},
        {"thinking": {"type": "enabled", "budget_tokens": 1999}, "max_tokens": 2000},
    ),
    Row(
        "REQ-21-no-room",
        SONNET_4_5,
        {"reasoning_effort": "high", "max_tokens": 1000},
        {"thinking": ABSENT, "max_tokens": 1000},
        losses=("reasoning_effort=dropped",),
    ),
    *(
        Row(
            f"REQ-21-adaptive-{target.model}",
            target,
            {"reasoning_effort": "high"},
            {
                "thinking": {"type": "adaptive", "display": "summarized"},
                "output_config": {"effort": "high"},
            },
        )
        for target in (OPUS_4_8, OPUS_5_5)
    ),
    Row(
        "REQ-21-none-always-thinks",
        OPUS_5_5,
        {"reasoning_effort": "none"},
        {"thinking": ABSENT, "output_config": {"effort": "low"}},
    ),
    Row("REQ-21-none", SONNET_5_5, {"reasoning_effort": "none"}, {"thinking": {"type": "between_tools"}}),
    Row(
        "REQ-21-none-switched-off", OPUS_4_8, {"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}
    ),
    Row("REQ-21-absent", OPUS_4_8, {}, {"thinking": ABSENT, "output_config": ABSENT}),
    Row(
        "REQ-21-minimal",
        OPUS_4_8,
        {"reasoning_effort": "minimal"},
        {"output_config": {"effort": "low"}},
    ),
    *(
        Row(f"REQ-21-{effort}-{target.model}", target, {"reasoning_effort": effort})
        for target in ALL
        for effort in ("none", "minimal", "low", "medium", "high", "xhigh", "max")
    ),
    Row(
        "forced-choice-and-thinking",
        OPUS_4_8,
        {"tools": TOOLS, "tool_choice": "required", "reasoning_effort": "high"},
        {"tool_choice": {"type": "auto"}},
        losses=("tool_choice=converted",),
    ),
    Row(
        "REQ-22",
        OPUS_4_8,
        {
            "messages": [
                user("?"),
                calling(call("a"), reasoning_content="I wonder.", reasoning_details=TAGGED),
                told("a"),
            ],
            "tools": TOOLS,
        },
        judge=lambda sent, _: _equal([each["type"] for each in sent["messages"][1]["content"]], ["tool_use"]),
    ),
    Row(
        "REQ-22-claudes-own-comes-home",
        OPUS_4_8,
        {
            "messages": [
                user("?"),
                calling(call("a"), reasoning_content="I wonder.", reasoning_details=SIGNED),
                told("a"),
            ],
            "tools": TOOLS,
            "reasoning_effort": "high",
        },
        judge=lambda sent, _: _equal(
            [each["type"] for each in sent["messages"][1]["content"]], ["thinking", "tool_use"]
        ),
    ),
    Row(
        "REQ-22-budget-without-the-thought",
        SONNET_4_5,
        {
            "messages": [user("?"), calling(call("a")), told("a")],
            "tools": TOOLS,
            "reasoning_effort": "high",
        },
        {"thinking": ABSENT},
    ),
    Row(
        "REQ-25",
        OPUS_4_8,
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "place", "schema": CLOSED, "strict": True},
            }
        },
        {"output_config": {"format": {"type": "json_schema", "schema": CLOSED}}},
    ),
    Row(
        "REQ-25-json-object",
        OPUS_4_8,
        {"response_format": {"type": "json_object"}},
        {"output_config": ABSENT},
        losses=("response_format=emulated",),
        judge=lambda sent, _: _equal("JSON" in sent["system"][0]["text"], True),
    ),
    Row("REQ-26-one-answer", OPUS_4_8, {"n": 1, "modalities": ["text"]}),
    # knobs
    Row(
        "who-asks",
        OPUS_4_8,
        {"user": "somebody@example.com", "service_tier": "default", "prompt_cache_key": "5e55"},
        {"service_tier": "standard_only", "user": ABSENT, "prompt_cache_key": ABSENT},
        losses=("prompt_cache_key=dropped",),
        judge=lambda sent, _: _equal(bool(re.fullmatch("[0-9a-f]{64}", sent["metadata"]["user_id"])), True),
    ),
    Row("tiers", OPUS_4_8, {"service_tier": "flex"}, {"service_tier": "auto"}, ("service_tier=converted",)),
    Row(
        "not-both-samplings",
        OPUS_4_6,
        {"temperature": 0.5, "top_p": 0.9},
        {"temperature": 0.5, "top_p": ABSENT},
        losses=("top_p=dropped",),
    ),
    Row(
        "detail-and-name-are-lost",
        OPUS_4_8,
        {
            "messages": [
                user([{"type": "image_url", "image_url": {"url": PNG_URI, "detail": "high"}}])
                | {"name": "bob"}
            ]
        },
        {"messages": [user([image()])]},
        losses=("image_url.detail=dropped", "messages.name=dropped"),
    ),
    Row(
        "marks-of-the-clients-own",
        OPUS_4_8,
        {
            "messages": [
                user(
                    [
                        text("much") | {"prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}},
                        text("x"),
                    ]
                )
            ],
            "prompt_cache_options": {"mode": "explicit"},
        },
        {
            "messages": [
                user([text("much") | {"cache_control": {"type": "ephemeral", "ttl": "1h"}}, text("x")])
            ],
            "cache_control": ABSENT,
        },
    ),
    Row(
        "custom-tools",
        OPUS_4_8,
        {
            "messages": [
                user("?"),
                {
                    "role": "assistant",
                    "tool_calls": [{"id": "a", "type": "custom", "custom": {"name": "run", "input": "ls"}}],
                },
                told("a"),
            ],
            "tools": [{"type": "custom", "custom": {"name": "run"}}],
        },
        judge=lambda sent, _: _equal(
            (sent["messages"][1]["content"], sent["tools"][0]["input_schema"]["required"]),
            ([tool_use("a", "run", input="ls")], ["input"]),
        ),
    ),
    Row(
        "web-search",
        OPUS_4_8,
        {"web_search_options": {"user_location": {"type": "approximate", "approximate": {"city": "Paris"}}}},
        {
            "tools": [
                {
                    "type": "web_search_20250305",
                    "name": "web_search",
                    "user_location": {"type": "approximate", "city": "Paris"},
                }
            ]
        },
    ),
    Row(
        "images-in-results",
        OPUS_4_8,
        {"messages": [user("?"), calling(call("a")), told("a", [image_url()])], "tools": TOOLS},
        judge=lambda sent, _: _equal(sent["messages"][2]["content"], [tool_result("a", [image()])]),
    ),
    Row(
        "prefill-without-trailing-space",
        SONNET_4_5,
        {"messages": [user("?"), assistant("The answer is ")]},
        {"messages": [user(said("?")), assistant(said("The answer is"))]},
    ),
    Row(
        "refusals-of-the-past-are-text",
        OPUS_4_8,
        {"messages": [user("?"), {"role": "assistant", "content": None, "refusal": "No."}, user("!")]},
        {"messages": [user(said("?")), assistant(said("No.")), user(said("!"))]},
    ),
    # tolerance
    Row(
        "REQ-27",
        OPUS_4_8,
        {"a_field_of_tomorrow": [1], "seed": 7, "logprobs": True, "presence_penalty": 0.5, "store": False},
        {"a_field_of_tomorrow": ABSENT, "seed": ABSENT, "store": ABSENT},
        losses=("a_field_of_tomorrow=dropped", "seed=dropped", "logprobs=dropped"),
        headers={"openai-beta": "of-tomorrow", "x-of-tomorrow": "1"},
    ),
    Row(
        "REQ-28",
        OPUS_4_8,
        {
            "messages": [
                told("nobody", "stray"),
                user("Weather?"),
                calling(call("a"), call("a")),
                told("a"),
                user("Go on."),
            ],
            "tools": TOOLS,
        },
        losses=("tool_result=converted", "tool_result=emulated", "tool_use.id=converted"),
        judge=repaired_pairs,
    ),
    Row(
        "REQ-28-missing-results-at-the-end",
        OPUS_4_8,
        {"messages": [user("?"), calling(call("a"), call("b")), told("b")], "tools": TOOLS},
        judge=lambda sent, _: _equal(
            [each["tool_use_id"] for each in sent["messages"][2]["content"]], ["a", "b"]
        ),
    ),
    Row(
        "REQ-28-blank-texts",
        OPUS_4_8,
        {"messages": [system(" "), user(""), assistant(""), user([text(" "), text("hello")])]},
        {"messages": [user(said("hello"))], "system": ABSENT},
    ),
    Row("stop-sequences", OPUS_4_8, {"stop": ["###", " "]}, {"stop_sequences": ["###"]}),
    Row("stop-string", OPUS_4_8, {"stop": "###"}, {"stop_sequences": ["###"]}),
    Row("cache-by-itself", OPUS_4_8, {}, {"cache_control": {"type": "ephemeral"}}),
    Row(
        "legacy-functions",
        OPUS_4_8,
        {
            "messages": [
                user("?"),
                {
                    "role": "assistant",
                    "content": None,
                    "function_call": {"name": "get_weather", "arguments": "{}"},
                },
                {"role": "function", "name": "get_weather", "content": "sunny"},
            ],
            "functions": [{"name": "get_weather", "parameters": SCHEMA}],
            "function_call": {"name": "get_weather"},
        },
        {"tool_choice": {"type": "tool", "name": "get_weather", "disable_parallel_tool_use": True}},
    ),
]

REFUSED = [
    Refused("REQ-26-n", OPUS_4_8, {"n": 2}, ("'n'",)),
    Refused(
        "REQ-26-audio-out",
        OPUS_4_8,
        {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}},
        ("audio",),
    ),
    Refused(
        "REQ-26-audio-in",
        OPUS_4_8,
        {"messages": [user([{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}])]},
        ("audio",),
    ),
    Refused(
        "REQ-10-private-address",
        Claude(settings={"capabilities": {"*": {"fetches_urls": False}}}),
        {"messages": [user([image_url("http://169.254.169.254/latest/meta-data")])]},
        ("169.254.169.254",),
    ),
    Refused("prefill", OPUS_4_8, {"messages": [user("?"), assistant("The answer is")]}, ("prefill",)),
]


def _equal(left: object, right: object) -> None:
    assert left == right


@parametrized(ROWS)
async def test_what_claude_gets(row: Row) -> None:
    await by_chat(row)


@refusals(REFUSED)
async def test_what_is_refused(row: Refused) -> None:
    await check_refused(row, lambda room: room.chat(**row.asks))


async def test_req_03_a_longer_conversation_begins_with_the_shorter_one() -> None:
    async with opened(OPUS_4_8) as room:
        await room.chat(messages=TALK)
        short = room.sent
        await room.chat(messages=[*TALK, assistant("Three."), user("Fourth.")])
        assert room.sent["messages"][: len(short["messages"])] == short["messages"]
        assert room.sent["system"] == short["system"]


@pytest.mark.parametrize("stream", [True, False])
async def test_req_12_the_answer_uses_the_clients_own_name(stream: bool) -> None:
    name = LONG_NAME * 2
    async with opened(OPUS_4_8) as room:
        asked: dict[str, Any] = {"messages": [user("[[sim: tool]]")], "tools": [function(name)]}
        reply = await room.chat(**asked, stream=stream)
        if stream:
            legal(reply)
            deltas = [each["choices"][0]["delta"] for each in said_in_stream(reply) if each["choices"]]
            calls = [each["tool_calls"][0] for each in deltas if "tool_calls" in each]
        else:
            calls = reply.json["choices"][0]["message"]["tool_calls"]
        assert calls[0]["function"]["name"] == name
        assert room.sent["tools"][0]["name"] != name


async def test_req_18_the_version_follows_the_sampling() -> None:
    """Only the older version takes sampling parameters."""
    for target, asked, version in (
        (OPUS_4_6, {"temperature": 0.5}, "2023-06-01"),
        (OPUS_4_6, {}, "2026-10-21"),
        (OPUS_5_5, {"temperature": 0.5}, "2026-10-21"),
    ):
        async with opened(target) as room:
            assert (await room.chat(**asked)).status == 200
            assert room.last.headers["anthropic-version"] == version
