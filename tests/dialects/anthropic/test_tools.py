from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from isthmus.core.conversation import Choice, ServerTool, Tool, ToolChoice
from isthmus.dialects.anthropic.fields import Reading
from isthmus.dialects.anthropic.tools import read_tool_choice, read_tools


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value, separators=(",", ":")).encode())


def tools(*definitions: dict[str, Any]) -> tuple[tuple[Tool, ...], tuple[ServerTool, ...], list[str]]:
    reading = Reading()
    own, vendors = read_tools(raw(definitions), reading)
    return own, vendors, sorted({str(loss) for loss in reading.losses})


def test_functions_of_the_client() -> None:
    own, vendors, losses = tools(
        {"name": "a", "description": "A.", "input_schema": {"type": "object"}, "strict": True},
        {"type": "custom", "name": "b", "input_schema": None, "defer_loading": True},
        {"type": None, "name": "c"},
    )
    assert own == (
        Tool("a", "A.", '{"type":"object"}', strict=True),
        Tool("b", deferred=True),
        Tool("c"),
    )
    assert (vendors, losses) == ((), [])


def test_tools_claude_knows_by_heart_become_functions_of_the_same_name() -> None:
    """REQ-14"""
    own, vendors, losses = tools(
        {"type": "bash_20250124", "name": "bash"},
        {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool", "max_characters": 10},
        {"type": "memory_20250818"},
    )
    assert [tool.name for tool in own] == ["bash", "str_replace_based_edit_tool", "memory"]
    assert all(tool.description and '"command"' in tool.schema for tool in own)
    assert vendors == ()
    assert len(losses) == 3
    assert losses[0] == "tools.bash_20250124=converted(to a function with the published parameters)"


@pytest.mark.parametrize(
    "kind",
    [
        "web_search_20260318",
        "web_fetch_20250910",
        "code_execution_20260521",
        "tool_search_tool_bm25_20251119",
        "mcp_toolset",
        "advisor_20261001",
        "of_tomorrow_20270101",
    ],
)
def test_tools_the_vendor_runs_travel_as_they_are(kind: str) -> None:
    own, vendors, losses = tools({"type": kind, "name": "n", "x": [1]})
    assert vendors == (ServerTool("anthropic", kind, "n", f'{{"type":"{kind}","name":"n","x":[1]}}'),)
    assert (own, losses) == ((), [])


def test_a_nameless_vendor_tool_is_called_by_its_kind() -> None:
    _, vendors, _ = tools({"type": "mcp_toolset", "mcp_server_name": "s"})
    assert vendors[0].name == "mcp_toolset"


def test_keys_for_anthropic_alone_are_noted_once_each() -> None:
    extra = {"allowed_callers": ["direct"], "input_examples": [{}], "eager_input_streaming": True}
    _, _, losses = tools({"name": "a", **extra}, {"name": "b", **extra})
    assert losses == ["tools.allowed_callers=dropped", "tools.input_examples=dropped"]


def test_no_tools() -> None:
    assert read_tools(raw([]), Reading()) == ((), ())
    assert read_tools(raw(None), Reading()) == ((), ())


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, (None, None)),
        ({"type": "auto"}, (ToolChoice(Choice.AUTO), None)),
        ({"type": "any", "disable_parallel_tool_use": True}, (ToolChoice(Choice.ANY), False)),
        ({"type": "auto", "disable_parallel_tool_use": False}, (ToolChoice(Choice.AUTO), True)),
        ({"type": "none"}, (ToolChoice(Choice.NONE), None)),
        ({"type": "tool", "name": "f"}, (ToolChoice(Choice.TOOL, "f"), None)),
        ({"type": "any", "name": "ignored"}, (ToolChoice(Choice.ANY), None)),
    ],
)
def test_choices(choice: object, expected: tuple[ToolChoice | None, bool | None]) -> None:
    assert read_tool_choice(raw(choice)) == expected
