"""Names of models as clients bring them, and the laws of every such translation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.providers.amazon_q.names import KNOWN, Resolved, resolve

OLD_STYLE = "CLAUDE_SONNET_4_5_20250929_V1_0"


@pytest.mark.parametrize(
    ("asked", "id", "effort"),
    [
        ("claude-sonnet-4.5", "claude-sonnet-4.5", None),
        ("claude-sonnet-4-5", "claude-sonnet-4.5", None),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4.5", None),
        ("claude-sonnet-4-20250514", "claude-sonnet-4", None),
        ("claude-sonnet-4-0", "claude-sonnet-4", None),
        ("claude-opus-4-5-latest", "claude-opus-4.5", None),
        ("claude-haiku-4-5-20251001-thinking", "claude-haiku-4.5", None),
        ("claude-4.5-opus-high", "claude-opus-4.5", "high"),
        ("claude-4.5-opus-low", "claude-opus-4.5", "low"),
        ("claude-opus-4-8-xhigh", "claude-opus-4.8", "xhigh"),
        ("anthropic/claude-opus-4.6", "claude-opus-4.6", None),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4.5", None),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4.5", None),
        ("CLAUDE_SONNET_4_20250514_V1_0", "claude-sonnet-4", None),
        ("claude-sonnet-4-5[1m]", "claude-sonnet-4.5-1m", None),
        ("claude-sonnet-4-5-1m", "claude-sonnet-4.5-1m", None),
        ("claude-opus-4-8[1m]", "claude-opus-4.8", None),
        ("claude-opus-9-1", "claude-opus-9.1", None),
        ("deepseek-3-2", "deepseek-3.2", None),
        ("openai/gpt-5.6-sol", "gpt-5.6-sol", None),
        ("AUTO", "auto", None),
        # Models that are gone, and strangers, are nobody's guess: the service answers for itself.
        ("claude-3-5-sonnet-20241022", "claude-3-5-sonnet-20241022", None),
        ("claude-3.7-sonnet", "claude-3.7-sonnet", None),
        ("claude-instant", "claude-instant", None),
        ("some/other-model-high", "some/other-model-high", None),
        ("", "", None),
    ],
)
def test_a_name_becomes_the_services_own(asked: str, id: str, effort: str | None) -> None:
    assert resolve(asked) == Resolved(id, effort)


def test_what_the_account_lists_is_preferred() -> None:
    assert resolve("claude-sonnet-4-5", [OLD_STYLE]) == Resolved(OLD_STYLE)
    assert resolve(OLD_STYLE, [OLD_STYLE, "claude-sonnet-4.5"]) == Resolved(OLD_STYLE)
    assert resolve("claude-sonnet-4-5", ["claude-sonnet-4.5", OLD_STYLE]) == Resolved("claude-sonnet-4.5")
    assert resolve("NEW.Model-7", ["new-model-7"]) == Resolved("new-model-7")


def test_a_listed_name_that_ends_like_an_effort_is_a_name() -> None:
    assert resolve("claude-opus-4-5-high", ["claude-opus-4.5-high"]) == Resolved("claude-opus-4.5-high")
    assert resolve("model-max", ["model", "model-max"]) == Resolved("model-max")
    assert resolve("model-max", ["model"]) == Resolved("model", "max")


def test_the_larger_window_is_taken_where_there_is_one() -> None:
    assert resolve("claude-sonnet-4-6[1m]", ["claude-sonnet-4.6"]) == Resolved("claude-sonnet-4.6")
    both = ["claude-sonnet-4.6", "claude-sonnet-4.6-1m"]
    assert resolve("claude-sonnet-4-6[1m]", both) == Resolved("claude-sonnet-4.6-1m")


def names() -> st.SearchStrategy[str]:
    pieces = st.sampled_from(
        "claude sonnet opus 3 4 4.5 4-5 5 20250929 latest thinking high max 1m [1m] v1:0 gpt foo".split()
    )
    built = st.lists(pieces, max_size=6).map("-".join)
    led = st.tuples(st.sampled_from(["", "anthropic/", "eu.anthropic.", "x/y/"]), built).map("".join)
    return st.one_of(st.sampled_from(KNOWN), led, st.text(max_size=20))


@given(names(), st.lists(names(), max_size=4))
def test_a_resolved_name_stays_as_it_is(asked: str, listed: list[str]) -> None:
    once = resolve(asked, listed).id
    assert resolve(once, listed) == Resolved(once)


@given(names(), st.lists(names(), max_size=4))
def test_a_listed_name_is_never_changed(asked: str, listed: list[str]) -> None:
    assert resolve(asked, [*listed, asked]) == Resolved(asked)


@given(st.sampled_from(KNOWN))
def test_every_known_name_is_found_in_any_spelling(id: str) -> None:
    for spelled in (id.upper(), id.replace(".", "-"), f"vendor/{id}", f"{id}-latest"):
        assert resolve(spelled) == Resolved(id)
