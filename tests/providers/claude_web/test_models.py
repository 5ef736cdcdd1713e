from __future__ import annotations

import pytest

from isthmus.core.commands import Grant
from isthmus.core.secret import Secret
from isthmus.core.survey import Survey
from isthmus.providers.claude_web.models import (
    TABLE,
    Resolved,
    Thinks,
    ids,
    is_kept_from,
    plan_of,
    resolve,
    thinks_of,
)


@pytest.mark.parametrize(
    ("asked", "id", "upstream", "thinking", "effort"),
    [
        ("claude-sonnet-4-6", "claude-sonnet-4-6", "claude-sonnet-4-6", False, None),
        ("claude-sonnet-4.6", "claude-sonnet-4-6", "claude-sonnet-4-6", False, None),
        ("Anthropic/claude-sonnet-4-6-20260217", "claude-sonnet-4-6", "claude-sonnet-4-6", False, None),
        ("claude-haiku-4-5", "claude-haiku-4-5", "claude-haiku-4-5-20251001", False, None),
        ("claude-sonnet-4-20250514-think", "claude-sonnet-4", "claude-sonnet-4-20250514", True, None),
        ("claude-opus-4-8-thinking", "claude-opus-4-8", "claude-opus-4-8", True, None),
        ("claude-opus-4-8-think-max", "claude-opus-4-8", "claude-opus-4-8", True, "max"),
        ("claude-3-7-sonnet-latest", "claude-3-7-sonnet", "claude-3-7-sonnet-20250219", False, None),
        ("default", "default", None, False, None),
        ("default-think", "default", None, True, None),
        ("Claude-Unheard-Of-9.1", "Claude-Unheard-Of-9.1", "Claude-Unheard-Of-9.1", False, None),
        ("claude-unheard-of-think-low", "claude-unheard-of", "claude-unheard-of", True, "low"),
    ],
)
def test_names(asked: str, id: str, upstream: str | None, thinking: bool, effort: str | None) -> None:
    found = resolve(asked)
    assert (found.id, found.upstream, found.thinking, found.effort) == (id, upstream, thinking, effort)


def test_an_account_list_says_how_an_id_is_spelled() -> None:
    listed = ("claude-sonnet-4-6-20260217", "claude-new-6.1", "claude-odd-think")
    assert resolve("claude-sonnet-4-6", listed).upstream == "claude-sonnet-4-6-20260217"
    assert resolve("claude-new-6-1", listed).upstream == "claude-new-6.1"
    assert resolve("claude-new-6.1-think", listed) == Resolved("claude-new-6.1", "claude-new-6.1", True)
    assert resolve("claude-odd-think", listed) == Resolved("claude-odd-think", "claude-odd-think")
    assert resolve("default", listed).upstream is None


def test_no_name_stands_for_two_models() -> None:
    names = [name for model in TABLE for name in {model.id, model.upstream, *model.aliases} - {None}]
    assert len(names) == len(set(names))


def test_the_plan_of_an_account() -> None:
    key = Secret("sk-ant-sid01-x")
    assert plan_of(Grant("session_key", key)) is None
    assert plan_of(Grant("session_key", key, survey=Survey(plan="Pro"))) == "pro"
    assert plan_of(Grant("session_key", key, {"plan": "free"}, Survey(plan="pro"))) == "free"


@pytest.mark.parametrize(
    ("model", "plan", "kept"),
    [
        ("claude-opus-4-8", "free", True),
        ("claude-opus-4-8", "pro", False),
        ("claude-opus-4-8", None, False),
        ("claude-sonnet-5-think", "free", False),
        ("unheard-of", "free", False),
    ],
)
def test_a_free_plan_lacks_what_is_known_to_cost(model: str, plan: str | None, kept: bool) -> None:
    assert is_kept_from(resolve(model), plan) is kept


def test_what_may_be_asked_for() -> None:
    assert {"claude-opus-5", "claude-opus-5-think", "claude-opus-3", "default"} <= set(ids())
    assert "claude-opus-3-think" not in ids()
    assert {name for name in ids(free=True) if not name.endswith("-think")} == {
        "default",
        "claude-sonnet-5",
        "claude-sonnet-4-6",
        "claude-haiku-4-5",
        "claude-sonnet-4",
    }


@pytest.mark.parametrize(
    ("row", "known", "thinks"),
    [
        ({}, Thinks.EFFORT, Thinks.EFFORT),
        ({"thinking_modes": None}, Thinks.NONE, Thinks.NONE),
        ({"thinking_modes": [], "paprika_modes": []}, Thinks.EFFORT, Thinks.NONE),
        ({"thinking_modes": [{"id": "extended"}]}, Thinks.AUTO, Thinks.AUTO),
        ({"paprika_modes": ["extended"]}, Thinks.NONE, Thinks.LEGACY),
    ],
)
def test_what_a_list_says_about_thinking(row: dict[str, object], known: Thinks, thinks: Thinks) -> None:
    assert thinks_of(row, known) is thinks
