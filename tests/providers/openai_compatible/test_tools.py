from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from isthmus.core.abilities import Abilities
from isthmus.core.conversation import (
    ANTHROPIC,
    Choice,
    Conversation,
    Reasoning,
    ServerTool,
    ThinkingMode,
    Tool,
    ToolChoice,
)
from isthmus.core.losses import Loss
from isthmus.providers.openai_compatible.tools import cleaned, parameters, render_tools
from isthmus.providers.openai_compatible.vendor import Search, Vendor
from isthmus.providers.openai_compatible.vendors import VENDORS
from talk import talk, user

SEARCH = ServerTool(ANTHROPIC, "web_search_20250305", "web_search", '{"max_uses":3}')
FETCH = ServerTool(ANTHROPIC, "web_fetch_20250910", "web_fetch", "{}")
NAMED = ToolChoice(Choice.TOOL, "f")


def rendered(conversation: Conversation, vendor: Vendor, **abilities: Any) -> tuple[Any, list[str]]:
    losses: list[Loss] = []
    fields = render_tools(conversation, vendor, Abilities(**abilities), losses)
    return json.loads(msgspec.json.encode(fields)), [str(loss) for loss in losses]


def offering(*tools: Tool, **fields: Any) -> Conversation:
    return talk(user("hi"), tools=tools or (Tool("f"),), **fields)


def test_no_tools_no_fields() -> None:
    assert rendered(talk(user("hi")), Vendor("v")) == ({}, [])


def test_a_function() -> None:
    fields, losses = rendered(
        offering(Tool("f", "does", '{"type":"object","required":[]}', True)), Vendor("v")
    )
    function = {
        "name": "f",
        "description": "does",
        "parameters": {"type": "object", "required": [], "properties": {}},
        "strict": True,
    }
    assert fields == {"tools": [{"type": "function", "function": function}]}
    assert losses == []


@pytest.mark.parametrize(("strict", "losses"), [(True, ["tools.strict=dropped"]), (False, []), (None, [])])
def test_strict_is_said_only_where_it_is_known(strict: bool | None, losses: list[str]) -> None:
    fields, noted = rendered(offering(Tool("f", strict=strict)), Vendor("v", strict_tools=False))
    assert "strict" not in fields["tools"][0]["function"]
    assert noted == losses


@pytest.mark.parametrize(
    ("choice", "vendor", "abilities", "word", "losses"),
    [
        (ToolChoice(Choice.AUTO), Vendor("v"), {}, "auto", []),
        (ToolChoice(Choice.NONE), Vendor("v"), {}, "none", []),
        (ToolChoice(Choice.ANY), Vendor("v"), {}, "required", []),
        (ToolChoice(Choice.ANY), VENDORS["mistral"], {}, "any", []),
        (ToolChoice(Choice.ANY), VENDORS["qwen"], {}, "auto", ["tool_choice=converted(auto)"]),
        (NAMED, Vendor("v"), {}, {"type": "function", "function": {"name": "f"}}, []),
        (NAMED, VENDORS["lmstudio"], {}, "required", ["tool_choice=converted(required)"]),
        (NAMED, Vendor("v"), {"forced_tools": False}, "auto", ["tool_choice=converted(auto)"]),
        (None, Vendor("v"), {}, None, []),
    ],
)
def test_the_choice(
    choice: ToolChoice | None, vendor: Vendor, abilities: dict[str, Any], word: object, losses: list[str]
) -> None:
    fields, noted = rendered(offering(tool_choice=choice), vendor, **abilities)
    assert fields.get("tool_choice") == word
    assert noted == losses


@pytest.mark.parametrize(
    ("mode", "word"),
    [(None, "auto"), (ThinkingMode.ENABLED, "auto"), (ThinkingMode.DISABLED, "required")],
)
def test_who_thinks_unless_told_not_to_is_not_forced(mode: ThinkingMode | None, word: str) -> None:
    conversation = offering(tool_choice=ToolChoice(Choice.ANY), reasoning=Reasoning(mode))
    fields, _ = rendered(conversation, VENDORS["deepseek"], forced_tools_while_thinking=False)
    assert fields["tool_choice"] == word


