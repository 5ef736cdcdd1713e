from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.conversation import CacheMark, Document, Image, RemoteUrl, Text, ToolResult
from isthmus.core.losses import Action, Loss
from isthmus.shaping.clip import clip, shortened
from isthmus.shaping.compression import Method, Plan, Room, weigh
from talk import assistant, call, result, talk, user

LONG = "line of output\n" * 400
PLAN = Plan(Method.CLIP, keep_turns=1, clip_to_chars=300)


def rounds(*outputs: str) -> list:  # type: ignore[type-arg]
    """A user's wish, then a call and its result for each output."""
    turns = [user("do it")]
    for at, output in enumerate(outputs):
        turns += (assistant(call(str(at))), user(result(str(at), output)))
    return [*turns, assistant("done"), user("and now?")]


def test_old_results_are_clipped_oldest_first_until_enough_is_saved() -> None:
    weighed = weigh(talk(*rounds(LONG, LONG, LONG)), "m")
    shorter, losses = clip(weighed, PLAN, Room(round(weighed.total - weighed.turns[2] * 0.5), None))
    texts = [turn.blocks[0].parts[0].text for turn in shorter.conversation.turns[2:7:2]]  # type: ignore[union-attr]
    assert [len(text) for text in texts] == [300, len(LONG), len(LONG)]
    assert texts[0].startswith("line of output\nline")
    assert texts[0].endswith("output\n")
    assert "characters removed" in texts[0]
    assert losses == (Loss("messages", Action.CONVERTED, "1 old tool results clipped"),)


def test_words_calls_short_results_and_the_newest_turns_stay() -> None:
    conversation = talk(user(LONG), *rounds("short"), assistant(call("z")), user(result("z", LONG)))
    weighed = weigh(conversation, "m")
    assert clip(weighed, PLAN, Room(1, None)) == (weighed, ())


def test_images_of_old_results_give_way_to_a_word() -> None:
    parts = (Image(RemoteUrl("u"), cache=CacheMark.SHORT), Document(RemoteUrl("v")), Text("ok"))
    seen = user(ToolResult("a", parts))
    shorter, _ = clip(
        weigh(talk(user("1"), assistant(call("a")), seen, assistant("2"), user("3")), "m"),
        PLAN,
        Room(1, None),
    )
    now = shorter.conversation.turns[2].blocks[0]
    assert isinstance(now, ToolResult)
    assert now.parts == (
        Text("[image removed to save room]", CacheMark.SHORT),
        Text("[document removed to save room]"),
        Text("ok"),
    )


@given(st.text(), st.integers(200, 400))
def test_a_shortened_text_is_no_longer_than_allowed(text: str, chars: int) -> None:
    text *= 30
    now = shortened(text, chars)
    assert len(now) <= max(chars, 0)
    assert shortened(now, chars) == now
    assert (now == text) == (len(text) <= chars)


@pytest.mark.parametrize("chars", [200, 201, 1000])
def test_beginning_and_end_are_kept(chars: int) -> None:
    now = shortened("A" * 500 + "B" * 4000 + "C" * 500, chars)
    assert now[0] == "A"
    assert now[-1] == "C"
    assert len(now) == chars
