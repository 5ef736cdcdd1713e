from __future__ import annotations

import pytest

from isthmus.core.errors import BadRequest, Kind
from isthmus.routing.directory import MAX_REMEMBERED, Choice, Directory
from isthmus.routing.model_map import ModelMap

DIRECTORY = Directory(
    {
        "silicon": ModelMap({"claude-3-5-sonnet-20241022": "qwen", "shared": "silicon-shared"}),
        "deepseek": ModelMap({"claude-3-opus": "deepseek-chat", "shared": "deepseek-shared"}),
        "open": ModelMap(),
    },
    {"best": "deepseek/claude-3-opus", "quick": "fast", "fast": "claude-3-5-sonnet", "raw": "open/llama3:8b"},
    "silicon",
)


@pytest.mark.parametrize(
    ("asked", "provider", "choice"),
    [
        ("claude-3-5-sonnet", None, Choice("silicon", "qwen")),
        ("shared", None, Choice("silicon", "silicon-shared")),  # the default provider first
        ("claude-3-opus", None, Choice("deepseek", "deepseek-chat")),  # another one that knows it
        ("shared", "deepseek", Choice("deepseek", "deepseek-shared")),  # the path decides
        ("deepseek/claude-3-opus", None, Choice("deepseek", "deepseek-chat")),
        ("deepseek:claude-3-opus", None, Choice("deepseek", "deepseek-chat")),
        ("deepseek/claude-3-opus", "deepseek", Choice("deepseek", "deepseek-chat")),
        ("open/meta/llama", None, Choice("open", "meta/llama")),
        ("anything", "open", Choice("open", "anything")),
        ("best", None, Choice("deepseek", "deepseek-chat")),  # alias with a provider
        ("quick", None, Choice("silicon", "qwen")),  # alias of an alias
        ("raw", None, Choice("open", "llama3:8b")),
        ("claude-open-gpt-oss:20b", None, Choice("open", "gpt-oss:20b")),  # as listed for Claude Code
        ("claude-open-gpt-oss:20b", "open", Choice("open", "gpt-oss:20b")),
    ],
)
def test_a_request_finds_its_provider_and_model(asked: str, provider: str | None, choice: Choice) -> None:
    assert DIRECTORY.choose(asked, provider) == choice


def test_an_unknown_model_is_refused_with_the_way_out() -> None:
    with pytest.raises(BadRequest, match=r"^model: claude-3-5-sonet is not known") as caught:
        DIRECTORY.choose("claude-3-5-sonet")
    assert caught.value.kind is Kind.MODEL_NOT_FOUND
    assert "claude-3-5-sonnet-20241022" in caught.value.message


def test_an_unknown_provider_in_the_path_is_refused_naming_the_choices() -> None:
    with pytest.raises(BadRequest, match="silicon, deepseek, open") as caught:
        DIRECTORY.choose("x", "nobody")
    assert caught.value.kind is Kind.NOT_FOUND


def test_aliases_in_a_circle_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="a -> b -> a"):
        Directory({"p": ModelMap()}, {"a": "b", "b": "a"}, "p")


def test_the_default_provider_must_exist() -> None:
    with pytest.raises(ValueError, match="nobody"):
        Directory({"p": ModelMap()}, {}, "nobody")


def test_listed_names_include_the_aliases_that_lead_there() -> None:
    assert DIRECTORY.names("silicon") == ["claude-3-5-sonnet-20241022", "shared", "quick", "fast"]
    assert DIRECTORY.names("open") == []


def test_it_knows_whose_models_the_configuration_names() -> None:
    assert [DIRECTORY.maps(name) for name in ("silicon", "open")] == [True, False]


def test_an_alias_made_for_discovery_leads_back() -> None:
    alias = Directory.discovery_alias("open", "vendor/model")
    assert "claude" in alias
    assert DIRECTORY.choose(alias) == Choice("open", "vendor/model")


def test_a_pattern_for_claude_hides_no_alias_made_for_discovery() -> None:
    maps = {
        "main": ModelMap({"claude-*": "big", "small": "little"}),
        "open": ModelMap(),
        "opus": ModelMap(),
    }
    directory = Directory(maps, {}, "main")
    assert directory.choose(Directory.discovery_alias("open", "qwen3")) == Choice("open", "qwen3")
    assert directory.choose(Directory.discovery_alias("main", "small")) == Choice("main", "little")
    assert directory.choose(Directory.discovery_alias("main", "small"), "main") == Choice("main", "little")
    assert directory.choose("claude-sonnet-5") == Choice("main", "big")


def test_an_entry_that_says_more_beats_an_alias_made_for_discovery() -> None:
    maps = {
        "main": ModelMap({"claude-opus-*": "big", "claude-haiku-5": "small"}),
        "opus": ModelMap(),
        "haiku": ModelMap(),
    }
    directory = Directory(maps, {}, "main")
    assert directory.choose("claude-opus-4-6") == Choice("main", "big")
    assert directory.choose("claude-haiku-5") == Choice("main", "small")
    assert directory.choose("claude-haiku-5", "haiku") == Choice("haiku", "claude-haiku-5")


def test_a_mapped_name_beats_the_provider_prefix_it_resembles() -> None:
    directory = Directory({"a": ModelMap({"b/large": "mapped"}), "b": ModelMap()}, {}, "a")
    assert directory.choose("b/large") == Choice("a", "mapped")


def test_an_entry_for_everything_hides_no_other_provider() -> None:
    maps = {"openai": ModelMap({"claude-*": "gpt", "*": "*"}), "dummy": ModelMap({"dummy*": "dummy*"})}
    directory = Directory(maps, {}, "openai")
    assert directory.choose("dummy-text") == Choice("dummy", "dummy-text")
    assert directory.choose("dummy/dummy-text") == Choice("dummy", "dummy-text")
    assert directory.choose("claude-opus-5") == Choice("openai", "gpt")
    assert directory.choose("gpt-5") == Choice("openai", "gpt-5")


def test_what_is_too_long_for_a_name_is_not_repeated() -> None:
    for provider in (None, "open"):
        with pytest.raises(BadRequest, match="no model has a name of 9999 characters") as caught:
            DIRECTORY.choose("x" * 9999, provider)
        assert caught.value.kind is Kind.MODEL_NOT_FOUND


def test_a_choice_is_made_once_and_their_number_is_bounded() -> None:
    directory = Directory({"p": ModelMap()}, {}, "p")
    assert directory.choose("m") is directory.choose("m")
    for number in range(MAX_REMEMBERED + 5):
        directory.choose(f"m{number}")
    assert len(directory._chosen) <= MAX_REMEMBERED
