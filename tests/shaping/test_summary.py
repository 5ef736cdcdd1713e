from __future__ import annotations

from hypothesis import given

from isthmus.core.conversation import Conversation, Image, RemoteUrl, Text, Thinking, ToolResult
from isthmus.core.losses import Action, Loss
from isthmus.shaping.compression import Method, Plan, Room, weigh
from isthmus.shaping.drop_turns import choose_cut
from isthmus.shaping.estimate import estimate_tokens
from isthmus.shaping.summary import MAX_TOKENS, PIECE_CHARS, keys, request, with_summary
from shaping_talks import long_talks
from talk import assistant, call, talk, user


def asked(conversation: Conversation) -> str:
    (turn,) = conversation.turns
    (block,) = turn.blocks
    assert isinstance(block, Text)
    return block.text


def test_everything_that_was_said_and_done_is_shown_to_the_one_who_summarises() -> None:
    turns = (
        user("look at this", Image(RemoteUrl("u"))),
        assistant(Thinking("hm"), "I look", call("1", "read", '{"path":"a"}')),
        user(ToolResult("1", (Text("nothing there"), Image(RemoteUrl("u"))), is_error=True)),
    )
    conversation = request(turns, None, "m", 200_000)
    said = asked(conversation)
    for part in (
        "user: look at this",
        "user: [image]",
        "assistant: I look",
        'assistant: [calls read with {"path":"a"}]',
        "user: [error: nothing there (not text)]",
    ):
        assert part in said
    assert "hm" not in said.split("</conversation>")[0]
    assert conversation.max_tokens == MAX_TOKENS
    assert "before" not in said


def test_an_earlier_summary_is_part_of_the_next() -> None:
    said = asked(request((user("more"),), "they agreed on blue", "m", None))
    assert "they agreed on blue" in said
    assert said.endswith("together with what came before.")


def test_long_texts_are_clipped_and_the_whole_fits_the_window_of_the_one_asked() -> None:
    turns = [user("x" * 100_000)]
    assert len(asked(request(turns, None, "m", None))) < PIECE_CHARS + 300
    many = [user(f"{at} 汉字" * 500) for at in range(500)]
    assert estimate_tokens(request(many, None, "gpt-5", 16_000), "gpt-5") < 16_000 - MAX_TOKENS


@given(long_talks())
def test_a_key_stands_for_a_turn_and_all_before_it(conversation: Conversation) -> None:
    turns = conversation.turns
    names = list(keys(turns, "m"))
    assert names[:2] == list(keys(turns[:2], "m"))
    assert len(set(names)) == len(turns)
    assert not set(names) & set(keys(turns, "other"))
    assert not set(names) & set(keys(turns[1:], "m"))


def test_the_summary_stands_in_the_place_of_what_it_summarises() -> None:
    turns = (user("old " * 500), assistant("a"), user("new"))
    weighed = weigh(talk(*turns), "m")
    cut = choose_cut(weighed, Plan(Method.SUMMARISE, keep_turns=1), Room(100, None), 10)
    assert cut is not None
    shorter, losses = with_summary(weighed, cut, "they said old")
    first, *rest = shorter.conversation.turns
    assert first == user(
        "[Summary of the 2 earlier messages of this conversation]\nthey said old\n[End of the summary]"
    )
    assert rest == [user("new")]
    assert losses == (Loss("messages", Action.REPLACED, "2 oldest turns by a summary"),)
