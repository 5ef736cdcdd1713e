"""Routes of claude-code-router by model name."""

from typing import Any

import pytest

from isthmus.migrate.claude_code_router_routes import take_routes, take_rules
from isthmus.migrate.entry import Entry
from isthmus.migrate.haul import Haul, NewProvider
from migrate.reading import provider, read, said

NAMES = {"there": "here", "other": "other"}


def of_rules(**router: Any) -> Haul:
    haul = Haul(
        "x",
        providers=[
            NewProvider("here", "anthropic", {"models": {"a": "a"}}),
            NewProvider("other", "anthropic"),
        ],
    )
    take_rules(haul, Entry(router, haul.report, "Router"), NAMES)
    return haul


def rule(left: str, operator: str, right: str, key: str, value: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "name": "a rule",
        "condition": {"left": left, "operator": operator, "right": right},
        "rewrites": [{"key": key, "operation": "set", "value": value}],
        **more,
    }


MODEL = "request.body.model"


def test_default_and_background_become_entries_of_the_model_map() -> None:
    haul = read("claude-code-router")
    assert provider(haul, "deepseek").settings["models"]["*"] == "deepseek-chat"
    assert provider(haul, "openrouter").settings["models"]["claude*haiku*"] == "google/gemini-2.5-pro-preview"


@pytest.mark.parametrize(
    ("where", "what", "text"),
    [
        ("left_out", "Router.think", "'deepseek,deepseek-reasoner'"),
        ("left_out", "Router.longContext", "'openrouter,google/gemini-2.5-pro-preview'"),
        ("left_out", "Router.longContextThreshold", "not routed apart"),
        ("left_out", "Router.webSearch", ":online'"),
        ("left_out", "Router.image", "images"),
        ("left_out", "fallback.default", "stays with its provider"),
        ("left_out", "fallback.think", "stays with its provider"),
        ("unknown", "Router.invented", ""),
    ],
)
def test_what_the_report_says(where: str, what: str, text: str) -> None:
    (line,) = said(read("claude-code-router").report, where, what)
    assert text in line


@pytest.mark.parametrize("route", ["missing,m", "here", "there,", "there/m"])
def test_a_route_to_nowhere_is_left_out(route: str) -> None:
    haul = Haul("x", providers=[NewProvider("here", "anthropic", {})])
    names = {} if route == "there/m" else NAMES
    take_routes(haul, Entry({"Router": {"default": route}}, haul.report), names)
    assert haul.settings == {}
    assert "add the provider" in said(haul.report, "left_out", "Router.default")[0]


@pytest.mark.parametrize(
    ("operator", "right", "asked"), [("==", "claude-x", "claude-x"), ("starts-with", "claude-", "claude-*")]
)
def test_rules_by_name_become_entries(operator: str, right: str, asked: str) -> None:
    haul = of_rules(rules=[rule(MODEL, operator, right, MODEL, "there/m")])
    assert haul.providers[0].settings["models"] == {"a": "a", asked: "m"}
    assert len(said(haul.report, "carried", "Router.rules[0]")) == 1


@pytest.mark.parametrize(
    "other",
    [
        rule("request.body.thinking", "==", "x", MODEL, "there/m"),
        rule(MODEL, "contains", "x", MODEL, "there/m"),
        rule(MODEL, "==", "x", "request.body.max_tokens", "there/m"),
        rule(MODEL, "==", "x", MODEL, "there/m", script="x.js"),
        rule(MODEL, "==", "x", MODEL, "there/m", enabled=False),
        rule(MODEL, "==", "x", MODEL, "there/m", rewrites=[]),
        {"id": "script", "type": "script"},
    ],
)
def test_every_other_rule_is_left_out(other: dict[str, Any]) -> None:
    haul = of_rules(rules=[other])
    assert haul.providers[0].settings["models"] == {"a": "a"}
    assert len(said(haul.report, "left_out", "Router.rules[0]")) == 1


@pytest.mark.parametrize(
    ("fallback", "settings"),
    [
        ({"mode": "retry", "retryCount": 3}, {"accounts.max_attempts": 4}),
        ({"mode": "off", "retryCount": 3}, {}),
        ({"mode": "model-chain", "models": ["there/m"]}, {}),
    ],
)
def test_fallback_of_version_3(fallback: dict[str, Any], settings: dict[str, Any]) -> None:
    haul = of_rules(fallback=fallback)
    assert haul.settings == settings
    assert bool(said(haul.report, "left_out", "Router.fallback.models")) is ("models" in fallback)


def test_a_default_that_is_switched_off_is_not_the_default() -> None:
    haul = Haul("x", providers=[NewProvider("here", "anthropic", {}, enabled=False, reason="off")])
    take_routes(haul, Entry({"Router": {"default": "there,m"}}, haul.report), NAMES)
    assert haul.settings == {}
    assert "switched off" in said(haul.report, "left_out", "Router.default")[0]
