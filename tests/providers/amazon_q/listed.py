"""Rows of an account's model list, as the service words them, for tests."""

from __future__ import annotations

from typing import Any

EFFORTS = ["low", "medium", "high", "max"]
CLAUDE_FIELDS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "thinking": {
            "type": "object",
            "properties": {
                "type": {"enum": ["adaptive", "disabled"]},
                "display": {"enum": ["summarized", "omitted"]},
            },
        },
        "output_config": {"type": "object", "properties": {"effort": {"enum": EFFORTS}}},
        "max_tokens": {"type": "integer", "minimum": 1024, "maximum": 64000},
    },
}
GPT_FIELDS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reasoning": {"type": "object", "properties": {"effort": {"enum": ["none", "low", "medium", "high"]}}}
    },
}


def row(id: str = "claude-sonnet-4.5", **more: Any) -> dict[str, Any]:
    """A plain model, as most accounts have them; `more` stands above."""
    plain = {
        "id": id,
        "modelId": id,
        "tokenLimits": {"maxInputTokens": 200_000, "maxOutputTokens": 64_000},
        "supportedInputTypes": ["TEXT", "IMAGE"],
    }
    return {**plain, **more}


def thinker(id: str = "claude-opus-4.8", **more: Any) -> dict[str, Any]:
    """One that thinks, and caches prompts."""
    caching = {"supportsPromptCaching": True, "maximumCacheCheckpointsPerRequest": 4}
    return row(id, additionalModelRequestFieldsSchema=CLAUDE_FIELDS, promptCaching=caching, **more)
