from __future__ import annotations

from typing import Any

import msgspec
import pytest

from isthmus.conformance.cast import Form
from isthmus.conformance.mirror import Block, Seen, Turn, seen
from isthmus.conformance.verdict import Fault
from isthmus.core.conversation import (
    Choice,
    Conversation,
    Format,
    Image,
    InlineData,
    OutputFormat,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from isthmus.core.conversation import Turn as CoreTurn
from isthmus.providers.dummy.echo import described

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
ANSWER = {"type": "object", "properties": {}}

MESSAGES = {
    "max_tokens": 9,
    "system": [{"type": "text", "text": "Be terse."}],
    "tools": [{"name": "weather", "input_schema": SCHEMA}],
    "tool_choice": {"type": "tool", "name": "weather", "disable_parallel_tool_use": True},
    "output_config": {"format": {"type": "json_schema", "schema": ANSWER}},
    "messages": [
        {"role": "user", "content": "Look."},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "a", "name": "weather", "input": {"city": "Paris"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "a",
                    "is_error": True,
                    "content": [{"type": "text", "text": "Error: no"}],
                },
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
            ],
        },
    ],
}
CHAT = {
    "max_completion_tokens": 9,
    "tools": [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}],
    "tool_choice": {"type": "function", "function": {"name": "weather"}},
    "parallel_tool_calls": False,
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": ANSWER}},
    "messages": [
        {"role": "system", "content": "Be terse."},
        {"role": "user", "content": "Look."},
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                {
                    "id": "a",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city":"Paris"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "Error: no"},
        {
            "role": "user",
            "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}],
        },
    ],
}
NEUTRAL = Conversation(
    "dummy-echo",
    (
        CoreTurn(Role.USER, (Text("Look."),)),
        CoreTurn(Role.ASSISTANT, (Text("I look."), ToolCall("a", "weather", '{"city":"Paris"}'))),
        CoreTurn(
            Role.USER,
            (ToolResult("a", (Text("Error: no"),), is_error=True), Image(InlineData("image/png", "AAAA"))),
        ),
    ),
    system=(Text("Be terse."),),
    tools=(Tool("weather", schema=msgspec.json.encode(SCHEMA).decode()),),
    tool_choice=ToolChoice(Choice.TOOL, "weather"),
    max_tokens=9,
    output=OutputFormat(Format.JSON_SCHEMA, msgspec.json.encode(ANSWER).decode()),
)
ECHOES = {
    Form.MESSAGES: msgspec.json.encode(MESSAGES).decode(),
    Form.CHAT: msgspec.json.encode(CHAT).decode(),
    Form.NEUTRAL: described(NEUTRAL),
}


@pytest.mark.parametrize("form", list(Form))
def test_one_conversation_looks_the_same_in_every_form(form: Form) -> None:
    echo = seen(form, ECHOES[form])
    assert echo.system == ("Be terse.",)
    assert echo.turns == (
        Turn("user", (Block("text", "Look."),)),
        Turn(
            "assistant",
            (Block("text", "I look."), Block("call", id="a", name="weather", arguments={"city": "Paris"})),
        ),
        Turn(
            "user",
            (
                Block("result", "Error: no", "a", kinds=("text",), error=True),
                Block("image", name="image/png"),
            ),
        ),
    )
    assert (echo.tools, echo.choice) == ({"weather": SCHEMA}, "tool weather")
    assert (echo.max_tokens, echo.schema) == (9, ANSWER)
    assert "Error: no" in echo.texts
    assert [block.name for block in echo.blocks("image")] == ["image/png"]


@pytest.mark.parametrize("form", [Form.MESSAGES, Form.CHAT])
def test_the_switch_against_parallel_calls_is_read(form: Form) -> None:
    assert seen(form, ECHOES[form]).parallel is False


def chat(*messages: dict[str, Any]) -> Seen:
    return seen(Form.CHAT, msgspec.json.encode({"messages": messages, "tool_choice": "required"}).decode())


def test_later_system_messages_stay_where_they_are() -> None:
    echo = chat(
        {"role": "developer", "content": "One."},
        {"role": "user", "content": "Two."},
        {"role": "developer", "content": "Three."},
    )
    assert echo.system == ("One.",)
    assert [turn.role for turn in echo.turns] == ["user", "system"]
    assert echo.choice == "any"


def test_reasoning_arguments_that_are_no_json_and_unknown_parts_are_kept() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{bad"}}
    echo = chat(
        {"role": "assistant", "content": None, "reasoning_content": "hm", "tool_calls": [call]},
        {"role": "user", "content": [{"type": "file", "file": {}}, {"type": "hologram"}]},
    )
    assert echo.turns[0].kinds == ["thinking", "call"]
    assert echo.blocks("call")[0].arguments == "{bad"
    assert echo.turns[1].kinds == ["document", "hologram"]


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("text", ["Hello!", "{}", "[]", '{"messages": [{}], "turns": [{}]}'])
def test_what_is_no_echo_is_a_fault(form: Form, text: str) -> None:
    with pytest.raises(Fault, match="the echo cannot be read"):
        seen(form, text)
