"""Conversations as careless clients send them, made from a number: whatever is odd in them occurs again and again."""

from __future__ import annotations

from random import Random
from typing import Any

from isthmus.core import thought_tag
from translation.words import (
    CLOSED,
    LONG_NAME,
    PNG,
    SCHEMA,
    Json,
    assistant,
    call,
    calling,
    function,
    image,
    image_url,
    pdf,
    system,
    text,
    told,
    tool,
    tool_result,
    tool_use,
    user,
)

IDS = ("a", "b", "c", "functions.Bash:0", "call_" + "9" * 60, "toolu_1")
NAMES = ("get_weather", "Bash", LONG_NAME, LONG_NAME * 2)
WORDS = ("one", "two ", "three\n")
BLANKS = ("", " ", "\n")
ARGUMENTS = ("", "{}", "[]", "{bad", '{"a":1}', "null")
OUTPUTS: tuple[Any, ...] = ("sunny", "", " ", [text("x")], [text(" ")])
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
LIMITS = (1, 500, 2000, 128_000, 999_999)
SEALED: tuple[Json, ...] = (
    {"type": "thinking", "thinking": "I wonder.", "signature": thought_tag.mint("upstream")},
    {"type": "thinking", "thinking": "", "signature": thought_tag.mint("upstream", "I wonder.")},
    {"type": "thinking", "thinking": "I wonder.", "signature": "c29tZWJvZHkgZWxzZQ=="},
    {"type": "thinking", "thinking": "", "signature": ""},
    {"type": "redacted_thinking", "data": "c2VhbGVk"},
    {"type": "compaction", "content": "what was said before"},
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "rain"}},
    {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "t", "server_name": "s", "input": {}},
)


