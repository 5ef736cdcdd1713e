"""Definitions of models become a map and what is known of the models."""

from typing import Any

import pytest

from isthmus.migrate.claude2api_models import add_models
from isthmus.migrate.entry import Entry
from isthmus.migrate.gathered import Gathered
from isthmus.migrate.haul import Haul


def carried(*definitions: dict[str, Any]) -> tuple[Haul, dict[str, Any]]:
    haul = Haul("claude2api")
    provider = Gathered(haul, "claude-web")
    add_models(provider, Entry({"modelDefinitions": list(definitions)}, haul.report))
    provider.add("modelDefinitions")
    return haul, dict(haul.providers[0].settings)


@pytest.mark.parametrize(
    ("enabled", "visible", "mapped", "shown"),
    [
        (True, True, True, False),
        (None, None, True, False),
        (True, False, True, True),
        (False, True, False, False),
        (False, False, True, False),
        (False, None, True, False),
    ],
)
def test_switches_mean_what_they_mean_there(
    enabled: bool | None, visible: bool | None, mapped: bool, shown: bool
) -> None:
    haul, settings = carried({"publicId": "a", "upstreamId": "b", "enabled": enabled, "visible": visible})
    assert settings.get("models", {}) == ({"a": "b"} if mapped else {})
    assert ["listed like" in line.text for line in haul.report.changed] == ([True] if shown else [])


def test_a_name_alone_stands_for_itself() -> None:
    haul, settings = carried({"publicId": "a", "upstreamId": ""}, {"tier": "free"})
    assert settings == {"models": {"a": "a"}}
    assert [line.what for line in haul.report.left_out] == ["modelDefinitions[1].publicId"]


def test_prompts_are_shown_not_carried() -> None:
    haul, settings = carried(
        {"publicId": "a", "systemPromptOverride": "Be\nbrief."},
        {"publicId": "b", "promptOverrideMode": "append"},
    )
    assert settings == {"models": {"a": "a", "b": "b"}}
    first, second = haul.report.left_out
    assert first.text.endswith('"Be brief."')
    assert second.what == "modelDefinitions[1].promptOverrideMode"
