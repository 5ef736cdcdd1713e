"""What a model at a vendor can carry: the vendor's row, then what is known of open models wherever they run, then the
vendor's rows for its models, then the operator's word, later ones winning.

State of November 2026. A model nobody wrote down is taken to be able: what it refuses is told to the client then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from isthmus.core.abilities import Abilities, Rule, resolve
from isthmus.providers.openai_compatible.vendor import Vendor

# Effort and thinking are parameters that many servers refuse for models without them, so none is sent unasked.
UNKNOWN: Final = Abilities(efforts=())


def _text_only(*patterns: str) -> tuple[Rule, ...]:
    return tuple(Rule(pattern, {"vision": False}) for pattern in patterns)


def _seeing(*patterns: str) -> tuple[Rule, ...]:
    return tuple(Rule(pattern, {"vision": True}) for pattern in patterns)


def _window(tokens: int, *patterns: str) -> tuple[Rule, ...]:
    return tuple(Rule(pattern, {"context_window": tokens}) for pattern in patterns)


OPEN_MODELS: Final = (
    *_text_only("*deepseek*", "*qwen2.5*", "*qwen3-*", "*qwen3:*", "*qwq*", "*glm-4.[567]*", "*glm-5*"),
    *_text_only(
        "*kimi-k2*", "*gpt-oss*", "*llama-3.1*", "*llama3.1*", "*llama-3.3*", "*llama3.3*", "*mixtral*"
    ),
    *_seeing(
        "*qwen*vl*", "*qwen*omni*", "*deepseek-vl*", "*deepseek-ocr*", "*glm-4.[56]v*", "*kimi-k2.[5-9]*"
    ),
    *_window(131_072, "*gpt-oss*", "*deepseek-v3*", "*llama-3.[13]*", "*llama3.[13]*", "*glm-4.5*"),
    *_window(32_768, "*qwen2.5-*b-instruct", "*mixtral-8x7b*"),
    *_window(262_144, "*kimi-k2*"),
    Rule("*gpt-oss*", {"efforts": ("low", "medium", "high")}),
)
"""Patterns of names; each says only what is public and holds wherever the weights run. A server may be set up with a
smaller window than the model has: it then says so itself, and what it says is understood."""

_VENDOR_KNOWS_BEST: Final = ("openai",)
"""Vendors whose names of models are all their own."""


def abilities_of(vendor: Vendor, model: str, rules: Iterable[Rule] = ()) -> Abilities:
    """The record of one model. `rules` are the operator's."""
    base = replace(UNKNOWN, **vendor.abilities)
    known = () if vendor.name in _VENDOR_KNOWS_BEST else OPEN_MODELS
    own = (Rule(row.pattern, row.abilities) for row in vendor.models)
    return resolve(base, chain(known, own, map(_without_home, rules)), model)


def _without_home(rule: Rule) -> Rule:
    """Opaque blocks of another home stay opaque here, whatever a file says."""
    changes: dict[str, Any] = {name: value for name, value in rule.changes.items() if name != "home"}
    return rule if len(changes) == len(rule.changes) else Rule(rule.pattern, changes)
