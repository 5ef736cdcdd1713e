from __future__ import annotations

import pytest

from isthmus.routing.model_map import ModelMap

MAP = ModelMap(
    {
        "claude-3-5-sonnet-20241022": "qwen-14b",
        "claude-3-opus-20240229": "qwen-72b",
        "claude-haiku-4-5": "small",
        "claude-opus-4-20250101": "old",
        "claude-opus-4-20250601": "new",
        "gpt-*": "openai/gpt-*",
        "gpt-5*": "five",
        "*-vision": "eyes",
    }
)


@pytest.mark.parametrize(
    ("asked", "upstream"),
    [
        ("claude-3-5-sonnet-20241022", "qwen-14b"),
        ("claude-3-5-sonnet", "qwen-14b"),  # undated meets dated
        ("claude-3-5-sonnet-latest", "qwen-14b"),
        ("claude-3-5-sonnet@20241022", "qwen-14b"),
        ("claude-3-5-sonnet-20250101", "qwen-14b"),  # another date of the same model
        ("Claude-3-5-Sonnet-20241022", "qwen-14b"),  # case does not matter
        ("claude-3-opus", "qwen-72b"),
        ("claude-haiku-4-5-20251001", "small"),  # dated meets undated
        ("claude-haiku-4-5[1m]", "small"),
        ("claude-opus-4", "new"),  # the newest date wins
        ("claude-opus-4-20250101", "old"),  # an exact name beats it
        ("gpt-4o", "openai/gpt-4o"),  # the star carries over
        ("gpt-5-mini", "five"),  # the longer pattern wins
        ("llama-vision", "eyes"),
        ("qwen-72b", "qwen-72b"),  # the upstream's own name
        ("mistral-large", None),
        ("claude-3-5-sonnet-mini", None),
    ],
)
def test_a_name_meets_its_entry(asked: str, upstream: str | None) -> None:
    assert MAP.explicit(asked) == upstream


def test_without_a_map_names_go_through() -> None:
    assert ModelMap().resolve("anything/at-all") == "anything/at-all"
    assert ModelMap().explicit("anything") is None


def test_the_default_model_serves_what_the_map_does_not_know() -> None:
    assert ModelMap({"a": "b"}, "fallback").resolve("unknown") == "fallback"
    assert ModelMap({}, "fallback").resolve("unknown") == "fallback"
    assert ModelMap({"a": "b"}, "fallback").resolve("a") == "b"


def test_a_map_without_default_does_not_know_everything() -> None:
    assert ModelMap({"a": "b"}).resolve("unknown") is None


def test_patterns_are_not_listed_as_models() -> None:
    assert ModelMap({"a": "b", "gpt-*": "c"}, "d").names() == ["a", "d"]
    assert ModelMap({"gpt-*": "c"}, "d").names() == []


def test_a_star_alone_is_a_default_not_knowledge() -> None:
    models = ModelMap({"a": "b", "*": "rest-*"}, "fallback")
    assert models.explicit("x") is None
    assert models.resolve("x") == "rest-x"
    assert models.resolve("a") == "b"


def test_how_much_of_a_name_the_map_spells_out() -> None:
    models = ModelMap({"claude-*": "big", "claude-opus-*": "bigger", "small": "little", "*": "any"})
    assert models.literal_characters("claude-sonnet-5") == len("claude-")
    assert models.literal_characters("claude-opus-5") == len("claude-opus-")
    assert (models.literal_characters("small"), models.literal_characters("little")) == (5, 6)
    assert models.literal_characters("nobody") == 0
