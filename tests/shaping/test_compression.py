from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.abilities import Abilities
from isthmus.core.conversation import Conversation, Text
from isthmus.core.errors import BadRequest, Kind
from isthmus.shaping.compression import (
    Method,
    Plan,
    Room,
    Weighed,
    borders,
    newest_from,
    refuse_overflow,
    room_for,
    weigh,
)
from isthmus.shaping.estimate import estimate_tokens
from shaping_talks import long_talks
from talk import assistant, call, result, system, talk, user

CLIP = Plan(Method.CLIP)


@pytest.mark.parametrize(
    ("plan", "asked", "able", "tokens"),
    [
        (CLIP, None, Abilities(context_window=1000), 900),
        (CLIP, 300, Abilities(context_window=1000), 700),
        (CLIP, 900, Abilities(context_window=1000), 500),  # the answer gets no more than half
        (CLIP, 900, Abilities(context_window=1000, max_output_tokens=200), 800),
        (Plan(Method.CLIP, at=0.5), None, Abilities(context_window=1000), 500),
        (Plan(Method.CLIP, threshold_tokens=100), None, Abilities(context_window=1000), 100),
        (Plan(Method.CLIP, threshold_tokens=100), None, Abilities(), 100),
    ],
)
def test_how_much_fits(plan: Plan, asked: int | None, able: Abilities, tokens: int) -> None:
    assert room_for(plan, talk(user("x"), max_tokens=asked), able) == Room(tokens, able.context_window)


def test_without_a_window_nobody_knows_what_fits() -> None:
    assert room_for(CLIP, talk(user("x")), Abilities()) is None


@given(long_talks())
def test_the_parts_weigh_about_what_the_whole_is_estimated_at(conversation: Conversation) -> None:
    whole = estimate_tokens(conversation, "gpt-5")
    assert weigh(conversation, "gpt-5").total == pytest.approx(whole, rel=0.3, abs=40)


@given(st.integers(1, 10_000), st.integers(1, 5_000))
def test_what_is_to_be_saved_is_enough_and_comes_in_steps(total: int, tokens: int) -> None:
    room, weighed = Room(tokens, None), Weighed(talk(), "", 0.0, (float(total),))
    excess = weighed.excess(room)
    assert weighed.fits(room) == (excess == 0)
    assert total - excess <= tokens + 1e-6
    steps = excess / (tokens / 8)
    assert steps == pytest.approx(round(steps))


def test_the_newest_turns_begin_with_messages_of_the_user() -> None:
    turns = (user("1"), assistant(call("a")), user(result("a")), assistant("2"), user("3"))
    assert [newest_from(turns, keep) for keep in (1, 2, 3, 9)] == [4, 2, 0, 0]


def test_a_conversation_may_begin_where_the_user_answers_no_call() -> None:
    turns = (
        user("1"),
        assistant(call("a")),
        user(result("a"), "go on"),
        assistant("2"),
        user("3"),
        system("s"),
    )
    assert borders(turns, 1) == [4]
    assert borders(turns, 2) == []
    assert borders((*turns, user("4")), 1) == [4, 6]


def test_what_is_longer_than_the_window_is_refused_in_words_clients_know() -> None:
    weighed = weigh(talk(user("word " * 500), system=(Text("s"),)), "gpt-5")
    with pytest.raises(BadRequest, match=r"^prompt is too long: \d+ tokens > 100 maximum$") as caught:
        refuse_overflow(weighed, Room(90, 100))
    assert caught.value.kind is Kind.CONTEXT_OVERFLOW


def test_what_is_longer_than_the_room_alone_is_for_the_upstream_to_judge() -> None:
    weighed = weigh(talk(user("word " * 500)), "gpt-5")
    refuse_overflow(weighed, Room(90, 100_000))
    refuse_overflow(weighed, Room(90, None))
