from __future__ import annotations

import pytest

from isthmus.core.abilities import Rule, SystemTurns
from isthmus.core.conversation import ThinkingMode
from isthmus.providers.claude_web.abilities import abilities_of
from isthmus.providers.claude_web.options import Options

ALL = {ThinkingMode.ENABLED, ThinkingMode.DISABLED, ThinkingMode.ADAPTIVE}


@pytest.mark.parametrize(
    ("model", "modes", "efforts"),
    [
        ("claude-sonnet-5", ALL, 5),
        ("claude-opus-5-think", ALL, 5),
        ("claude-sonnet-4-20250514", ALL - {ThinkingMode.ADAPTIVE}, 0),
        ("claude-opus-3", set(), 0),
        ("unheard-of", ALL, 5),
    ],
)
def test_thinking_by_model(model: str, modes: set[ThinkingMode], efforts: int) -> None:
    able = abilities_of(model, (), {})
    assert (able.thinking, len(able.efforts)) == (modes, efforts)


def test_a_prompt_carries_tools_only_by_instruction() -> None:
    able = abilities_of("claude-sonnet-5", (), {})
    assert (able.tools, able.emulated_tools, able.forced_tools, able.parallel_tools) == (True,) * 4
    assert (able.sampling, able.prefill, able.cache_marks, able.json_schema, able.fetches_urls) == (
        False,
    ) * 5
    assert (able.vision, able.documents, able.home) == (True, True, None)
    assert able.system_turns is SystemTurns.NATIVE


def test_search_is_offered_when_the_operator_says_so() -> None:
    assert abilities_of("default", (), {}).server_tools == ()
    assert abilities_of("default", (), {}, Options(web_search=True)).server_tools == ("web_search",)


def test_an_account_list_is_better_than_the_table() -> None:
    row = {
        "id": "claude-opus-3",
        "thinking_modes": [{"id": "extended"}],
        "capabilities": {"mm_images": False, "mm_pdf": True, "web_search": "?"},
    }
    able = abilities_of("claude-opus-3", (), {"claude-opus-3": row})
    assert (able.vision, able.documents) == (False, True)
    assert able.thinking == ALL - {ThinkingMode.ADAPTIVE}
    assert abilities_of("claude-opus-3", (), {"claude-opus-3": {"capabilities": None}}).vision


def test_the_operator_has_the_last_word_but_cannot_make_tools_native() -> None:
    rules = (Rule("claude-*", {"vision": False, "home": "anthropic", "emulated_tools": False}),)
    able = abilities_of("claude-sonnet-5", rules, {})
    assert (able.vision, able.home, able.emulated_tools) == (False, None, True)
