from __future__ import annotations

import pytest

from isthmus.core.conversation import Reasoning, ThinkingMode
from isthmus.providers.claude_web.models import Thinks
from isthmus.providers.claude_web.thinking import wish

ON, OFF, ADAPTIVE = ThinkingMode.ENABLED, ThinkingMode.DISABLED, ThinkingMode.ADAPTIVE
BETWEEN = ThinkingMode.BETWEEN_TOOLS
_ = None


@pytest.mark.parametrize(
    ("thinks", "reasoning", "mode", "effort", "losses"),
    [
        (Thinks.EFFORT, Reasoning(), "off", "low", []),
        (Thinks.EFFORT, Reasoning(OFF), "off", "low", []),
        (Thinks.EFFORT, Reasoning(OFF, effort="high"), "off", "low", []),
        (Thinks.EFFORT, Reasoning(BETWEEN), "off", "low", ["thinking=converted(disabled)"]),
        (Thinks.EFFORT, Reasoning(ON), "extended", "medium", []),
        (Thinks.EFFORT, Reasoning(effort="xhigh"), "extended", "xhigh", []),
        (Thinks.EFFORT, Reasoning(effort="minimal"), "extended", "low", ["effort=clamped(minimal→low)"]),
        (Thinks.EFFORT, Reasoning(effort="vast"), "extended", "medium", ["effort=clamped(vast→medium)"]),
        (
            Thinks.EFFORT,
            Reasoning(ON, 10_000),
            "extended",
            "low",
            ["thinking.budget_tokens=converted(effort low)"],
        ),
        (
            Thinks.EFFORT,
            Reasoning(ON, 60_000),
            "extended",
            "max",
            ["thinking.budget_tokens=converted(effort max)"],
        ),
        (Thinks.EFFORT, Reasoning(ON, 9, "high"), "extended", "high", []),
        (Thinks.EFFORT, Reasoning(ADAPTIVE, effort="high"), "auto", "high", []),
        (Thinks.AUTO, Reasoning(), "auto", "low", []),
        (Thinks.AUTO, Reasoning(ON), "auto", "high", []),
        (
            Thinks.AUTO,
            Reasoning(OFF),
            "auto",
            "low",
            ["thinking=converted(effort low: the model decides itself)"],
        ),
        (Thinks.LEGACY, Reasoning(), "off", _, []),
        (
            Thinks.LEGACY,
            Reasoning(ON, 5_000),
            "extended",
            _,
            ["thinking.budget_tokens=dropped(the model decides)"],
        ),
        (Thinks.LEGACY, Reasoning(effort="high"), "extended", _, ["effort=converted(thinking on)"]),
        (Thinks.LEGACY, Reasoning(ADAPTIVE), "extended", _, []),
        (Thinks.NONE, Reasoning(OFF), _, _, []),
        (Thinks.NONE, Reasoning(ON), _, _, ["thinking=dropped(the model takes none)"]),
    ],
)
def test_in_the_completion(
    thinks: Thinks, reasoning: Reasoning, mode: str | None, effort: str | None, losses: list[str]
) -> None:
    made = wish(reasoning, thinks, "request")
    assert (made.fields.get("thinking_mode"), made.fields.get("effort")) == (mode, effort)
    assert [str(loss) for loss in made.losses] == losses
    assert made.settings is None


@pytest.mark.parametrize(
    ("thinks", "reasoning", "settings"),
    [
        (Thinks.EFFORT, Reasoning(), {"paprika_mode": None}),
        (Thinks.EFFORT, Reasoning(ON), {"paprika_mode": "extended"}),
        (Thinks.EFFORT, Reasoning(ADAPTIVE), {"paprika_mode": "auto"}),
        (Thinks.LEGACY, Reasoning(ON), {"paprika_mode": "extended"}),
        (Thinks.NONE, Reasoning(ON), None),
    ],
)
def test_in_the_conversation(thinks: Thinks, reasoning: Reasoning, settings: object) -> None:
    made = wish(reasoning, thinks, "conversation")
    assert (made.fields, made.settings) == ({}, settings)


def test_a_conversation_has_no_word_for_effort() -> None:
    made = wish(Reasoning(effort="high"), Thinks.EFFORT, "conversation")
    assert [loss.field for loss in made.losses] == ["effort"]
