from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.abilities import SystemTurns
from isthmus.core.conversation import Block, Conversation, Role, Text, ToolCall, ToolResult, Turn
from isthmus.core.errors import BadRequest, Kind
from isthmus.shaping.turns import (
    NO_CONTENT,
    NO_RESULT,
    check_prefill,
    join_turns,
    pair_calls,
    place_system_turns,
)
from talk import assistant, call, result, system, talk, target, user


def placed(conversation: Conversation, how: SystemTurns) -> tuple[Turn, ...]:
    return place_system_turns(conversation, target(system_turns=how))[0].turns


def joined(conversation: Conversation, **abilities: object) -> tuple[Turn, ...]:
    return join_turns(conversation, target(**abilities))[0].turns


def paired(*turns: Turn) -> tuple[Turn, ...]:
    return pair_calls(talk(*turns), target())[0].turns


REMINDER = "<system-reminder>\nbe brief\n</system-reminder>"


def test_an_operator_text_becomes_a_reminder_where_it_stands() -> None:
    conversation, losses = place_system_turns(talk(user("hi"), system("be brief")), target())
    assert conversation.turns == (user("hi"), user(REMINDER))
    assert [str(loss) for loss in losses] == ["messages.role:system=converted(user text)"]


def test_a_reminder_between_a_call_and_its_result_moves_behind_the_result() -> None:
    talked = talk(user("go"), assistant(call("1")), system("be brief"), user(result("1")))
    shaped = pair_calls(talk(*joined(talk(*placed(talked, SystemTurns.REMINDER)))), target())[0]
    assert shaped.turns[-1] == user(result("1"), REMINDER)


def test_leading_operator_text_is_system_text() -> None:
    conversation, losses = place_system_turns(
        talk(system("a"), system("b"), user("hi"), system=(Text("s"),)), target()
    )
    assert conversation.system == (Text("s"), Text("a"), Text("b"))
    assert conversation.turns == (user("hi"),)
    assert losses == ()


def test_operator_text_is_not_placed_beside_a_turn_that_then_vanishes() -> None:
    talked = talk(user("a"), assistant(call("1")), user(" "), system("be brief"))
    assert placed(talked, SystemTurns.NATIVE) == (user("a"), assistant(call("1")), user(REMINDER))
    talked = talk(user("a"), system("be brief"), assistant(""), user("b"))
    assert placed(talked, SystemTurns.NATIVE) == (user("a"), user("b"), system("be brief"))


def test_operator_text_behind_nothing_but_blanks_leads() -> None:
    conversation, _ = place_system_turns(
        talk(user(" "), system("be brief"), user("hi")), target(system_turns=SystemTurns.NATIVE)
    )
    assert conversation.system == (Text("be brief"),)
    assert conversation.turns == (user("hi"),)


def test_an_empty_operator_turn_vanishes() -> None:
    assert placed(talk(user("hi"), system()), SystemTurns.REFUSED) == (user("hi"),)


def test_a_target_may_want_the_client_to_fold_it_in() -> None:
    with pytest.raises(BadRequest, match=r"^capability_rejected: mid_conv_system$") as caught:
        placed(talk(user("hi"), system("x")), SystemTurns.REFUSED)
    assert caught.value.kind is Kind.CAPABILITY


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ([user("u"), system("s")], [user("u"), system("s")]),
        (
            [user("u"), system("s"), assistant("a"), user("v")],
            [user("u"), system("s"), assistant("a"), user("v")],
        ),
        # After an assistant turn it slides behind the next user turn.
        (
            [user("u"), assistant("a"), system("s"), user("v")],
            [user("u"), assistant("a"), user("v"), system("s")],
        ),
        # Between two user turns it waits for the last of them.
        (
            [user("u"), system("s"), user("v"), assistant("a")],
            [user("u"), user("v"), system("s"), assistant("a")],
        ),
        # Runs that land together merge.
        ([user("u"), system("s"), system("t")], [user("u"), system("s", "t")]),
        (
            [user("u"), assistant("a"), system("s"), user("v"), system("t")],
            [user("u"), assistant("a"), user("v"), system("s", "t")],
        ),
        # With no user turn to follow, it becomes a reminder.
        ([user("u"), assistant("a"), system("be brief")], [user("u"), assistant("a"), user(REMINDER)]),
    ],
)
def test_native_operator_turns_obey_the_placement_rules(turns: list[Turn], expected: list[Turn]) -> None:
    assert list(placed(talk(*turns), SystemTurns.NATIVE)) == expected


