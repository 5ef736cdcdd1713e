import pytest

from isthmus.core.abilities import FIELDS, Abilities, Rule, resolve


@pytest.mark.parametrize(
    ("efforts", "asked", "given"),
    [
        (("low", "medium", "high"), "medium", "medium"),
        (("low", "medium", "high"), "max", "high"),
        (("low", "medium", "high"), "minimal", "low"),  # nothing below: the least there is
        (("low", "high", "max"), "xhigh", "high"),
        (("low", "high", "max"), "medium", "low"),
        ((), "high", None),
        (("low",), "someday", "someday"),  # a word of the client's own goes through
        ((), "someday", None),
        (("turbo",), "high", "turbo"),
    ],
)
def test_effort_is_clipped_downwards(efforts: tuple[str, ...], asked: str, given: str | None) -> None:
    assert Abilities(efforts=efforts).clip_effort(asked) == given


def test_later_rules_win_and_case_does_not_matter() -> None:
    rules = [Rule("*", {"vision": False}), Rule("GPT-4o*", {"vision": True, "context_window": 128_000})]
    assert resolve(Abilities(), rules, "gpt-4o-mini") == Abilities(context_window=128_000)
    assert not resolve(Abilities(), rules, "llama").vision


def test_a_rule_names_known_fields_only() -> None:
    assert "vision" in FIELDS
    with pytest.raises(TypeError):
        resolve(Abilities(), [Rule("*", {"visoin": True})], "x")
