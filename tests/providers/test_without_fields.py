from __future__ import annotations

from dataclasses import replace

import pytest

from isthmus.core.conversation import Choice, Conversation, Sampling, ToolChoice
from isthmus.core.losses import Action, Loss
from isthmus.providers.without_fields import say_choice, stops_to_read, unheard

PLAIN = Conversation("m", ())


def test_only_what_was_set_goes_unheard() -> None:
    assert unheard(PLAIN) == []
    assert unheard(replace(PLAIN, sampling=Sampling(temperature=0.0, top_p=0.5, top_k=1))) == [
        "temperature",
        "top_p",
        "top_k",
    ]
    assert unheard(replace(PLAIN, user="u", service_tier="flex")) == ["user", "service_tier"]
    assert unheard(replace(PLAIN, user="", service_tier="auto")) == []


def test_stop_sequences_are_read_and_noted_unless_they_are_empty() -> None:
    losses: list[Loss] = []
    assert stops_to_read(PLAIN, losses) == () and losses == []
    assert stops_to_read(replace(PLAIN, sampling=Sampling(stop=("A", "", "B"))), losses) == ("A", "B")
    assert losses == [Loss("stop", Action.EMULATED, "2 by reading the answer")]


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (ToolChoice(Choice.ANY), ["Your next answer must call at least one of the tools."]),
        (ToolChoice(Choice.TOOL, "look"), ["Your next answer must call the tool look."]),
        (ToolChoice(Choice.AUTO), []),
        (ToolChoice(Choice.NONE), []),
    ],
)
def test_a_demanded_call_is_said_in_words(choice: ToolChoice, said: list[str]) -> None:
    words: list[str] = []
    losses: list[Loss] = []
    say_choice(choice, words, losses)
    assert words == said
    assert losses == [Loss("tool_choice", Action.EMULATED, "by instruction")] * len(said)