def messages_request(seed: int) -> Json:
    """A Messages body that names no model. It ends with a user's turn."""
    dice = Random(seed)
    roles = dice.choices(("user", "assistant", "system"), (2, 2, 1), k=dice.randint(1, 7))
    talk = [_message(dice, role) for role in roles]
    last = user([_users_block(dice) for _ in range(dice.randint(1, 3))])
    tools = [
        tool(),
        tool(LONG_NAME),
        tool("Bash"),
        tool("deferred", defer_loading=True),
        tool("closed", strict=True) | {"input_schema": CLOSED},
        tool("bare") | {"input_schema": {"type": "object"}},
        {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
        {"type": "web_search_20250305", "name": "web_search"},
    ]
    thinking: tuple[Json, ...] = (
        {"type": "adaptive"},
        {"type": "disabled"},
        {"type": "enabled", "budget_tokens": 1024},
        {"type": "enabled", "budget_tokens": 31_999},
    )
    fields: Json = {
        "messages": [*talk, last],
        "max_tokens": dice.choice(LIMITS),
        "system": dice.choice((None, "s", " ", [text("a"), text("b")], [text(" ")])),
        "tools": dice.choice((None, dice.sample(tools, dice.randint(0, 5)))),
        "thinking": dice.choice((None, *thinking)),
        "output_config": _output_config(dice),
        "temperature": dice.choice((None, 0, 0.5, 1)),
        "top_k": dice.choice((None, 5)),
        "stop_sequences": dice.choice((None, ["x"], [" "], list("abcde"))),
    }
    fields["tool_choice"] = _tool_choice(dice, fields["tools"] or [])
    return {name: value for name, value in fields.items() if value is not None}


def _message(dice: Random, role: str) -> Json:
    if dice.random() < 0.2:
        return {"role": role, "content": dice.choice((*WORDS, *BLANKS))}
    if role == "system":
        return system([text(dice.choice((*WORDS, " "))) for _ in range(dice.randint(0, 3))])
    block = _users_block if role == "user" else _assistants_block
    return {"role": role, "content": [block(dice) for _ in range(dice.randint(1, 4))]}


def _users_block(dice: Random) -> Json:
    match dice.randrange(8):
        case 0 | 1 | 2:
            return text(dice.choice(WORDS))
        case 3:
            return text(dice.choice(BLANKS))
        case 4:
            return image(dice.choice(("image/png", "image/jpeg")))
        case 5:
            return pdf()
        case _:
            outputs = (*OUTPUTS, None, [], [text("x"), image()], [image()], [pdf()], [_reference()])
            return tool_result(dice.choice(IDS), dice.choice(outputs), is_error=dice.random() < 0.2)


def _assistants_block(dice: Random) -> Json:
    match dice.randrange(8):
        case 0 | 1:
            return text(dice.choice(WORDS))
        case 2:
            return text(dice.choice(BLANKS))
        case 3 | 4:
            return dice.choice(SEALED)
        case _:
            return tool_use(dice.choice(IDS), dice.choice(NAMES[:3]), **dice.choice(({}, {"a": 1})))


def _reference() -> Json:
    return {"type": "tool_reference", "tool_name": "deferred"}


def _output_config(dice: Random) -> Json | None:
    config: Json = {}
    if dice.random() < 0.4:
        config["effort"] = dice.choice(EFFORTS[2:])
    if dice.random() < 0.2:
        config["format"] = {"type": "json_schema", "schema": dice.choice((CLOSED, SCHEMA))}
    return config or None


def _tool_choice(dice: Random, tools: list[Json]) -> Json | None:
    own = [each["name"] for each in tools if each["name"] not in {"deferred", "web_search"}]
    if not own or dice.random() < 0.5:
        return None
    one_at_a_time = {"type": "auto", "disable_parallel_tool_use": True}
    forced: tuple[Json, ...] = ({"type": "any"}, {"type": "tool", "name": dice.choice(own)})
    return dice.choice(({"type": "auto"}, {"type": "none"}, one_at_a_time, *forced))


def chat_request(seed: int) -> Json:
    """A Chat body that names no model. It does not end with words of the assistant."""
    dice = Random(seed)
    talk = [_chat_message(dice) for _ in range(dice.randint(0, 7))]
    last = dice.choice((user("end"), user(""), told("a"), system("last")))
    tools = [
        function(),
        function(LONG_NAME * 2),
        function("Bash", parameters={}),
        function("closed", strict=True),
        function("chosen", parameters={"oneOf": [SCHEMA]}),
        {"type": "custom", "custom": {"name": "free"}},
    ]
    shapes: tuple[Json, ...] = (
        {"type": "text"},
        {"type": "json_object"},
        {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}},
    )
    fields: Json = {
        "messages": [*talk, last],
        "tools": dice.choice((None, dice.sample(tools, dice.randint(0, 5)))),
        "parallel_tool_calls": dice.choice((None, True, False)),
        "reasoning_effort": dice.choice((None, *EFFORTS)),
        "max_completion_tokens": dice.choice((None, *LIMITS)),
        "temperature": dice.choice((None, 0, 1, 1.7)),
        "top_p": dice.choice((None, 0.5)),
        "stop": dice.choice((None, "x", " ", ["a", "b"], [])),
        "response_format": dice.choice((None, None, *shapes)),
    }
    if fields["tools"]:
        fields["tool_choice"] = dice.choice((None, "auto", "none", "required"))
    return {name: value for name, value in fields.items() if value is not None}


def _chat_message(dice: Random) -> Json:
    words: Any = dice.choice((*WORDS, *BLANKS, [text("p"), text("")], [text("q")]))
    thought = dice.choice(({}, {"reasoning_content": "hm"}))
    match dice.randrange(9):
        case 0 | 1:
            wrong = image_url(f"data:image/jpeg;base64,{PNG}")
            return user(dice.choice((words, [text("look"), image_url()], [wrong])))
        case 2 | 3:
            return assistant(dice.choice((words, None))) | thought
        case 4 | 5:
            count = dice.randint(1, 3)
            calls = [call(dice.choice(IDS), dice.choice(NAMES), dice.choice(ARGUMENTS)) for _ in range(count)]
            return calling(*calls, **thought)
        case 6 | 7:
            return told(dice.choice(IDS), dice.choice(OUTPUTS))
        case _:
            return {"role": dice.choice(("system", "developer")), "content": words}
