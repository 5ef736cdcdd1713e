from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.conversation import (
    Block,
    Image,
    InlineData,
    Role,
    Text,
    Thinking,
    ToolReference,
    ToolResult,
    Turn,
)
from isthmus.shaping.fit import fit
from talk import assistant, call, result, system, talk, target, tools, user


def test_a_conversation_that_fits_costs_nothing() -> None:
    conversation = talk(user("a"), assistant("b", call("1")), user(result("1"), "c"), tools=tools("f"))
    shaped = fit(conversation, target())
    assert shaped.conversation == conversation
    assert shaped.losses == ()
    assert shaped.original_tool_names == {}


def test_a_coding_agents_first_request_fits_a_plain_vendor() -> None:
    shaped = fit(talk(user("ctx", "say hi"), system("be brief"), tools=tools("Bash")), target())
    assert [turn.role for turn in shaped.conversation.turns] == [Role.USER]
    assert shaped.conversation.turns[0].blocks[-1] == Text("<system-reminder>\nbe brief\n</system-reminder>")


def test_a_tool_named_in_a_result_is_still_found_after_content_is_fitted() -> None:
    deferred = (*tools("ToolSearch"), *(type(tool)(tool.name, deferred=True) for tool in tools("WebFetch")))
    talked = talk(
        user("x"),
        assistant(call("1", "ToolSearch")),
        user(ToolResult("1", (ToolReference("WebFetch"),))),
        tools=deferred,
    )
    shaped = fit(talked, target()).conversation
    assert [tool.name for tool in shaped.tools] == ["ToolSearch", "WebFetch"]


_blocks: st.SearchStrategy[Block] = st.one_of(
    st.sampled_from(["1", "2", "a b"]).map(call),
    st.sampled_from(["1", "2", "a b"]).map(result),
    st.sampled_from(
        [Text("t"), Text(" "), Thinking("h"), Thinking(""), Image(InlineData("image/png", "iVBORw0KGgo="))]
    ),
)
_turns = st.builds(Turn, st.sampled_from(Role), st.lists(_blocks, max_size=4).map(tuple))
_talks = st.lists(_turns, min_size=1, max_size=8).map(lambda turns: talk(*turns, user("end")))


@given(_talks)
def test_fitting_twice_is_fitting_once(conversation: object) -> None:
    once = fit(conversation, target()).conversation  # type: ignore[arg-type]
    assert fit(once, target()).conversation == once


@given(_talks, st.booleans(), st.booleans())
def test_turns_alternate_and_none_is_empty(conversation: object, vision: bool, calls: bool) -> None:
    shaped = fit(conversation, target(vision=vision, tools=calls, alternating_turns=True)).conversation  # type: ignore[arg-type]
    roles = [turn.role for turn in shaped.turns]
    assert roles[0] is Role.USER
    assert all(a is not b for a, b in itertools.pairwise(roles))
    assert all(turn.blocks for turn in shaped.turns)


def test_a_longer_conversation_begins_as_the_shorter_one_did() -> None:
    turns = [
        user("a"),
        system("s"),
        assistant("b", call("x y")),
        user(result("x y"), "c"),
        assistant(call("x y")),
        user(result("x y")),
        assistant("d"),
        user("e"),
    ]
    shaped = {n: fit(talk(*turns[:n]), target()).conversation.turns for n in (2, 4, 6, 8)}
    for shorter, longer in ((2, 4), (4, 6), (6, 8)):
        assert shaped[longer][: len(shaped[shorter])] == shaped[shorter]
