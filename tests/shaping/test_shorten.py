"""Laws of compression: whatever is shortened, by whatever plan, these hold."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given

from isthmus.core.abilities import Abilities, SystemTurns
from isthmus.core.conversation import Conversation, Role, ToolCall, ToolResult, Turn
from isthmus.core.interfaces import Target
from isthmus.shaping.compression import Method, Plan, newest_from, room_for, weigh
from isthmus.shaping.fit import fit
from isthmus.shaping.shorten import shorten
from shaping_talks import PLANS, WINDOWS, long_talks
from talk import assistant, call, result, talk, user


def target(window: int) -> Target:
    able = Abilities(context_window=window, system_turns=SystemTurns.NATIVE, prefill=True)
    return Target("model-x", able)


def shortened(conversation: Conversation, plan: Plan, window: int) -> tuple[Conversation, int]:
    room = room_for(plan, conversation, target(window).abilities)
    assert room is not None
    shorter, losses = shorten(weigh(conversation, "model-x"), plan, room)
    assert bool(losses) == (shorter.conversation != conversation)
    return shorter.conversation, room.tokens


@given(long_talks(), PLANS, WINDOWS)
def test_no_call_is_parted_from_its_result(conversation: Conversation, plan: Plan, window: int) -> None:
    shorter, _ = shortened(conversation, plan, window)
    again = fit(shorter, target(window))
    assert not [loss for loss in again.losses if loss.field.startswith("tool_")]
    calls = [block.id for turn in shorter.turns for block in turn.blocks if isinstance(block, ToolCall)]
    results = [b.call_id for turn in shorter.turns for b in turn.blocks if isinstance(b, ToolResult)]
    assert calls == results


@given(long_talks(), PLANS, WINDOWS)
def test_the_newest_turns_and_what_stands_around_are_the_same(
    conversation: Conversation, plan: Plan, window: int
) -> None:
    shorter, _ = shortened(conversation, plan, window)
    newest = conversation.turns[newest_from(conversation.turns, plan.keep_turns) :]
    assert shorter.turns[len(shorter.turns) - len(newest) :] == newest
    assert (shorter.system, shorter.tools) == (conversation.system, conversation.tools)
    operators = [turn for turn in conversation.turns if turn.role is Role.SYSTEM]
    assert [turn for turn in shorter.turns if turn.role is Role.SYSTEM] == operators


@given(long_talks(), PLANS, WINDOWS)
def test_it_never_grows_and_fits_or_went_as_far_as_it_may(
    conversation: Conversation, plan: Plan, window: int
) -> None:
    shorter, tokens = shortened(conversation, plan, window)
    before, after = weigh(conversation, "model-x"), weigh(shorter, "model-x")
    assert after.total <= before.total
    if before.total <= tokens:
        assert shorter is conversation
    again, _ = shortened(shorter, plan, window)
    if after.total <= tokens:
        assert again is shorter
    assert weigh(again, "model-x").total <= after.total


@given(long_talks(), PLANS, WINDOWS)
def test_what_stays_stays_in_order(conversation: Conversation, plan: Plan, window: int) -> None:
    shorter, _ = shortened(conversation, plan, window)
    said = [_words(turn) for turn in conversation.turns]
    kept = [_words(turn) for turn in shorter.turns]
    rest = iter(said)
    assert all(words in rest for words in kept if not words[1].startswith("[")), (said, kept)


@given(long_talks(), PLANS, WINDOWS)
def test_the_result_can_be_fitted_and_shortened_no_more(
    conversation: Conversation, plan: Plan, window: int
) -> None:
    shorter, _ = shortened(conversation, plan, window)
    once = fit(shorter, target(window)).conversation
    assert fit(once, target(window)).conversation == once
    roles = [turn.role for turn in once.turns if turn.role is not Role.SYSTEM]
    assert all(a is not b for a, b in pairwise(roles))
    assert roles[0] is Role.USER


def _words(turn: Turn) -> tuple[str, str]:
    """What tells a turn from others, also when its results were clipped."""
    block = turn.blocks[0]
    return turn.role.value, block.call_id if isinstance(block, ToolResult) else getattr(block, "text", "")


LONG = "output " * 2000


@pytest.mark.parametrize(
    ("method", "details"),
    [
        (Method.OFF, []),
        (Method.CLIP, ["1 old tool results clipped"]),
        (Method.DROP, ["4 oldest turns"]),
    ],
)
def test_each_method_does_what_it_says(method: Method, details: list[str]) -> None:
    turns = (user("a"), assistant(call("1")), user(result("1", LONG)), assistant("b"), user("c"))
    plan = Plan(method, keep_turns=1)
    room = room_for(plan, talk(), Abilities(context_window=1500))
    assert room is not None
    _, losses = shorten(weigh(talk(*turns), "m"), plan, room)
    assert [loss.detail for loss in losses] == details


def test_clipping_that_is_not_enough_is_followed_by_dropping() -> None:
    turns = (user("word " * 1500), assistant(call("1")), user(result("1", LONG)), assistant("b"), user("c"))
    plan = Plan(Method.CLIP, keep_turns=1)
    room = room_for(plan, talk(), Abilities(context_window=1500))
    assert room is not None
    shorter, losses = shorten(weigh(talk(*turns), "m"), plan, room)
    assert [loss.detail for loss in losses] == ["1 old tool results clipped", "4 oldest turns"]
    assert shorter.fits(room)
