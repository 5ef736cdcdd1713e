"""A wish to think → the fields of each family of models."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.conversation import EFFORTS, Reasoning, ThinkingMode
from isthmus.providers.amazon_q.reasoning import (
    effort_of,
    efforts_of,
    limit_output,
    modes_of,
    nearest,
    think,
)
from providers.amazon_q.listed import CLAUDE_FIELDS, GPT_FIELDS

ON, OFF, ADAPTIVE, BETWEEN = (
    ThinkingMode.ENABLED,
    ThinkingMode.DISABLED,
    ThinkingMode.ADAPTIVE,
    ThinkingMode.BETWEEN_TOOLS,
)
SHOWN = {"type": "adaptive", "display": "summarized"}


@pytest.mark.parametrize(
    ("reasoning", "fields", "losses"),
    [
        (Reasoning(), {}, []),
        (Reasoning(OFF), {"thinking": {"type": "disabled"}}, []),
        (Reasoning(BETWEEN), {"thinking": {"type": "disabled"}}, ["thinking=converted(disabled)"]),
        (Reasoning(ADAPTIVE), {"thinking": SHOWN}, []),
        (Reasoning(ADAPTIVE, hidden=True), {"thinking": {**SHOWN, "display": "omitted"}}, []),
        (Reasoning(effort="high"), {"thinking": SHOWN, "output_config": {"effort": "high"}}, []),
        (
            Reasoning(effort="xhigh"),
            {"thinking": SHOWN, "output_config": {"effort": "max"}},
            ["effort=clamped(xhigh→max)"],
        ),
        (
            Reasoning(effort="minimal"),
            {"thinking": SHOWN, "output_config": {"effort": "low"}},
            ["effort=clamped(minimal→low)"],
        ),
        (
            Reasoning(ON, 16_000),
            {"thinking": SHOWN, "output_config": {"effort": "medium"}},
            ["thinking.budget_tokens=converted(effort medium)"],
        ),
        (Reasoning(ON, 16_000, "low"), {"thinking": SHOWN, "output_config": {"effort": "low"}}, []),
    ],
)
def test_claude(reasoning: Reasoning, fields: dict[str, Any], losses: list[str]) -> None:
    extra = think(reasoning, CLAUDE_FIELDS)
    assert (extra.fields, [str(each) for each in extra.losses]) == (fields, losses)


@pytest.mark.parametrize(
    ("reasoning", "fields", "losses"),
    [
        (Reasoning(OFF), {"reasoning": {"effort": "none"}}, []),
        (Reasoning(effort="medium"), {"reasoning": {"effort": "medium"}}, []),
        (Reasoning(effort="max"), {"reasoning": {"effort": "high"}}, ["effort=clamped(max→high)"]),
        (
            Reasoning(ON, 9_000),
            {"reasoning": {"effort": "low"}},
            ["thinking.budget_tokens=converted(effort low)"],
        ),
        (Reasoning(ADAPTIVE), {}, ["thinking=dropped(the model takes no such field)"]),
    ],
)
def test_gpt(reasoning: Reasoning, fields: dict[str, Any], losses: list[str]) -> None:
    extra = think(reasoning, GPT_FIELDS)
    assert (extra.fields, [str(each) for each in extra.losses]) == (fields, losses)


def test_a_model_of_which_nothing_is_known_is_sent_nothing() -> None:
    assert think(Reasoning(OFF), None).losses == []
    extra = think(Reasoning(ON, 5_000, "high"), None)
    assert extra.fields == {}
    assert [str(each) for each in extra.losses] == [
        "effort=dropped(the account's model list names no field for it)",
        "thinking=dropped(the account's model list names no field for it)",
    ]
    assert limit_output(100, None).fields == {}


def test_a_model_that_cannot_be_kept_from_thinking_thinks_little() -> None:
    always = copy.deepcopy(CLAUDE_FIELDS)
    always["properties"]["thinking"]["properties"]["type"] = {"const": "adaptive"}
    extra = think(Reasoning(OFF), always)
    assert extra.fields == {"output_config": {"effort": "low"}}
    assert [str(each) for each in extra.losses] == ["thinking=converted(effort low)"]


def test_a_budget_for_a_model_without_words_for_effort() -> None:
    fields = {"properties": {"thinking": CLAUDE_FIELDS["properties"]["thinking"]}}
    extra = think(Reasoning(ON, 5_000), fields)
    assert extra.fields == {"thinking": SHOWN}
    assert [str(each) for each in extra.losses] == ["thinking.budget_tokens=dropped(the model decides)"]


@pytest.mark.parametrize(
    ("asked", "sent", "losses"),
    [
        (1023, {}, []),
        (1024, {"max_tokens": 1024}, []),
        (64_000, {"max_tokens": 64_000}, []),
        (99_999, {"max_tokens": 64_000}, ["max_tokens=clamped(99999→64000)"]),
    ],
)
def test_the_length_of_the_answer(asked: int, sent: dict[str, int], losses: list[str]) -> None:
    extra = limit_output(asked, CLAUDE_FIELDS)
    assert (extra.fields, [str(each) for each in extra.losses]) == (sent, losses)


@pytest.mark.parametrize(
    ("budget", "effort"),
    [(1, "low"), (10_000, "low"), (10_001, "medium"), (20_000, "medium"), (28_000, "high"), (28_001, "max")],
)
def test_a_budget_as_a_word(budget: int, effort: str) -> None:
    assert effort_of(budget) == effort


def test_what_the_schema_lets_a_client_ask_for() -> None:
    assert efforts_of(CLAUDE_FIELDS) == ("low", "medium", "high", "max")
    assert efforts_of(GPT_FIELDS) == ("low", "medium", "high")
    assert modes_of(CLAUDE_FIELDS) == {OFF, ADAPTIVE}
    assert modes_of(GPT_FIELDS) == {OFF}
    assert (efforts_of(None), modes_of(None)) == ((), frozenset())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["properties", "enum", "thinking", "effort", "output_config"]), inner
        )
    ),
    max_leaves=8,
)
schemas = st.dictionaries(st.sampled_from(["properties", "type"]), json_values)
reasonings = st.builds(
    Reasoning,
    st.none() | st.sampled_from(ThinkingMode),
    st.none() | st.integers(0, 40_000),
    st.none() | st.sampled_from((*EFFORTS, "odd")),
    st.booleans(),
)


@given(reasonings, schemas)
def test_no_schema_is_too_odd(reasoning: Reasoning, schema: dict[str, Any]) -> None:
    sent = think(reasoning, schema).fields
    named = schema.get("properties")
    assert set(sent) <= set(named if isinstance(named, dict) else ())


@given(st.sampled_from((*EFFORTS, "odd")), st.sets(st.sampled_from(EFFORTS), min_size=1))
def test_the_nearest_word_is_one_of_the_models(effort: str, words: set[str]) -> None:
    known = tuple(word for word in EFFORTS if word in words)
    assert nearest(effort, known) in known
    assert effort not in known or nearest(effort, known) == effort
