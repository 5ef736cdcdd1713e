import pytest

from isthmus.core.abilities import resolve
from isthmus.core.conversation import Reasoning, ThinkingMode
from isthmus.providers.anthropic.abilities import BASE, RULES
from isthmus.providers.anthropic.thinking import Thought, think

OFF = Reasoning(ThinkingMode.DISABLED)
ADAPTIVE = {"type": "adaptive", "display": "summarized"}


def thought(model: str, reasoning: Reasoning, max_tokens: int = 8000) -> Thought:
    return think(reasoning, resolve(BASE, RULES, model), max_tokens)


def budget(tokens: int) -> dict[str, object]:
    return {"type": "enabled", "budget_tokens": tokens}


@pytest.mark.parametrize(
    ("model", "reasoning", "thinking", "effort"),
    [
        ("claude-sonnet-4-5", Reasoning(), None, None),
        # effort → budget, adaptive, or a word alone
        ("claude-sonnet-4-5", Reasoning(effort="minimal"), budget(1024), None),
        ("claude-sonnet-4-5", Reasoning(effort="low"), budget(1024), None),
        ("claude-sonnet-4-5", Reasoning(effort="medium"), budget(2048), None),
        ("claude-sonnet-4-5", Reasoning(effort="high"), budget(4096), None),
        ("claude-sonnet-4-5", Reasoning(effort="max"), budget(7999), None),
        ("claude-opus-4-5", Reasoning(effort="medium"), budget(2048), "medium"),
        ("claude-opus-4-6", Reasoning(effort="high"), ADAPTIVE, "high"),
        ("claude-opus-4-6", Reasoning(effort="xhigh"), ADAPTIVE, "high"),
        ("claude-opus-4-8", Reasoning(effort="high"), ADAPTIVE, "high"),
        ("claude-opus-5-5", Reasoning(effort="high"), ADAPTIVE, "high"),
        ("claude-opus-5-5", Reasoning(effort="minimal"), ADAPTIVE, "low"),
        ("claude-3-5-haiku", Reasoning(effort="high"), None, None),
        # modes
        ("claude-opus-5-5", Reasoning(ThinkingMode.ADAPTIVE), ADAPTIVE, None),
        ("claude-opus-5-5", Reasoning(ThinkingMode.ADAPTIVE, hidden=True),
         {"type": "adaptive", "display": "omitted"}, None),
        ("claude-sonnet-4-5", Reasoning(ThinkingMode.ADAPTIVE), budget(4096), None),
        ("claude-sonnet-4-5", Reasoning(ThinkingMode.ENABLED, 3000), budget(3000), None),
        ("claude-opus-4-6", Reasoning(ThinkingMode.ENABLED, 3000), budget(3000), None),
        ("claude-opus-4-8", Reasoning(ThinkingMode.ENABLED, 3000), ADAPTIVE, "medium"),
        ("claude-opus-4-8", Reasoning(ThinkingMode.ENABLED, 30_000), ADAPTIVE, "high"),
        ("claude-sonnet-4-5", Reasoning(ThinkingMode.ENABLED, 30_000), budget(7999), None),
        ("claude-sonnet-4-5", Reasoning(ThinkingMode.ENABLED, 10), budget(1024), None),
        # off
        ("claude-sonnet-4-5", OFF, {"type": "disabled"}, None),
        ("claude-opus-4-8", OFF, {"type": "disabled"}, None),
        ("claude-sonnet-5", OFF, {"type": "disabled"}, None),
        ("claude-opus-5-5", OFF, None, "low"),
        ("claude-sonnet-5-5", OFF, {"type": "between_tools"}, None),
        ("claude-opus-4-8", Reasoning(ThinkingMode.BETWEEN_TOOLS), {"type": "disabled"}, None),
        ("claude-3-5-haiku", OFF, None, None),
    ],
)  # fmt: skip
def test_by_class(
    model: str, reasoning: Reasoning, thinking: dict[str, object] | None, effort: str | None
) -> None:
    sent = thought(model, reasoning)
    assert (sent.thinking, sent.effort) == (thinking, effort)


@pytest.mark.parametrize("max_tokens", [1, 1023, 1024])
def test_no_budget_where_there_is_no_room(max_tokens: int) -> None:
    sent = thought("claude-sonnet-4-5", Reasoning(effort="high"), max_tokens)
    assert sent.thinking is None
    assert [loss.field for loss in sent.losses] == ["reasoning_effort"]
    assert thought("claude-sonnet-4-5", Reasoning(effort="high"), 1025).thinking == budget(1024)


@pytest.mark.parametrize(
    ("model", "reasoning", "losses"),
    [
        ("claude-opus-4-8", Reasoning(effort="high"), []),
        ("claude-opus-4-6", Reasoning(effort="xhigh"), ["reasoning_effort=clamped(xhigh→high)"]),
        ("claude-3-5-haiku", Reasoning(effort="high"), ["reasoning_effort=dropped"]),
        ("claude-opus-5-5", OFF, ["reasoning_effort=converted(the model always thinks; effort low)"]),
        ("claude-sonnet-5-5", OFF, ["thinking=converted(between_tools)"]),
        (
            "claude-sonnet-4-5",
            Reasoning(ThinkingMode.ENABLED, 30_000),
            ["thinking.budget_tokens=clamped(30000→7999)"],
        ),
    ],
)
def test_what_changes_is_noted(model: str, reasoning: Reasoning, losses: list[str]) -> None:
    assert [str(loss) for loss in thought(model, reasoning).losses] == losses


def test_who_thinks() -> None:
    assert thought("claude-opus-4-8", Reasoning(effort="low")).thinks
    assert not thought("claude-opus-4-8", OFF).thinks
    assert not Thought().thinks
