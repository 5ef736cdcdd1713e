import json
from typing import Any

import pytest

import talk
from isthmus.core.conversation import (
    CacheMark,
    Choice,
    Conversation,
    Format,
    OutputFormat,
    Reasoning,
    Sampling,
    Text,
    ThinkingMode,
    Tool,
    ToolChoice,
)
from isthmus.core.interfaces import Target
from isthmus.providers.claude_code.abilities import abilities_of
from isthmus.providers.claude_code.request import Dealt, deal


def dealt(model: str = "claude-opus-5-5", **fields: Any) -> Dealt:
    conversation = Conversation(**{"model": model, "turns": (talk.user("hi"),), **fields})
    return deal(conversation, Target(model, abilities_of(model)))


def extra(found: Dealt) -> dict[str, Any]:
    return json.loads(found.settings["env"]["CLAUDE_CODE_EXTRA_BODY"])


def test_each_part_goes_to_its_place() -> None:
    found = dealt(
        model="claude-sonnet-4-5",
        system=(Text("Be nice."), Text("And brief.", CacheMark.SHORT)),
        tools=(Tool("f", "About f", '{"type":"object"}', cache=CacheMark.SHORT),),
        tool_choice=ToolChoice(Choice.TOOL, "f"),
        max_tokens=500,
        sampling=Sampling(temperature=0.3, top_k=4, stop=("END",)),
        service_tier="standard",
    )
    assert found.model == "claude-sonnet-4-5"
    assert found.system == ("Be nice.", "And brief.")
    assert [set(tool) for tool in found.tools] == [{"name", "description", "input_schema"}]
    assert extra(found) == {
        "max_tokens": 500,
        "service_tier": "standard_only",
        "stop_sequences": ["END"],
        "temperature": 0.3,
        "thinking": {"type": "disabled"},
        "tool_choice": {"type": "tool", "name": "f"},
        "top_k": 4,
    }
    assert "effortLevel" not in found.settings


def test_messages_keep_their_blocks_and_lose_their_marks() -> None:
    turns = (
        talk.user(Text("hi", CacheMark.LONG)),
        talk.assistant(talk.call("c", "f", '{"a":1.50}')),
        talk.user(talk.result("c")),
    )
    found = dealt(turns=turns, tools=(Tool("f"),))
    assert [message.role for message in found.messages] == ["user", "assistant", "user"]
    assert set(found.messages[0].content[0]) == {"type", "text"}
    assert bytes(found.messages[1].content[0]["input"]) == b'{"a":1.50}'


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("claude-sonnet-4-5", {"type": "disabled"}),
        ("claude-opus-4-7", {"type": "disabled"}),
        ("claude-opus-5-5", {"type": "adaptive", "display": "omitted"}),
        ("sonnet", {"type": "adaptive", "display": "omitted"}),
    ],
)
def test_nobody_who_does_not_ask_gets_thoughts(model: str, thinking: object) -> None:
    assert extra(dealt(model))["thinking"] == thinking


@pytest.mark.parametrize(
    ("model", "mode", "variable"),
    [
        ("claude-opus-5-5", Choice.TOOL, "1"),
        ("claude-opus-5-5", Choice.ANY, "1"),
        ("claude-opus-5-5", Choice.AUTO, None),
        ("claude-opus-4-7", Choice.TOOL, None),
    ],
)
def test_one_that_always_thinks_may_be_told_what_to_call(
    model: str, mode: Choice, variable: str | None
) -> None:
    name = "f" if mode is Choice.TOOL else None
    found = dealt(model, tools=(Tool("f"),), tool_choice=ToolChoice(mode, name))
    assert extra(found)["tool_choice"]["type"] == mode.value
    assert ("thinking" in extra(found)) is (variable is None)
    assert found.settings["env"].get("CLAUDE_CODE_DISABLE_THINKING") == variable


def test_how_hard_to_think_is_said_in_both_places() -> None:
    found = dealt(reasoning=Reasoning(effort="low"))
    assert found.settings["effortLevel"] == "low"
    assert extra(found)["output_config"] == {"effort": "low"}
    assert extra(found)["thinking"] == {"type": "adaptive", "display": "summarized"}


def test_a_budget_for_thoughts_reaches_the_models_that_take_one() -> None:
    found = dealt("claude-sonnet-4-5", reasoning=Reasoning(ThinkingMode.ENABLED, 2000), max_tokens=4000)
    assert extra(found)["thinking"] == {"type": "enabled", "budget_tokens": 2000}


def test_a_shape_of_the_answer_is_asked_for_as_of_the_api() -> None:
    schema = (
        '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}'
    )
    found = dealt(output=OutputFormat(Format.JSON_SCHEMA, schema))
    assert extra(found)["output_config"]["format"]["type"] == "json_schema"
    in_words = dealt(output=OutputFormat(Format.JSON_OBJECT))
    assert in_words.unfenced
    assert "JSON object" in in_words.system[-1]


def test_who_the_user_is_stays_here_and_is_noted() -> None:
    found = dealt(user="somebody")
    assert "metadata" not in extra(found)
    assert [str(loss) for loss in found.losses] == ["user=dropped(Claude Code names the user itself)"]


def test_halves_of_characters_do_not_break_a_line() -> None:
    assert b"?" in bytes(dealt(turns=(talk.user("\ud83d"),)).messages[0].content[0]["text"])
