"""Requests in the shapes Claude Code 2.1.330 sends, to every kind of vendor: none may be refused.

The shapes were seen on the wire: which blocks, which fields, in which order. All words are ours.
"""

from __future__ import annotations

import pytest

from translation.room import Claude, Json, Vendor, opened
from translation.said import message
from translation.words import (
    CLOSED,
    PDF,
    assistant,
    image,
    system,
    text,
    tool,
    tool_result,
    tool_use,
    user,
)

TARGETS = {
    "unknown": Vendor(),
    "gpt-4o": Vendor("openai", "gpt-4o", "sim-text", {"vendor": "openai"}),
    "gpt-5": Vendor("openai_reasoning", "gpt-5", "sim-text", {"vendor": "openai"}),
    "o3": Vendor("openai_reasoning", "o3", "sim-text", {"vendor": "openai"}),
    "deepseek-chat": Vendor("deepseek", "deepseek-chat", "sim-text", {"vendor": "deepseek"}),
    "deepseek-v4": Vendor("deepseek_thinking", "deepseek-v4", "sim-text", {"vendor": "deepseek"}),
    "qwen2.5": Vendor("siliconflow", "Qwen/Qwen2.5-14B-Instruct", "sim-text", {"vendor": "siliconflow"}),
    "qwen3": Vendor("siliconflow", "Qwen/Qwen3-14B", "sim-text", {"vendor": "siliconflow"}),
    "vllm": Vendor("strict_template", "qwen3-8b", "sim-text", {"vendor": "vllm"}),
    "llamacpp": Vendor("strict_template", "some-gguf", "sim-text", {"vendor": "llamacpp"}),
    "kimi": Vendor("moonshot", "kimi-k2.5", "sim-text", {"vendor": "moonshot"}),
    "mistral": Vendor("mistral", "mistral-large", "sim-text", {"vendor": "mistral"}),
}
MARK = {"cache_control": {"type": "ephemeral"}}
BILLING = text("x-anthropic-billing-header: cc_version=2.1.330.abc; cc_entrypoint=cli;")
SYSTEM = [BILLING, text("You are a coding agent.") | MARK, text("Work with care.") | MARK]
EFFORT = {"output_config": {"effort": "medium"}}
IDENTITY = {"user_id": '{"device_id":"0f","account_uuid":"","session_id":"5e55"}'}
CONTEXT = {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "command": {"type": "string", "description": "What to run"},
        "limit": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9007199254740991},
        "rows": {"type": "array", "maxItems": 32, "items": CLOSED},
        "args": {"description": "anything at all"},
    },
    "required": ["command"],
    "additionalProperties": False,
}
TOOLS = [tool(name) | {"input_schema": SCHEMA} for name in ("Bash", "Read", "Write", "ToolSearch")]
DEFERRED = [
    {
        "name": name,
        "description": "d",
        "input_schema": {"type": "object", "properties": {}},
        "defer_loading": True,
    }
    for name in ("CronList", "Placeholder")
]
BASE: Json = {
    "system": SYSTEM,
    "tools": [*TOOLS, *DEFERRED],
    "metadata": IDENTITY,
    "max_tokens": 128_000,
    "thinking": {"type": "adaptive", "display": "omitted"},
    "context_management": CONTEXT,
    "output_config": {"effort": "medium"},
    "stream": True,
}
ASKED = user([text("<system-reminder>\nToday is Monday.\n</system-reminder>"), text("do it")])
OPERATOR = system([text("You have these skills.") | MARK]) | EFFORT
THOUGHT = {"type": "thinking", "thinking": "", "signature": ""}
PDF_BLOCK = {
    "type": "document",
    "source": {"type": "base64", "media_type": "application/pdf", "data": PDF},
}
CALLS = [tool_use("toolu_1", "Bash", command="ls"), tool_use("toolu_2", "Read", command="x")]

