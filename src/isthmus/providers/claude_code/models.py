"""The models that the CLI is asked for: by the API's names, or by short ones that it resolves itself."""

from __future__ import annotations

from typing import Final

from isthmus.core.interfaces import ModelInfo

SHORT: Final = {
    "default": "claude-opus-5-5",
    "opus": "claude-opus-5-5",
    "sonnet": "claude-sonnet-5-5",
    "haiku": "claude-haiku-4-5",
    "opus[1m]": "claude-opus-5-5",
    "sonnet[1m]": "claude-sonnet-5-5",
}
"""Short name → whose abilities it is taken to have (Claude Code 2.1.330)."""
FULL: Final = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-4-5")


def full_name(model: str) -> str:
    return SHORT.get(model, model)


def listed(owner: str) -> list[ModelInfo]:
    return [ModelInfo(id=name, display_name=name, owner=owner) for name in (*FULL, *SHORT)]
