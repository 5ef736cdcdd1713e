from __future__ import annotations

from typing import Any

import pytest

from isthmus.core.conversation import Reasoning, ThinkingMode
from isthmus.core.losses import Loss
from isthmus.providers.openai_compatible.abilities import abilities_of
from isthmus.providers.openai_compatible.reasoning import effort_of, render_reasoning
from isthmus.providers.openai_compatible.vendor import Vendor
from isthmus.providers.openai_compatible.vendors import VENDORS
from talk import talk, user

OFF = Reasoning(ThinkingMode.DISABLED)
BETWEEN = Reasoning(ThinkingMode.BETWEEN_TOOLS)
BUDGET = Reasoning(ThinkingMode.ENABLED, 10_000)
MAX = Reasoning(ThinkingMode.ADAPTIVE, effort="max")
ADAPTIVE = Reasoning(ThinkingMode.ADAPTIVE)

GPT_5 = ("openai", "gpt-5")
GPT_5_2 = ("openai", "gpt-5.2")
GPT_4O = ("openai", "gpt-4o")
V4 = ("deepseek", "deepseek-v4-pro")
QWEN = ("siliconflow", "Qwen/Qwen3-32B")
QWEN_25 = ("siliconflow", "Qwen/Qwen2.5-14B-Instruct")
GLM = ("zhipu", "glm-4.6")
KIMI = ("moonshot", "kimi-k2.5")
ROUTER = ("openrouter", "any/model")
LOCAL = ("vllm", "some/model")
LOCAL_DEEPSEEK = ("vllm", "deepseek-ai/DeepSeek-V3.1")
OSS = ("generic", "gpt-oss-20b")
UNKNOWN = ("generic", "m")


def rendered(
    model: tuple[str, str], reasoning: Reasoning, max_tokens: int | None = None
) -> tuple[dict[str, Any], list[str]]:
    row, losses = VENDORS[model[0]], list[Loss]()
    conversation = talk(user("hi"), reasoning=reasoning, max_tokens=max_tokens)
    fields = render_reasoning(conversation, row.for_model(model[1]), abilities_of(row, model[1]), losses)
    return fields, [str(loss) for loss in losses]


@pytest.mark.parametrize(
    ("model", "reasoning", "fields", "losses"),
    [
        (UNKNOWN, Reasoning(), {}, []),
        (V4, Reasoning(), {}, []),
        (V4, ADAPTIVE, {}, []),
        # off
        (GPT_5_2, OFF, {"reasoning_effort": "none"}, []),
        (GPT_5, OFF, {"reasoning_effort": "minimal"}, ["thinking=converted(effort minimal)"]),
        (GPT_4O, OFF, {}, []),
        (V4, OFF, {"thinking": {"type": "disabled"}}, []),
        (V4, BETWEEN, {"thinking": {"type": "disabled"}}, []),
        (GLM, OFF, {"thinking": {"type": "disabled"}}, []),
        (KIMI, OFF, {"thinking": {"type": "disabled"}}, []),
        (QWEN, OFF, {"enable_thinking": False}, []),
        (QWEN_25, OFF, {}, []),
        (LOCAL, OFF, {"chat_template_kwargs": {"enable_thinking": False}}, []),
        (LOCAL_DEEPSEEK, OFF, {"chat_template_kwargs": {"thinking": False}}, []),
        (ROUTER, OFF, {"reasoning": {"effort": "none"}}, []),
        # on, with a budget
        (GPT_5, BUDGET, {"reasoning_effort": "high"}, ["thinking.budget_tokens=converted(effort high)"]),
        (
            V4,
            BUDGET,
            {"thinking": {"type": "enabled"}, "reasoning_effort": "high"},
            ["thinking.budget_tokens=converted(effort high)"],
        ),
        (KIMI, BUDGET, {"thinking": {"type": "enabled"}}, ["thinking.budget_tokens=dropped"]),
        (QWEN, BUDGET, {"enable_thinking": True, "thinking_budget": 10_000}, []),
        (ROUTER, BUDGET, {"reasoning": {"max_tokens": 10_000}}, []),
        (
            LOCAL,
            BUDGET,
            {"chat_template_kwargs": {"enable_thinking": True}},
            ["thinking.budget_tokens=dropped"],
        ),
        (OSS, BUDGET, {"reasoning_effort": "high"}, ["thinking.budget_tokens=converted(effort high)"]),
        (GPT_4O, BUDGET, {}, ["thinking=dropped"]),
        (UNKNOWN, BUDGET, {}, ["thinking=dropped"]),
        # by an effort, which wins over a budget
        (V4, MAX, {"reasoning_effort": "max"}, []),
        (GPT_5, MAX, {"reasoning_effort": "high"}, ["effort=clamped(max→high)"]),
        (ROUTER, MAX, {"reasoning": {"effort": "xhigh"}}, ["effort=clamped(max→xhigh)"]),
        (UNKNOWN, MAX, {}, ["effort=dropped"]),
        (GLM, MAX, {}, ["effort=dropped"]),
        (ROUTER, Reasoning(ThinkingMode.ENABLED, 1024, "low"), {"reasoning": {"effort": "low"}}, []),
        (GPT_5, Reasoning(effort="low"), {"reasoning_effort": "low"}, []),
    ],
)
def test_every_wish_at_every_kind_of_vendor(
    model: tuple[str, str], reasoning: Reasoning, fields: dict[str, Any], losses: list[str]
) -> None:
    assert rendered(model, reasoning) == (fields, losses)


def test_a_budget_leaves_room_to_answer() -> None:
    assert rendered(QWEN, BUDGET, 5000)[0]["thinking_budget"] == 4999
    assert rendered(QWEN, BUDGET, 20_000)[0]["thinking_budget"] == 10_000


def test_a_switch_nobody_knows_is_noted() -> None:
    losses: list[Loss] = []
    able = abilities_of(VENDORS["vllm"], "m")
    assert render_reasoning(talk(user("hi"), reasoning=OFF), Vendor("v"), able, losses) == {}
    assert [str(loss) for loss in losses] == ["thinking=dropped(no known switch)"]


@pytest.mark.parametrize(
    ("budget", "effort"),
    [(1024, "low"), (2047, "low"), (2048, "medium"), (4095, "medium"), (4096, "high"), (10**6, "high")],
)
def test_budgets_as_efforts(budget: int, effort: str) -> None:
    assert effort_of(budget) == effort