SHAPES: dict[str, Json] = {
    "first": {"messages": [ASKED, OPERATOR]},
    "bare": {"messages": [ASKED, system([]) | EFFORT]},
    "after-parallel-tools": {
        "messages": [
            ASKED,
            system("You have these skills.") | EFFORT,
            assistant([THOUGHT, text("Two tools."), *CALLS, tool_use("toolu_3", "Write", command="w")]),
            user(
                [
                    tool_result("toolu_1", "one", is_error=False),
                    tool_result("toolu_3", "Exit code 3", is_error=True),
                    tool_result("toolu_2", "written") | MARK,
                ]
            ),
        ]
    },
    "compaction": {
        "messages": [
            ASKED,
            OPERATOR,
            assistant([text("Done.") | MARK]),
            user([text("Sum up."), text("No tools.")]),
        ],
        "thinking": {"type": "adaptive", "display": "updates"},
    },
    "image-and-pdf-in-results": {
        "messages": [
            ASKED,
            OPERATOR,
            assistant([tool_use("toolu_1", "Read", command="a.png")]),
            user([tool_result("toolu_1", [image()])]),
            assistant([tool_use("toolu_2", "Read", command="a.pdf")]),
            user([tool_result("toolu_2", [text("PDF file read"), PDF_BLOCK]) | MARK]),
        ]
    },
    "older-model": {
        "messages": [user([*[text(f"part {n}") for n in range(8)], text("last") | MARK])],
        "thinking": {"type": "enabled", "budget_tokens": 31_999, "display": "omitted"},
        "max_tokens": 32_000,
        "output_config": None,
    },
    "unstreamed": {"messages": [ASKED, OPERATOR], "stream": False, "max_tokens": 64_000},
    "probe": {
        "messages": [user([text("quota") | MARK])],
        "max_tokens": 1,
        "stream": None,
        "tools": None,
        "thinking": None,
        "output_config": None,
        "context_management": None,
    },
    "replayed-history": {
        "messages": [
            user("Q0"),
            system([]) | EFFORT,
            assistant([text("A0")]),
            user("weather?"),
            assistant([text("I look."), *CALLS]),
            user([tool_result("toolu_1", "ok"), tool_result("toolu_2") | MARK]),
        ]
    },
    "title": {
        "messages": [user([text("Name this.")])],
        "tools": [],
        "thinking": None,
        "output_config": {"effort": "medium", "format": {"type": "json_schema", "schema": CLOSED}},
    },
    "tool-search": {
        "messages": [
            ASKED,
            OPERATOR,
            assistant([tool_use("toolu_1", "ToolSearch", command="select:CronList")]),
            user(
                [
                    tool_result("toolu_1", [{"type": "tool_reference", "tool_name": "CronList"}]),
                    text("Tool loaded.") | MARK,
                ]
            ),
        ]
    },
    "web-search": {
        "messages": [user([text("Search for it.")])],
        "tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 8}],
        "tool_choice": {"type": "auto"},
        "thinking": None,
    },
    "auto-mode": {
        "messages": [ASKED, OPERATOR],
        "safeguards": [{"type": "dangerous_tool_use", "classifier_context": {"v": 1}}],
    },
    "classifier": {
        "messages": [user([text("<transcript>"), text("Bash ls") | MARK, text("</transcript>")])],
        "max_tokens": 64,
        "stop_sequences": ["</severity>"],
        "thinking": {"type": "disabled"},
        "tools": None,
        "stream": None,
        "output_config": None,
        "context_management": None,
    },
    "interrupted": {
        "messages": [
            ASKED,
            OPERATOR,
            assistant([THOUGHT, text("Two tools."), *CALLS]),
            user([tool_result("toolu_1", "one"), text("[Request interrupted by user]"), text("go on")]),
            system("Mode changed.") | EFFORT,
        ]
    },
}
HEADERS = {
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "claude-code-20250219,context-management-2025-06-27,effort-2025-11-24",
    "x-claude-code-session-id": "5e55",
    "x-app": "cli",
}
NOT_CARRIED = ("x-anthropic-billing-header", "cache_control", "defer_loading", "tool_reference", "safeguards")


def request(shape: str) -> Json:
    return {name: value for name, value in (BASE | SHAPES[shape]).items() if value is not None}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("target", TARGETS)
async def test_no_vendor_refuses_a_request_of_claude_code(shape: str, target: str) -> None:
    async with opened(TARGETS[target]) as room:
        reply = await room.messages(HEADERS, **request(shape))
        answer = message(reply)
        assert answer["content"], answer
        assert len(room.upstream.requests) == 1
        body = room.last.body.decode()
        for word in NOT_CARRIED:
            assert word not in body


@pytest.mark.parametrize("shape", SHAPES)
async def test_claude_gets_all_of_it(shape: str) -> None:
    """Whatever it then says: some shapes hold thoughts of another model."""
    async with opened(Claude("claude-opus-4-8")) as room:
        asked = request(shape)
        betas = "context-management-2025-06-27,per-turn-control-2026-07-01,dangerous-tool-use-2026-09-03"
        reply = await room.messages(HEADERS | {"anthropic-beta": betas}, **asked)
        assert room.sent.items() >= asked.items()
        assert reply.headers.get("x-isthmus-loss") is None


async def test_the_tool_that_was_searched_for_is_offered() -> None:
    async with opened(TARGETS["unknown"]) as room:
        await room.messages(HEADERS, **request("tool-search"))
        names = [each["function"]["name"] for each in room.sent["tools"]]
        assert names == ["Bash", "Read", "Write", "ToolSearch", "CronList"]
        assert "CronList" in room.sent["messages"][3]["content"]


async def test_what_is_dropped_is_said() -> None:
    async with opened(TARGETS["unknown"]) as room:
        reply = await room.messages(HEADERS, **request("auto-mode"))
        lost = reply.headers["x-isthmus-loss"]
        for name in ("safeguards", "context_management", "cache_control", "messages.role:system"):
            assert f"{name}=" in lost


async def test_turn_n_is_a_prefix_of_turn_n_plus_1() -> None:
    """So that the vendor's prompt cache holds while Claude Code works."""
    for name, target in TARGETS.items():
        async with opened(target) as room:
            talk = SHAPES["after-parallel-tools"]["messages"]
            await room.messages(HEADERS, **request("after-parallel-tools"))
            first = room.sent
            later = [*talk, assistant([text("Done.")]), user("and now?")]
            await room.messages(HEADERS, **request("after-parallel-tools") | {"messages": later})
            assert room.sent["messages"][: len(first["messages"])] == first["messages"], name
            assert room.sent["tools"] == first["tools"], name
