from __future__ import annotations

import pytest
from pydantic import ValidationError

from isthmus.config.capabilities import Capabilities
from isthmus.core.abilities import FIELDS, Abilities, Rule, SystemTurns, resolve
from isthmus.core.conversation import ThinkingMode

# What a provider's code understands or can stand in for; no operator can give it that by saying so.
OF_THE_PROVIDER = {"home", "server_tools", "emulated_tools"}

EVERYTHING = {
    "vision": False,
    "documents": True,
    "tools": False,
    "parallel_tools": False,
    "forced_tools": False,
    "forced_tools_while_thinking": False,
    "tool_name_chars": 32,
    "tool_id_pattern": "[a-z]+",
    "tool_id_chars": 9,
    "thinking": ["adaptive"],
    "effort": ["low", "high"],
    "sampling": False,
    "top_k": True,
    "max_temperature": 1.0,
    "stop": 16,
    "json_object": False,
    "json_schema": False,
    "prefill": True,
    "system_in_messages": "refused",
    "alternating_turns": True,
    "empty_tool_results": False,
    "fetches_urls": False,
    "fetches_documents": True,
    "cache_marks": True,
    "context_window": 8192,
    "max_output_tokens": 1024,
}


def test_every_ability_can_be_overridden() -> None:
    assert set(EVERYTHING) == set(Capabilities.model_fields)
    changes = Capabilities.model_validate(EVERYTHING).changes()
    assert set(changes) == FIELDS - OF_THE_PROVIDER
    changed = resolve(Abilities(), [Rule("*", changes)], "any")
    default = Abilities()
    assert all(getattr(changed, name) != getattr(default, name) for name in changes)


def test_what_is_not_written_does_not_change() -> None:
    assert Capabilities().changes() == {}
    assert Capabilities.model_validate({"vision": False}).changes() == {"vision": False}


@pytest.mark.parametrize(
    ("written", "modes"),
    [
        (True, {ThinkingMode.ENABLED, ThinkingMode.DISABLED}),
        ("true", {ThinkingMode.ENABLED, ThinkingMode.DISABLED}),
        (["true"], {ThinkingMode.ENABLED, ThinkingMode.DISABLED}),
        (False, set()),
        ([], set()),
        (["adaptive", "between_tools"], {ThinkingMode.ADAPTIVE, ThinkingMode.BETWEEN_TOOLS}),
    ],
)
def test_thinking_is_a_switch_or_a_list(written: object, modes: set[ThinkingMode]) -> None:
    assert Capabilities.model_validate({"thinking": written}).changes() == {"thinking": frozenset(modes)}


@pytest.mark.parametrize(
    ("written", "ability", "value"),
    [
        ({"stop": False}, "max_stop_sequences", 0),
        ({"stop": "true"}, "max_stop_sequences", 4),
        ({"stop": "5"}, "max_stop_sequences", 5),
        ({"system_in_messages": True}, "system_turns", SystemTurns.NATIVE),
        ({"system_in_messages": "false"}, "system_turns", SystemTurns.REMINDER),
        ({"effort": []}, "efforts", ()),
    ],
)
def test_switches_become_what_the_core_calls_them(written: object, ability: str, value: object) -> None:
    assert Capabilities.model_validate(written).changes() == {ability: value}


@pytest.mark.parametrize(
    "written",
    [{"thinking": ["deep"]}, {"tool_id_pattern": "("}, {"stop": -1}, {"context_window": 0}, {"visoin": True}],
)
def test_bad_values_are_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        Capabilities.model_validate(written)
