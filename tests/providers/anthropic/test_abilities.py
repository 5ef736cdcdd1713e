import pytest

from isthmus.core.abilities import Abilities, Rule, SystemTurns, resolve
from isthmus.core.conversation import ThinkingMode
from isthmus.providers.anthropic.abilities import BASE, RULES

D, E, A, B = (
    ThinkingMode.DISABLED,
    ThinkingMode.ENABLED,
    ThinkingMode.ADAPTIVE,
    ThinkingMode.BETWEEN_TOOLS,
)


def able(model: str) -> Abilities:
    return resolve(BASE, RULES, model)


@pytest.mark.parametrize(
    ("model", "thinking", "top_effort", "sampling", "prefill", "native_system"),
    [
        ("claude-3-5-haiku-20241022", set(), None, True, True, False),
        ("claude-3-7-sonnet-20250219", {D, E}, None, True, True, False),
        ("claude-opus-4-20250514", {D, E}, None, True, True, False),
        ("claude-opus-4-1", {D, E}, None, True, True, False),
        ("claude-sonnet-4-5-20250929", {D, E}, None, True, True, False),
        ("claude-haiku-4-5", {D, E}, None, True, True, False),
        ("claude-opus-4-5-20251101", {D, E}, "high", True, True, False),
        ("claude-opus-4-6", {D, E, A}, "max", True, False, False),
        ("us.anthropic.claude-sonnet-4-6-v1:0", {D, E, A}, "max", True, False, False),
        ("claude-opus-4-7", {D, A}, "max", False, False, False),
        ("claude-opus-4-8", {D, A}, "max", False, False, True),
        ("claude-sonnet-5", {D, A}, "max", False, False, True),
        ("claude-sonnet-5-20260630", {D, A}, "max", False, False, True),
        ("claude-opus-5-5", {A}, "max", False, False, True),
        ("claude-opus-5-5-20261021", {A}, "max", False, False, True),
        ("claude-sonnet-5-5", {A, B}, "max", False, False, True),
        ("claude-fable-7", {A}, "max", False, False, True),
        ("deepseek-chat", {D, E}, None, True, False, False),
    ],
)
def test_classes(
    model: str,
    thinking: set[ThinkingMode],
    top_effort: str | None,
    sampling: bool,
    prefill: bool,
    native_system: bool,
) -> None:
    record = able(model)
    assert record.thinking == thinking
    assert (record.efforts[-1] if record.efforts else None) == top_effort
    assert (record.sampling, record.prefill) == (sampling, prefill)
    assert (record.system_turns is SystemTurns.NATIVE) is native_system
    assert record.home == "anthropic"


@pytest.mark.parametrize(
    ("model", "most"),
    [
        ("claude-3-haiku-20240307", 4_096),
        ("claude-3-5-sonnet-20241022", 8_192),
        ("claude-opus-4-20250514", 32_000),
        ("claude-sonnet-4-5", 64_000),
        ("claude-opus-4-8", 128_000),
        ("glm-4.7", None),
    ],
)
def test_output_limits(model: str, most: int | None) -> None:
    assert able(model).max_output_tokens == most


def test_the_operator_knows_better() -> None:
    rules = (*RULES, Rule("claude-opus-5-5", {"vision": False}))
    assert not resolve(BASE, rules, "claude-opus-5-5").vision
