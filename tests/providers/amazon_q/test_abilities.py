from __future__ import annotations

import pytest

from isthmus.core.abilities import Rule
from isthmus.core.conversation import EFFORTS, ThinkingMode
from isthmus.providers.amazon_q.abilities import abilities_of, unread
from isthmus.providers.amazon_q.models import facts_of
from isthmus.providers.amazon_q.signatures import HOME
from providers.amazon_q.listed import row, thinker


@pytest.mark.parametrize(
    ("model", "window", "vision"),
    [
        ("claude-sonnet-4", 200_000, True),
        ("claude-sonnet-4-5-20250929", 200_000, True),
        ("claude-4.5-opus-high", 200_000, True),
        ("CLAUDE_SONNET_4_20250514_V1_0", 200_000, True),
        ("claude-opus-4.6", 1_000_000, True),
        ("claude-sonnet-4.6", 200_000, True),
        ("claude-sonnet-4.6-1m", 1_000_000, True),
        ("claude-opus-4-8", 1_000_000, True),
        ("claude-sonnet-5", 1_000_000, True),
        ("gpt-5.6-luna", 272_000, True),
        ("glm-5", None, False),
        ("deepseek-3.2", None, False),
        ("auto", None, True),
        ("unheard-of", None, True),
    ],
)
def test_the_table(model: str, window: int | None, vision: bool) -> None:
    able = abilities_of(model, (), {})
    assert (able.context_window, able.vision) == (window, vision)


def test_the_protocol_has_no_place_for_sampling() -> None:
    able = abilities_of("auto", (), {})
    assert (able.sampling, able.json_object, able.json_schema) == (False,) * 3
    assert (able.home, able.fetches_urls, able.alternating_turns) == (HOME, False, True)


def test_an_account_list_is_better_than_the_table() -> None:
    plain = facts_of(row("claude-opus-4.6", supportedInputTypes=["TEXT", "DOCUMENT"]))
    able = abilities_of("claude-opus-4-6", (), {plain.id: plain})
    assert (able.context_window, able.max_output_tokens) == (200_000, 64_000)
    assert (able.vision, able.documents, able.cache_marks) == (False, True, False)
    assert (able.efforts, able.thinking) == ((), frozenset())


def test_a_listed_model_that_thinks() -> None:
    facts = facts_of(thinker())
    able = abilities_of("claude-opus-4.8", (), {facts.id: facts})
    assert able.thinking == {ThinkingMode.ADAPTIVE, ThinkingMode.DISABLED}
    assert (able.efforts, able.cache_marks) == (EFFORTS, True)


def test_the_operator_has_the_last_word_but_no_say_in_the_home() -> None:
    facts = facts_of(row("glm-5", supportedInputTypes=["TEXT"]))
    rules = (Rule("GLM-*", {"vision": True, "home": "elsewhere"}),)
    able = abilities_of("glm-5", rules, {facts.id: facts})
    assert (able.vision, able.home) == (True, HOME)


@pytest.mark.parametrize(
    ("inputs", "rules", "without"),
    [
        (None, {}, {"document"}),
        (["TEXT"], {}, {"image", "document"}),
        (["TEXT", "IMAGE"], {}, {"document"}),
        (["TEXT", "IMAGE", "DOCUMENT"], {}, set()),
        (None, {"documents": True}, set()),
        (["TEXT"], {"vision": True}, {"document"}),
        (["TEXT", "DOCUMENT"], {"documents": False}, {"image", "document"}),
    ],
)
def test_files_go_to_models_that_are_known_to_read_them(
    inputs: list[str] | None, rules: dict[str, bool], without: set[str]
) -> None:
    """An account's list counts for its own requests; the record of `abilities_of` leaves it open while there is none."""
    facts = None if inputs is None else facts_of(row("claude-opus-5", supportedInputTypes=inputs))
    assert unread("claude-opus-5", (Rule("claude-*", rules),), facts) == without
    assert abilities_of("claude-opus-5", (), {}).documents
