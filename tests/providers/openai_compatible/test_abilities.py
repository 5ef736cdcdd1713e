from __future__ import annotations

from typing import Any

import pytest

from isthmus.core.abilities import FIELDS, Rule
from isthmus.core.conversation import ThinkingMode
from isthmus.providers.openai_compatible.abilities import OPEN_MODELS, abilities_of
from isthmus.providers.openai_compatible.vendors import VENDORS

SWITCHED = {ThinkingMode.ENABLED, ThinkingMode.ADAPTIVE, ThinkingMode.DISABLED}


def test_rules_name_things_that_exist() -> None:
    assert all(set(rule.changes) <= FIELDS for rule in OPEN_MODELS)


@pytest.mark.parametrize(
    ("vendor", "model", "expected"),
    [
        ("generic", "anything", {"vision": True, "efforts": (), "thinking": set(), "context_window": None}),
        ("generic", "Qwen/Qwen2.5-14B-Instruct", {"vision": False, "context_window": 32_768}),
        ("generic", "Qwen/Qwen2.5-VL-7B-Instruct", {"vision": True}),
        ("generic", "openai/gpt-oss-120b", {"efforts": ("low", "medium", "high"), "vision": False}),
        ("ollama", "llama3.3:70b", {"vision": False, "fetches_urls": False, "thinking": set()}),
        ("ollama", "qwen3:8b", {"thinking": SWITCHED}),
        ("siliconflow", "Qwen/Qwen3-32B", {"thinking": SWITCHED, "vision": False}),
        ("siliconflow", "deepseek-ai/DeepSeek-R1-0528-Qwen3-8B", {"thinking": set()}),
        ("siliconflow", "Qwen/Qwen2.5-14B-Instruct", {"thinking": set()}),
        ("deepseek", "deepseek-v4-pro", {"thinking": SWITCHED, "context_window": 1_000_000, "vision": False}),
        ("deepseek", "deepseek-chat", {"thinking": set(), "efforts": ()}),
        ("moonshot", "kimi-k2.5", {"vision": True, "sampling": False, "thinking": SWITCHED}),
        ("moonshot", "moonshot-v1-8k", {"vision": False}),
        ("moonshot", "moonshot-v1-8k-vision-preview", {"vision": True}),
        ("zhipu", "glm-4.6", {"thinking": SWITCHED, "vision": False, "forced_tools": False}),
        ("zhipu", "glm-4.5v", {"vision": True}),
        ("qwen", "qwen3-30b-a3b-instruct-2507", {"thinking": set()}),
        ("qwen", "qwen-plus", {"thinking": SWITCHED}),
        ("openai", "gpt-4o-mini", {"efforts": (), "sampling": True, "max_output_tokens": 16_384}),
        ("openai", "o3-mini", {"efforts": ("low", "medium", "high"), "sampling": False}),
        ("openai", "gpt-5-mini", {"efforts": ("minimal", "low", "medium", "high"), "thinking": set()}),
        ("openai", "gpt-5.2", {"efforts": ("low", "medium", "high", "xhigh")}),
        ("openai", "gpt-5.1-codex", {"thinking": {ThinkingMode.DISABLED}, "efforts": ("low", "medium", "high")}),
        ("openai", "gpt-5-chat-latest", {"sampling": True, "efforts": ()}),
        ("openrouter", "anthropic/claude-sonnet-4.5", {"cache_marks": True, "vision": True}),
        ("openrouter", "openai/gpt-5", {"cache_marks": False, "documents": True}),
    ],
)  # fmt: skip
def test_what_models_can_carry(vendor: str, model: str, expected: dict[str, Any]) -> None:
    able = abilities_of(VENDORS[vendor], model)
    assert {name: getattr(able, name) for name in expected} == expected


def test_the_operator_has_the_last_word_but_not_on_whose_blocks_it_reads() -> None:
    rules = (Rule("gpt-*", {"vision": False, "home": "anthropic"}), Rule("gpt-4o", {"context_window": 5}))
    able = abilities_of(VENDORS["openai"], "gpt-4o", rules)
    assert (able.vision, able.context_window, able.home) == (False, 5, None)
