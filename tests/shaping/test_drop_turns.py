from __future__ import annotations

from isthmus.core.conversation import Text
from isthmus.core.losses import Action, Loss
from isthmus.shaping.compression import Method, Plan, Room, weigh
from isthmus.shaping.drop_turns import choose_cut, drop, replaced
from talk import assistant, call, result, system, talk, user

LONG = "many words of an old question " * 40
PLAN = Plan(Method.DROP, keep_turns=1)
THREE = (user(LONG), assistant("a"), user(LONG), assistant("b"), user("now?"))


def test_the_oldest_turns_go_as_far_as_needed_and_a_line_says_so() -> None:
    weighed = weigh(talk(*THREE), "m")
    shorter, losses = drop(weighed, PLAN, Room(round(weighed.total * 0.8), None))
    note = user("[2 earlier messages of this conversation were removed to save room]")
    assert shorter.conversation.turns == (note, *THREE[2:])
    assert losses == (Loss("messages", Action.DROPPED, "2 oldest turns"),)


def test_when_nothing_is_enough_as_much_as_may_go_goes() -> None:
    shorter, losses = drop(weigh(talk(*THREE), "m"), PLAN, Room(1, None), "no summary, timeout")
    assert shorter.conversation.turns[1:] == THREE[4:]
    assert losses[0].detail == "4 oldest turns: no summary, timeout"


def test_calls_and_their_results_go_together_or_stay_together() -> None:
    turns = (user(LONG), assistant(call("1")), user(result("1")), assistant("done"), user("next"))
    assert drop(weigh(talk(*turns), "m"), Plan(Method.DROP, keep_turns=2), Room(1, None))[1] == ()
    shorter, _ = drop(weigh(talk(*turns), "m"), PLAN, Room(1, None))
    assert shorter.conversation.turns[1:] == (user("next"),)


def test_operator_text_stays() -> None:
    turns = (user(LONG), system("be careful"), assistant("a"), user("now?"))
    conversation = talk(*turns, system=(Text("be brief"),))
    shorter, _ = drop(weigh(conversation, "m"), PLAN, Room(1, None))
    assert shorter.conversation.turns[0] == system("be careful")
    assert shorter.conversation.turns[-1] == user("now?")
    assert shorter.conversation.system == conversation.system
    assert len(shorter.conversation.turns) == 3


def test_nothing_goes_for_nothing() -> None:
    weighed = weigh(talk(user("hi"), assistant("hello"), user(LONG)), "m")
    assert drop(weighed, PLAN, Room(1, None)) == (weighed, ())
    assert choose_cut(weighed, PLAN, Room(100_000, None)) is None


def test_the_next_turns_of_a_conversation_are_cut_at_the_same_place() -> None:
    """So that the vendor's prompt cache holds."""
    old = [turn for at in range(40) for turn in (user(f"{at} {LONG}"), assistant("a"))]
    cuts = []
    for at in range(40, 50):
        old += (user(f"{at} short"), assistant("a"))
        cut = choose_cut(weigh(talk(*old, user("now?")), "m"), PLAN, Room(8000, None))
        assert cut is not None
        cuts.append(cut.at)
    assert len(set(cuts)) <= 2


def test_weights_follow_their_turns() -> None:
    weighed = weigh(talk(*THREE), "m")
    cut = choose_cut(weighed, PLAN, Room(1, None))
    assert cut is not None
    shorter = replaced(weighed, cut, "words")
    assert shorter == weigh(shorter.conversation, "m")
