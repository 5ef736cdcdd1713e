"""What each simulated Claude accepts, as rows of data, and the row as `GET /v1/models` shows it.

Thinking, effort and sampling per model class follow the Anthropic migration guides and the types of the official
SDKs (anthropic 2.12); limits are those the models endpoint reports for the class.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .answers import Json

THINKING_TYPES = ("adaptive", "between_tools", "disabled", "enabled")
EFFORTS = ("low", "medium", "high", "xhigh", "max")
THREE, FOUR, FIVE = EFFORTS[:3], ("low", "medium", "high", "max"), EFFORTS


@dataclass(frozen=True, slots=True)
class Card:
    """One model. `free_sampling` False means that only default values of temperature, top_p and top_k are taken."""

    id: str
    display_name: str
    created_at: str
    max_tokens: int
    max_input_tokens: int
    thinking: frozenset[str]
    efforts: tuple[str, ...] = ()
    free_sampling: bool = True
    prefill: bool = False
    system_messages: bool = False

    @property
    def always_thinks(self) -> bool:
        return bool(self.thinking) and "disabled" not in self.thinking


def _thinks(*types: str) -> frozenset[str]:
    return frozenset(types)


_CARDS = (
    Card(
        "claude-3-5-haiku-20241022", "Claude Haiku 3.5", "2024-10-22", 8_192, 200_000, _thinks(), prefill=True
    ),
    Card(
        "claude-sonnet-4-5-20250929",
        "Claude Sonnet 4.5",
        "2025-09-29",
        64_000,
        200_000,
        _thinks("disabled", "enabled"),
        prefill=True,
    ),
    Card(
        "claude-opus-4-5-20251101",
        "Claude Opus 4.5",
        "2025-11-01",
        64_000,
        200_000,
        _thinks("disabled", "enabled"),
        THREE,
        prefill=True,
    ),
    Card(
        "claude-opus-4-6",
        "Claude Opus 4.6",
        "2026-02-05",
        128_000,
        200_000,
        _thinks("disabled", "enabled", "adaptive"),
        FOUR,
    ),
    Card(
        "claude-opus-4-7",
        "Claude Opus 4.7",
        "2026-04-16",
        128_000,
        1_000_000,
        _thinks("disabled", "adaptive"),
        FIVE,
        free_sampling=False,
    ),
    Card(
        "claude-opus-4-8",
        "Claude Opus 4.8",
        "2026-05-28",
        128_000,
        1_000_000,
        _thinks("disabled", "adaptive"),
        FIVE,
        free_sampling=False,
        system_messages=True,
    ),
    Card(
        "claude-sonnet-5",
        "Claude Sonnet 5",
        "2026-06-30",
        128_000,
        1_000_000,
        _thinks("disabled", "adaptive"),
        FIVE,
        free_sampling=False,
        system_messages=True,
    ),
    Card(
        "claude-sonnet-5-5",
        "Claude Sonnet 5.5",
        "2026-10-01",
        128_000,
        1_000_000,
        _thinks("adaptive", "between_tools"),
        FIVE,
        free_sampling=False,
        system_messages=True,
    ),
    Card(
        "claude-opus-5-5",
        "Claude Opus 5.5",
        "2026-10-21",
        128_000,
        1_000_000,
        _thinks("adaptive"),
        FIVE,
        free_sampling=False,
        system_messages=True,
    ),
)

CARDS: Mapping[str, Card] = {card.id: card for card in _CARDS}
_DATE = re.compile(r"-\d{8}$")
_UNDATED = {_DATE.sub("", card.id): card for card in _CARDS}


def card_named(name: str) -> Card | None:
    """By id, or by the id without its date."""
    return CARDS.get(name) or _UNDATED.get(name)


def model_info(card: Card) -> Json:
    return {
        "type": "model",
        "id": card.id,
        "display_name": card.display_name,
        "created_at": f"{card.created_at}T00:00:00Z",
        "lifecycle": "active",
        "max_input_tokens": card.max_input_tokens,
        "max_tokens": card.max_tokens,
        "capabilities": _capabilities(card),
    }


def _supported(supported: bool) -> Json:
    return {"supported": supported}


def _capabilities(card: Card) -> Json:
    thinking = {kind: _supported(kind in card.thinking) for kind in THINKING_TYPES}
    effort = {level: _supported(level in card.efforts) for level in EFFORTS}
    always = ("batch", "citations", "code_execution", "image_input", "pdf_input", "structured_outputs")
    return {
        **{name: _supported(True) for name in always},
        "context_management": {"supported": True},
        "server_tools": {"supported": True},
        "effort": {"supported": bool(card.efforts), **effort},
        "thinking": {"supported": bool(card.thinking), "types": thinking},
    }