def test_blank_texts_go_and_turns_of_one_role_join() -> None:
    assert joined(talk(user("a", " \n"), user(""), user("b"), assistant("c"))) == (
        user("a", "b"),
        assistant("c"),
    )


def test_a_turn_without_blocks_goes_too() -> None:
    assert joined(talk(user("a"), assistant())) == (user("a"),)
    assert check_prefill(talk(*joined(talk(user("a"), assistant()))), target())[0].turns == (user("a"),)


def test_a_last_turn_of_nothing_still_asks() -> None:
    assert joined(talk(user("a"), assistant("b"), user(" "))) == (user("a"), assistant("b"), user(NO_CONTENT))
    assert joined(talk(user(""))) == (user(NO_CONTENT),)


def test_strict_templates_get_a_user_turn_first() -> None:
    assert joined(talk(assistant("hello"), user("hi")), alternating_turns=True)[0] == user(".")
    assert joined(talk(assistant("hello"), user("hi")))[0] == assistant("hello")


def test_nothing_to_do_changes_nothing() -> None:
    conversation = talk(user("a"), assistant(call("1")), user(result("1"), "b"))
    assert join_turns(conversation, target())[0] is conversation
    assert pair_calls(conversation, target())[0] is conversation
    assert place_system_turns(conversation, target())[0] is conversation


def test_results_come_first_and_in_the_order_of_the_calls() -> None:
    turns = paired(assistant(call("1"), call("2")), user("and now?", result("2"), result("1")))
    assert turns[1] == user(result("1"), result("2"), "and now?")


def test_a_call_without_result_gets_one() -> None:
    assert paired(assistant(call("1"), call("2")), user(result("2")))[1] == user(
        result("1", NO_RESULT), result("2")
    )
    assert paired(assistant(call("1")), assistant("x"))[1] == user(result("1", NO_RESULT))
    assert paired(user("u"), assistant(call("1")))[-1] == user(result("1", NO_RESULT))


def test_a_result_without_call_becomes_text() -> None:
    turns = paired(user("u", result("lost", "42")))
    texts = [block.text for block in turns[0].blocks if isinstance(block, Text)]
    assert len(texts) == len(turns[0].blocks) == 3
    assert "lost" in texts[1]
    assert texts[2] == "42"


def test_repeated_ids_are_told_apart() -> None:
    turns = paired(
        assistant(call("1"), call("1", "g")),
        user(result("1", "a"), result("1", "b")),
        assistant(call("1")),
        user(result("1", "c")),
    )
    assert turns[0] == assistant(call("1"), call("1_2", "g"))
    assert turns[1] == user(result("1", "a"), result("1_2", "b"))
    assert turns[2] == assistant(call("1_3"))
    assert turns[3] == user(result("1_3", "c"))


_ids = st.sampled_from(["1", "2", "3"])
_blocks: st.SearchStrategy[Block] = st.one_of(
    _ids.map(call), _ids.map(result), st.sampled_from([Text("t"), Text(" ")])
)
_turns = st.builds(
    Turn, st.sampled_from([Role.USER, Role.ASSISTANT]), st.lists(_blocks, max_size=4).map(tuple)
)


@given(st.lists(_turns, max_size=8))
def test_whatever_comes_in_calls_and_results_are_paired(turns: list[Turn]) -> None:
    shaped = pair_calls(join_turns(talk(*turns), target())[0], target())[0].turns
    seen: set[str] = set()
    for at, turn in enumerate(shaped):
        calls = [
            block.id for block in turn.blocks if isinstance(block, ToolCall) and turn.role is Role.ASSISTANT
        ]
        assert not seen & set(calls)
        assert len(set(calls)) == len(calls)
        seen |= set(calls)
        if calls:
            following = shaped[at + 1].blocks[: len(calls)]
            assert [block.call_id for block in following if isinstance(block, ToolResult)] == calls
        before = [block.id for block in shaped[at - 1].blocks if isinstance(block, ToolCall)] if at else []
        results = [block for block in turn.blocks if isinstance(block, ToolResult) and turn.role is Role.USER]
        assert len(results) == (len(before) if at and shaped[at - 1].role is Role.ASSISTANT else 0)


def test_words_put_into_the_models_mouth_are_not_dropped_in_silence() -> None:
    with pytest.raises(BadRequest, match="prefill") as caught:
        check_prefill(talk(user("u"), assistant("The answer is")), target())
    assert caught.value.field == "messages.1.role"


def test_a_prefill_loses_its_trailing_space() -> None:
    shaped = check_prefill(talk(user("u"), assistant("The answer is \n")), target(prefill=True))[0]
    assert shaped.turns[-1] == assistant("The answer is")