def test_a_vendor_without_none_is_offered_no_tools() -> None:
    fields, losses = rendered(offering(tool_choice=ToolChoice(Choice.NONE)), VENDORS["zhipu"])
    assert fields == {}
    assert losses == ["tool_choice=emulated(tools left out)"]


def test_parallel_calls_are_forbidden_where_that_is_known() -> None:
    assert rendered(offering(parallel_tools=False), Vendor("v"))[0]["parallel_tool_calls"] is False
    assert "parallel_tool_calls" not in rendered(offering(parallel_tools=True), Vendor("v"))[0]
    fields, losses = rendered(offering(parallel_tools=False), Vendor("v"), parallel_tools=False)
    assert "parallel_tool_calls" not in fields
    assert losses == ["parallel_tool_calls=dropped"]


@pytest.mark.parametrize(
    ("search", "fields"),
    [
        (Search.OPTIONS, {"web_search_options": {}}),
        (Search.ENABLE, {"enable_search": True}),
        (Search.PLUGIN, {"plugins": [{"id": "web"}]}),
        (Search.TOOL, {"tools": [{"type": "web_search", "web_search": {"enable": True}}]}),
    ],
)
def test_the_vendors_own_search_stands_in(search: Search, fields: object) -> None:
    sent, losses = rendered(talk(user("hi"), server_tools=(SEARCH,)), Vendor("v", search=search))
    assert sent == fields
    assert losses == ["tools.web_search_20250305=converted(the vendor's own search)"]


def test_server_tools_nobody_runs_here_are_noted() -> None:
    sent, losses = rendered(talk(user("hi"), server_tools=(SEARCH, FETCH)), Vendor("v"))
    assert sent == {}
    assert losses == ["tools.web_search_20250305=dropped", "tools.web_fetch_20250910=dropped"]
    _, losses = rendered(talk(user("hi"), server_tools=(FETCH,)), Vendor("v", search=Search.ENABLE))
    assert losses == ["tools.web_fetch_20250910=dropped"]


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        ('{"type":"object", "properties":{ },"a":1e2}', '{"type":"object", "properties":{ },"a":1e2}'),
        ('{"properties":{"b":{},"a":{}}}', '{"type":"object","properties":{"b":{},"a":{}}}'),
        ("{}", '{"type":"object","properties":{}}'),
        ('{"type":"object","$defs":{}}', '{"type":"object","$defs":{},"properties":{}}'),
        ('{"type":["object","null"]}', '{"type":["object","null"]}'),
        ("[]", '{"type":"object","properties":{}}'),
        ("{bad", '{"type":"object","properties":{}}'),
    ],
)
def test_schemas_are_sent_to_the_letter_with_the_type_all_insist_on(schema: str, sent: str) -> None:
    assert msgspec.json.encode(parameters(schema)).decode() == sent


def test_a_picky_vendor_sees_known_keywords_and_every_property() -> None:
    vendor = replace(VENDORS["generic"], plain_schemas=True)
    schema = {
        "$schema": "x",
        "type": "object",
        "x-order": 1,
        "properties": {
            "readOnly": {"type": "string", "readOnly": True},
            "x-order": {"anyOf": [{"type": "array", "items": {"type": "number", "example": 1}}, True]},
        },
        "additionalProperties": {"type": "string", "deprecated": True},
    }
    fields, _ = rendered(offering(Tool("f", None, json.dumps(schema))), vendor)
    assert fields["tools"][0]["function"]["parameters"] == {
        "type": "object",
        "properties": {
            "readOnly": {"type": "string"},
            "x-order": {"anyOf": [{"type": "array", "items": {"type": "number"}}, True]},
        },
        "additionalProperties": {"type": "string"},
    }
    assert cleaned(False) is False
