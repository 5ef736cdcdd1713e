from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.conversation import (
    Choice,
    Reasoning,
    ServerTool,
    Text,
    ThinkingMode,
    Tool,
    ToolChoice,
    ToolReference,
    ToolResult,
)
from isthmus.core.errors import BadRequest
from isthmus.core.losses import Policy
from isthmus.shaping.tools import fit_ids, fit_names, offer_tools
from talk import assistant, call, result, talk, target, tools, user

SEARCH = ServerTool("anthropic", "web_search_20250305", "web_search", "{}")
ANY = ToolChoice(Choice.ANY)


def test_a_deferred_tool_is_offered_once_it_is_named_or_used() -> None:
    deferred = tuple(replace(tool, deferred=True) for tool in tools("named", "used", "hidden"))
    talked = talk(
        user("go"),
        assistant(call("1", "Search"), call("2", "used")),
        user(ToolResult("1", (ToolReference("named"),)), result("2")),
        tools=(*tools("plain"), *deferred),
    )
    assert [tool.name for tool in offer_tools(talked, target())[0].tools] == ["plain", "named", "used"]


def test_a_server_tool_without_server_is_dropped_and_noted() -> None:
    conversation, losses = offer_tools(talk(user("x"), server_tools=(SEARCH,)), target())
    assert conversation.server_tools == ()
    assert [loss.field for loss in losses] == ["tools.web_search_20250305"]


@pytest.mark.parametrize("abilities", [{"home": "anthropic"}, {"server_tools": ("web_search",)}])
def test_a_server_tool_stays_where_it_runs(abilities: dict[str, object]) -> None:
    assert offer_tools(talk(user("x"), server_tools=(SEARCH,)), target(**abilities))[0].server_tools == (
        SEARCH,
    )


def test_a_server_tool_that_is_forced_cannot_be_dropped() -> None:
    forced = talk(user("x"), server_tools=(SEARCH,), tool_choice=ToolChoice(Choice.TOOL, "web_search"))
    with pytest.raises(BadRequest, match="web_search_20250305"):
        offer_tools(forced, target())


def test_a_model_without_tools_is_told_the_history_in_words() -> None:
    talked = talk(
        assistant(call("1", "f", '{"a":1}')),
        user(result("1", "42")),
        tools=tools("f"),
        tool_choice=ToolChoice(Choice.AUTO),
    )
    conversation, losses = offer_tools(talked, target(tools=False))
    assert conversation.tools == ()
    assert conversation.tool_choice is None
    assert conversation.turns[0] == assistant('[called f with {"a":1}]')
    assert conversation.turns[1] == user("[the call's result]", "42")
    assert [str(loss) for loss in losses] == ["tools=dropped(the model calls none)"]
    with pytest.raises(BadRequest, match="cannot call tools"):
        offer_tools(talked, target(Policy.STRICT, tools=False))


@pytest.mark.parametrize("choice", [ANY, ToolChoice(Choice.TOOL, "f")])
def test_a_demand_is_softened_where_it_cannot_be_made(choice: ToolChoice) -> None:
    talked = talk(user("x"), tools=tools("f"), tool_choice=choice)
    assert offer_tools(talked, target())[0].tool_choice == choice
    conversation, losses = offer_tools(talked, target(forced_tools=False))
    assert conversation.tool_choice == ToolChoice(Choice.AUTO)
    assert [loss.field for loss in losses] == ["tool_choice"]


def test_a_thinking_model_may_refuse_demands_only_while_thinking() -> None:
    talked = talk(user("x"), tools=tools("f"), tool_choice=ANY)
    stern = target(forced_tools_while_thinking=False)
    assert offer_tools(talked, stern)[0].tool_choice == ANY
    thinking = replace(talked, reasoning=Reasoning(ThinkingMode.ADAPTIVE))
    assert offer_tools(thinking, stern)[0].tool_choice == ToolChoice(Choice.AUTO)


def test_a_demand_that_nothing_can_meet_is_the_clients_mistake() -> None:
    with pytest.raises(BadRequest, match="use one of f, g"):
        offer_tools(
            talk(user("x"), tools=tools("f", "g"), tool_choice=ToolChoice(Choice.TOOL, "h")), target()
        )
    with pytest.raises(BadRequest, match="none is offered"):
        offer_tools(talk(user("x"), tool_choice=ANY), target())


def test_choices_about_no_tools_mean_nothing() -> None:
    idle = talk(user("x"), tool_choice=ToolChoice(Choice.AUTO), parallel_tools=False)
    conversation, losses = offer_tools(idle, target())
    assert (conversation.tool_choice, conversation.parallel_tools, losses) == (None, None, ())


def test_the_switch_against_parallel_calls_is_noted_when_unknown() -> None:
    _, losses = offer_tools(
        talk(user("x"), tools=tools("f"), parallel_tools=False), target(parallel_tools=False)
    )
    assert [str(loss) for loss in losses] == ["parallel_tool_calls=dropped"]


LONG = "mcp__a_server_with_a_long_name__" + "tool" * 12


def test_a_long_name_is_shortened_everywhere_and_finds_its_way_back() -> None:
    talked = talk(
        user("x"),
        assistant(call("1", LONG)),
        user(result("1")),
        tools=tools(LONG, "f"),
        tool_choice=ToolChoice(Choice.TOOL, LONG),
    )
    conversation, back = fit_names(talked, target())
    (short,) = back
    assert back == {short: LONG}
    assert len(short) <= 64
    assert conversation.tools == (Tool(short), Tool("f"))
    assert conversation.tool_choice == ToolChoice(Choice.TOOL, short)
    assert conversation.turns[1] == assistant(call("1", short))


@given(st.lists(st.text(min_size=1, max_size=90), min_size=1, max_size=5, unique=True))
def test_any_names_become_legal_and_stay_apart(names: list[str]) -> None:
    conversation, back = fit_names(talk(user("x"), tools=tools(*names)), target())
    sent = [tool.name for tool in conversation.tools]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in sent)
    assert [back.get(name, name) for name in sent] == names
    assert len(set(sent)) == len(names)


@pytest.mark.parametrize(("pattern", "longest"), [(r"[a-zA-Z0-9_-]{1,64}", 40), (r"[a-zA-Z0-9]{9}", 9)])
@given(id=st.text(min_size=1, max_size=90))
def test_any_id_becomes_legal_and_stays_paired(pattern: str, longest: int, id: str) -> None:
    talked = talk(assistant(call(id)), user(result(id)))
    shaped = fit_ids(talked, target(tool_id_pattern=pattern, tool_id_chars=longest))
    sent = shaped.turns[0].blocks[0].id  # type: ignore[union-attr]
    assert re.fullmatch(pattern, sent)
    assert shaped.turns[1].blocks[0].call_id == sent  # type: ignore[union-attr]
    assert fit_ids(talked, target(tool_id_pattern=pattern, tool_id_chars=longest)) == shaped


def test_a_legal_id_is_kept() -> None:
    talked = talk(assistant(call("toolu_01")), user(result("toolu_01")))
    assert fit_ids(talked, target()) is talked
    assert (
        fit_ids(talk(assistant(call("functions.Bash:0"))), target())
        .turns[0]
        .blocks[0]
        .id.startswith("functions_Bash_0_")
    )  # type: ignore[union-attr]
    assert Text("x") in fit_ids(talk(user("x"), assistant(call("a b"))), target()).turns[0].blocks
