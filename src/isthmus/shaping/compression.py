"""A conversation that no longer fits its model, made to fit: by clipping old tool results, by dropping the oldest turns, or by
putting a summary in their place (`summary`). For conversations that `fit` has fitted already; what comes out is fitted again.

Nothing here touches the system text, the tools, or the newest turns, and no call is parted from its result. A step ends as
soon as enough is saved. "Enough" is rounded up to an eighth of the room, so that the next turns of a growing conversation are
shortened at the same place, and the vendor's prompt cache and a summary's serve for them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil
from typing import Final

from isthmus.core.abilities import Abilities
from isthmus.core.conversation import Conversation, Role, ToolResult, Turn
from isthmus.core.errors import BadRequest, Kind
from isthmus.shaping.estimate import estimate_frame, estimate_turn

STEPS: Final = 8
MESSAGES: Final = "messages"
"""The field that losses of compression name."""


class Method(StrEnum):
    OFF = "off"
    CLIP = "clip"
    DROP = "drop"
    SUMMARISE = "summarise"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a provider's conversations go through when they do not fit."""

    method: Method
    at: float = 0.9
    """Share of the window that may be filled."""
    threshold_tokens: int | None = None
    keep_turns: int = 4
    clip_to_chars: int = 2000
    model: str | None = None
    """Who summarises; None: the model that was asked."""
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Room:
    """How many tokens a prompt may have."""

    tokens: int
    """More are compressed."""
    window: int | None
    """More are refused; None where the window is not known."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A conversation with the estimated tokens of its parts."""

    conversation: Conversation
    model: str
    frame: float
    turns: tuple[float, ...]

    @property
    def total(self) -> float:
        return self.frame + sum(self.turns)

    def excess(self, room: Room) -> float:
        """What is to be saved; zero when it fits."""
        over, step = self.total - room.tokens, room.tokens / STEPS
        return ceil(over / step) * step if over > 0 else 0.0

    def fits(self, room: Room) -> bool:
        return self.total <= room.tokens

    def with_turns(self, turns: Sequence[Turn], weights: Sequence[float]) -> Weighed:
        return replace(
            self, conversation=replace(self.conversation, turns=tuple(turns)), turns=tuple(weights)
        )


def room_for(plan: Plan, conversation: Conversation, able: Abilities) -> Room | None:
    """None where nobody knows how much fits. The answer needs room, too, but never more than half."""
    window = able.context_window
    limits = [] if plan.threshold_tokens is None else [plan.threshold_tokens]
    if window is not None:
        answer = min(conversation.max_tokens or 0, able.max_output_tokens or window, window // 2)
        limits += [int(window * plan.at), window - answer]
    return Room(max(1, min(limits)), window) if limits else None


def weigh(conversation: Conversation, model: str) -> Weighed:
    turns = tuple(estimate_turn(turn, model) for turn in conversation.turns)
    return Weighed(conversation, model, estimate_frame(conversation, model), turns)


def newest_from(turns: Sequence[Turn], keep: int) -> int:
    """Where the newest turns begin, which stay as they are: with the last `keep` messages of the user."""
    asked = [at for at, turn in enumerate(turns) if turn.role is Role.USER]
    return asked[-keep] if len(asked) > keep else 0


def borders(turns: Sequence[Turn], keep: int) -> list[int]:
    """Where a conversation may be made to begin, oldest first: with words of the user that answer no call."""
    newest = newest_from(turns, keep)
    return [at for at in range(1, newest + 1) if _begins(turns[at])]


def _begins(turn: Turn) -> bool:
    return turn.role is Role.USER and not any(isinstance(block, ToolResult) for block in turn.blocks)


def refuse_overflow(weighed: Weighed, room: Room) -> None:
    """Raises `BadRequest` (context overflow) for what is longer than the window in spite of everything, so that the client
    compacts. Between the room and the window the upstream decides: it can count."""
    if room.window is not None and weighed.total > room.window:
        raise BadRequest(
            f"prompt is too long: {round(weighed.total)} tokens > {room.window} maximum",
            kind=Kind.CONTEXT_OVERFLOW,
        )
