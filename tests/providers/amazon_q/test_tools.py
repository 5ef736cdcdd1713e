from __future__ import annotations

from typing import Any

import pytest

from isthmus.core.conversation import CacheMark, Choice, Conversation, Tool, ToolChoice
from isthmus.providers.amazon_q.tools import MAX_DESCRIPTION_CHARS, MORE, PLACEHOLDER, Offer, offer
from talk import assistant, call, result, talk, tools, user

LOOK_UP = Tool("look_up", "Looks up.", '{"type":"object","properties":{"q":{"type":"string"}}}')


def offered(*given: Tool, plain: bool = False, **fields: Any) -> Offer:
    return offer(talk(user("hi"), tools=given, **fields), plain=plain)


def names(made: Offer) -> list[str]:
    return [each["toolSpecification"]["name"] for each in made.specifications]


def lost(made: Offer) -> list[str]:
    return [str(loss) for loss in made.losses]


def test_a_tool() -> None:
    made = offered(LOOK_UP)
    schema = {"type": "object", "properties": {"q": {"type": "string"}}}
    assert made.specifications == [
        {
            "toolSpecification": {
                "name": "look_up",
                "description": "Looks up.",
                "inputSchema": {"json": schema},
            }
        }
    ]
    assert (made.instructions, made.losses, made.marks) == ([], [], [])


@pytest.mark.parametrize("description", [None, "", " \n"])
def test_a_description_is_never_empty(description: str | None) -> None:
    made = offered(Tool("f", description))
    assert made.specifications[0]["toolSpecification"]["description"] == "The tool f."


def test_the_end_of_a_long_description_stands_in_the_system_text() -> None:
    long = "x" * MAX_DESCRIPTION_CHARS + "the end"
    made = offered(Tool("f", long))
    said = made.specifications[0]["toolSpecification"]["description"]
    assert len(said) == MAX_DESCRIPTION_CHARS
    rest = made.instructions[0].removeprefix("The description of the tool f goes on:\n")
    assert said.removesuffix(MORE) + rest == long
    assert lost(made) == ["tools.description=converted(its end stands in the system text)"]


def test_the_longest_description_that_fits_is_left_alone() -> None:
    made = offered(Tool("f", "x" * MAX_DESCRIPTION_CHARS))
    assert (made.instructions, made.losses) == ([], [])


def test_schemas_are_repaired_or_reduced() -> None:
    odd = Tool("f", "F.", '{"type":"object","properties":{"a":{"type":"string","format":"date"}}}')
    assert offered(odd).losses == []
    assert lost(offered(odd, plain=True)) == ["tools.input_schema=converted(reduced to plain keywords)"]


def test_what_a_schema_no_longer_says_is_described() -> None:
    choice = '{"anyOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]}'
    said = offered(Tool("f", "F.", choice)).specifications[0]["toolSpecification"]["description"]
    assert said == f"F.\n\nThe arguments must match this JSON Schema: {choice}"


def test_a_tool_that_is_declared_twice_is_declared_once() -> None:
    made = offered(*tools("f", "g", "f"))
    assert names(made) == ["f", "g"]
    assert lost(made) == ["tools=dropped(declared twice)"]


def asked_before(**fields: Any) -> Conversation:
    return talk(
        user("hi"), assistant(call("1", "gone"), call("2", "f")), user(result("1"), result("2")), **fields
    )


def test_a_tool_that_only_the_history_knows_is_declared_again() -> None:
    made = offer(asked_before(tools=tools("f")), plain=False)
    assert names(made) == ["f", "gone"]
    assert made.specifications[1]["toolSpecification"]["description"] == PLACEHOLDER
    assert lost(made) == ["tools=emulated(placeholders for tools that only the history knows)"]


def test_a_history_that_is_told_needs_no_declarations() -> None:
    assert names(offer(asked_before(tools=tools("f")), plain=False, told=True)) == ["f"]


def test_without_tools_nothing_is_declared() -> None:
    assert offer(asked_before(), plain=False) == Offer()


def test_none_may_be_called() -> None:
    made = offer(asked_before(tools=tools("f"), tool_choice=ToolChoice(Choice.NONE)), plain=False)
    assert (made.specifications, lost(made)) == ([], ["tool_choice=emulated(tools left out)"])


@pytest.mark.parametrize(
    ("fields", "instruction", "loss"),
    [
        (
            {"tool_choice": ToolChoice(Choice.ANY)},
            "Your next answer must call at least one of the tools.",
            "tool_choice=emulated(by instruction)",
        ),
        (
            {"tool_choice": ToolChoice(Choice.TOOL, "f")},
            "Your next answer must call the tool f.",
            "tool_choice=emulated(by instruction)",
        ),
        (
            {"parallel_tools": False},
            "Call at most one tool in each answer, and wait for its result.",
            "parallel_tool_calls=emulated(by instruction)",
        ),
    ],
)
def test_what_the_protocol_has_no_field_for_is_said(fields: Any, instruction: str, loss: str) -> None:
    made = offered(*tools("f"), **fields)
    assert (made.instructions, lost(made)) == ([instruction], [loss])


def test_what_goes_without_saying_is_not_said() -> None:
    made = offered(*tools("f"), tool_choice=ToolChoice(Choice.AUTO), parallel_tools=True)
    assert (made.instructions, made.losses) == ([], [])


def test_strict_tools_are_not_known() -> None:
    assert lost(offered(Tool("f", strict=True))) == ["tools.strict=dropped"]


def test_where_the_client_wants_the_prompt_cached() -> None:
    assert offered(Tool("f", cache=CacheMark.SHORT), Tool("g"), Tool("h", cache=CacheMark.LONG)).marks == [
        1,
        3,
    ]
