from __future__ import annotations

import base64
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.conversation import Image, InlineData, RemoteUrl, Text, Thinking, ToolCall
from isthmus.shaping.estimate import (
    TOKENS_PER_IMAGE,
    estimate_frame,
    estimate_text,
    estimate_tokens,
    estimate_turn,
)
from isthmus.shaping.token_rates import RATES
from talk import result, talk, tools, user

COUNTED = json.loads(Path(__file__).with_name("token_counts.json").read_text("utf-8"))
"""Texts that the rates were not fitted to, with what real tokenizers make of them (tools/calibrate_tokens.py)."""
MODELS = {"claude": "claude-sonnet-4-5", "claude-4.7": "claude-opus-4-7", "gpt-4": "gpt-4", "other": "gpt-5"}
WORST = {
    "english": 0.11,
    "chinese": 0.15,
    "code": 0.07,
    "json": 0.08,
    "base64": 0.08,
    "digits": 0.05,
    "ids": 0.06,
}
"""Mean error allowed by kind; others have few texts or odd ones."""
WORST_OTHER = {"symbols": 1.0}


def png(width: int, height: int) -> Image:
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4) + height.to_bytes(4)
    return Image(InlineData("image/png", base64.b64encode(head + b"\0" * 20).decode()))


@given(st.text())
def test_no_text_is_too_strange_and_none_is_negative(text: str) -> None:
    assert estimate_text(text) >= 0


@given(st.text(), st.text())
def test_more_text_is_never_fewer_tokens(a: str, b: str) -> None:
    assert estimate_text(a + b) >= max(estimate_text(a), estimate_text(b)) - 1e-6


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("word " * 100, 100, 160), ("汉字处理" * 25, 50, 170), ("привет мир " * 20, 60, 190)],
)
def test_estimates_are_of_the_right_size(text: str, low: int, high: int) -> None:
    assert low <= estimate_text(text) <= high


@pytest.mark.parametrize("family", RATES)
def test_estimates_are_near_the_counts_of_real_tokenizers(family: str) -> None:
    errors: dict[str, list[float]] = defaultdict(list)
    for text in COUNTED:
        true = text["tokens"][family]
        errors[text["kind"]].append(abs(estimate_text(text["text"], MODELS[family]) - true) / true)
    for kind, each in errors.items():
        assert sum(each) / len(each) <= WORST.get(kind, WORST_OTHER.get(kind, 0.25)), kind
    assert sum(map(sum, errors.values())) / len(COUNTED) <= 0.12


@pytest.mark.parametrize("family", RATES)
def test_whole_prompts_are_estimated_better_than_single_texts(family: str) -> None:
    def total(read: Any) -> float:
        return float(sum(map(read, COUNTED)))

    true = total(lambda text: text["tokens"][family])
    assert total(lambda text: estimate_text(text["text"], MODELS[family])) == pytest.approx(true, rel=0.05)


def test_a_conversation_is_the_sum_of_its_parts() -> None:
    conversation = talk(
        user("some words"), user("and more of them"), system=(Text("be brief"),), tools=tools("f")
    )
    parts = estimate_frame(conversation, "gpt-5") + sum(
        estimate_turn(turn, "gpt-5") for turn in conversation.turns
    )
    assert estimate_tokens(conversation, "gpt-5") == pytest.approx(parts, abs=4)


def test_the_model_matters() -> None:
    conversation = talk(user("Ordinary words of an ordinary letter, nothing else. " * 20))
    assert estimate_tokens(conversation, "claude-opus-4-7") > 1.1 * estimate_tokens(conversation, "gpt-5")


def test_everything_counts() -> None:
    bare = estimate_tokens(talk(user("hi")))
    assert bare >= 1
    for richer in (
        talk(user("hi"), system=(Text("be brief"),)),
        talk(user("hi"), tools=tools("f")),
        talk(user("hi", result("1"))),
        talk(user("hi", ToolCall("1", "f", '{"a":1}'))),
        talk(user("hi", Thinking("hm, let me see"))),
        talk(user("hi", png(100, 100))),
    ):
        assert estimate_tokens(richer) > bare


def test_an_image_counts_by_its_size_where_that_is_told() -> None:
    small, large, unknown = (
        estimate_tokens(talk(user(image))) for image in (png(75, 100), png(9999, 9999), Image(RemoteUrl("u")))
    )
    assert small < 20
    assert large == unknown
    assert TOKENS_PER_IMAGE <= unknown < TOKENS_PER_IMAGE + 10
