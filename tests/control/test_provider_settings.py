"""Settings of a stored provider are held to the words of the configuration file, and keep their secrets."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.config import ProviderSettings
from isthmus.control.provider_settings import (
    MASK,
    merged,
    settings_problems,
    shown,
    shown_configured,
    with_own_names,
    with_secrets,
)
from isthmus.core.secret import Secret

URL = "https://vendor.example/v1"


@pytest.mark.parametrize(
    ("type", "settings", "field"),
    [
        ("openai-compatible", {}, "settings"),
        ("openai-compatible", {"base_url": "vendor.example"}, "settings.base_url"),
        ("openai-compatible", {"vendor": "nobody-knows-it"}, "settings"),
        ("openai-compatible", {"base_url": URL, "quirks": {"unheard": 1}}, "settings"),
        ("openai-compatible", {"base_url": URL, "modles": {}}, "settings.modles"),
        ("openai-compatible", {"base_url": URL, "timeout_s": -1}, "settings.timeout_s"),
        ("openai-compatible", {"base_url": URL, "headers": {"host": Secret("x")}}, "settings.headers.host"),
        ("openai-compatible", {"base_url": URL, "headers": {"x": Secret(MASK)}}, "settings.headers.x"),
        ("openai-compatible", {"base_url": URL, "proxy": Secret("ftp://proxy")}, "settings.proxy"),
        ("openai-compatible", {"base_url": URL, "api_key": "sk-1"}, "settings.api_key"),
        ("openai-compatible", {"base_url": URL, "type": "dummy"}, "settings.type"),
        ("openai-compatible", {"base_url": URL, "default_model": "\ud800"}, "settings"),
        ("openai-compatible", {"base_url": URL, "quirks": {"a": float("nan")}}, "settings"),
        ("anthropic", {"vendor": "openai"}, "settings"),
        ("no-such-type", {}, "type"),
        ("claude-code", {"api_key": "sk-1"}, "settings.api_key"),
        ("claude-code", {"claude_code": {"mode": "sometimes"}}, "settings.claude_code.mode"),
        ("claude-code", {"claude_code": {"mcp": {"enabled": True}}}, "settings"),
        ("claude-code", {"proxy": Secret("socks5://u:p@h:1")}, "settings.proxy"),
        ("claude-code", {"whatever": 1}, "settings.whatever"),
        ("claude-web", {"base_url": URL}, "settings"),
        ("claude-web", {"claude_web": {"upload_api": "ftp"}}, "settings.claude_web.upload_api"),
        ("dummy", {"claude_web": {"temporary": False}}, "settings"),
    ],
)
def test_what_is_wrong_is_named(type: str, settings: dict[str, Any], field: str) -> None:
    problems = settings_problems("vendor", type, settings)
    assert field in [each.field for each in problems], problems


@pytest.mark.parametrize(
    ("type", "settings"),
    [
        ("openai-compatible", {"base_url": URL, "models": ["a", "b"]}),
        ("openai-compatible", {"vendor": "openai", "headers": {"x-team": Secret("s")}}),
        ("anthropic", {"default_model": "claude-sonnet"}),
        ("dummy", {}),
        ("claude-web", {"claude_web": {"chat_delete": False}}),
        ("claude-code", {"claude_code": {"mode": "interactive", "pool": {"size": 0}}}),
        ("claude-code", {"proxy": Secret("http://u:p@h:1")}),
        ("anthropic", {"proxy": Secret("socks5://u:p@h:1")}),
    ],
)
def test_what_is_right_passes(type: str, settings: dict[str, Any]) -> None:
    assert settings_problems("vendor", type, settings) == []


def test_what_is_secret_is_hidden_and_only_that() -> None:
    hidden = with_secrets(
        "openai-compatible",
        {"headers": {"x": "team-secret"}, "proxy": "http://u:p@h", "models": {"session-key": "m"}},
    )
    assert hidden == {
        "headers": {"x": Secret("team-secret")},
        "proxy": Secret("http://u:p@h"),
        "models": {"session-key": "m"},
    }
    assert shown(hidden) == {"headers": {"x": MASK}, "proxy": MASK, "models": {"session-key": "m"}}


def test_of_a_later_type_whatever_is_called_like_a_secret_is_hidden() -> None:
    hidden = with_secrets("of-later", {"device": {"cookie": "c"}, "accessToken": "t", "region": "eu"})
    assert shown(hidden) == {"device": {"cookie": MASK}, "accessToken": MASK, "region": "eu"}


def test_a_patch_is_laid_over_what_was_there() -> None:
    old = {"base_url": URL, "timeout_s": 5, "headers": {"a": Secret("1"), "b": Secret("2")}}
    patch = {"base_url": None, "timeout": 9, "headers": {"a": Secret(MASK), "c": Secret("3")}}
    assert merged(old, patch) == {"timeout_s": 9, "headers": {"a": Secret("1"), "c": Secret("3")}}


def test_a_mask_that_stands_for_nothing_stays_and_is_refused() -> None:
    settings = merged({"base_url": URL}, {"headers": {"a": Secret(MASK)}})
    assert [each.field for each in settings_problems("v", "openai-compatible", settings)] == [
        "settings.headers.a"
    ]


def test_synonyms_get_their_own_name() -> None:
    assert with_own_names({"timeout": 5, "vendor": None}) == {"timeout_s": 5}


def test_the_configuration_shows_what_was_written_without_secrets() -> None:
    settings = ProviderSettings.model_validate(
        {
            "base_url": URL,
            "api_key": "canary-1",
            "headers": {"x": "canary-2"},
            "proxy": "http://u:canary-3@h",
            "capabilities": {"*": {"vision": False}},
            "quirks": {"think_tags": True},
        }
    )
    seen = shown_configured(settings)
    assert seen.keys() == {"base_url", "headers", "proxy", "capabilities", "quirks"}
    assert "canary" not in str(seen)
