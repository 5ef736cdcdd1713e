"""What an account pays for: its capabilities, its allowances and the models it may choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Plan(StrEnum):
    FREE = "free"
    PRO = "pro"
    MAX = "max"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Terms:
    capabilities: tuple[str, ...]
    tier: str
    """Free and pro have the same: only the capabilities tell them apart."""
    allowances: Mapping[str, int]
    """Messages in each quota window. `7d_opus` counts one family of models only."""


TERMS: Final[Mapping[Plan, Terms]] = {
    Plan.FREE: Terms(("chat",), "default_claude_ai", {"5h": 40}),
    Plan.PRO: Terms(("chat", "claude_pro"), "default_claude_ai", {"5h": 200, "7d": 2000}),
    Plan.MAX: Terms(
        ("chat", "claude_max"), "default_claude_max_5x", {"5h": 900, "7d": 9000, "7d_opus": 1500}
    ),
    Plan.TEAM: Terms(("chat", "raven"), "default_raven", {"5h": 250, "7d": 2500}),
}


@dataclass(frozen=True, slots=True)
class Model:
    id: str
    name: str
    free: bool = False
    """A free account may choose it."""

    @property
    def row(self) -> dict[str, Any]:
        """As `model_config` lists it."""
        modes = [
            {"id": "off", "title": "Normal"},
            {"id": "extended", "title": "Extended", "mode": "extended"},
        ]
        return {
            "model": self.id,
            "name": self.name,
            "description": f"{self.name}, simulated",
            "inactive": False,
            "overflow": False,
            "paprika_modes": ["extended"],
            "thinking_modes": modes,
            "capabilities": {"mm_images": True, "mm_pdf": True, "web_search": True},
        }


MODELS: Final = (
    Model("claude-sonnet-5", "Sonnet 5", free=True),
    Model("claude-sonnet-4-6", "Sonnet 4.6", free=True),
    Model("claude-sonnet-4-6-20260217", "Sonnet 4.6", free=True),
    Model("claude-haiku-4-5-20251001", "Haiku 4.5", free=True),
    Model("claude-opus-5", "Opus 5"),
    Model("claude-opus-4-8", "Opus 4.8"),
    Model("claude-opus-4-7", "Opus 4.7"),
    Model("claude-opus-4-6", "Opus 4.6"),
    Model("claude-fable-5", "Fable 5"),
    Model("claude-sonnet-4-20250514", "Sonnet 4", free=True),
    Model("claude-3-7-sonnet-20250219", "Sonnet 3.7"),
    Model("claude-opus-4-20250514", "Opus 4"),
)
DEFAULT_MODEL: Final = "claude-sonnet-5"
"""Who answers when nobody is chosen."""
