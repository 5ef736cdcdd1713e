from __future__ import annotations

import pytest

from isthmus.shaping.characters import FEATURES
from isthmus.shaping.token_rates import CLAUDE, CLAUDE_NEW, GPT_4, OTHER, RATES, family_of


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("claude-3-5-sonnet-20241022", CLAUDE),
        ("claude-sonnet-4-20250514", CLAUDE),
        ("claude-sonnet-4-5-20250929", CLAUDE),
        ("claude-4.5-opus-high", CLAUDE),
        ("us.anthropic.claude-opus-4-6-v1:0", CLAUDE),
        ("anthropic/claude-haiku-4.5", CLAUDE),
        ("claude-next", CLAUDE),
        ("claude-opus-4-7", CLAUDE_NEW),
        ("Claude-Opus-4.10", CLAUDE_NEW),
        ("claude-sonnet-5", CLAUDE_NEW),
        ("claude-opus-5-20260901", CLAUDE_NEW),
        ("gpt-3.5-turbo", GPT_4),
        ("gpt-4", GPT_4),
        ("gpt-4-turbo-2024-04-09", GPT_4),
        ("gpt-4o-mini", OTHER),
        ("gpt-4.1", OTHER),
        ("gpt-5", OTHER),
        ("qwen3-coder", OTHER),
        ("", OTHER),
    ],
)
def test_the_name_tells_the_family(model: str, family: str) -> None:
    assert family_of(model) == family


def test_every_family_has_a_rate_for_every_feature() -> None:
    assert set(RATES) == {CLAUDE, CLAUDE_NEW, GPT_4, OTHER}
    for rates in RATES.values():
        assert len(rates) == len(FEATURES)
        assert min(rates) >= 0
        assert any(rates)
