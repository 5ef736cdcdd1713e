"""What a translation could not carry, said aloud: one entry per field, in the log and in `x-isthmus-loss`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What was done instead of carrying the field."""

    DROPPED = "dropped"
    CLAMPED = "clamped"
    CONVERTED = "converted"
    EMULATED = "emulated"
    REPLACED = "replaced"
    """Content gave way to a visible placeholder."""


class Policy(StrEnum):
    """What to do with content the chosen model cannot take."""

    REPAIR = "repair"
    """Replace it by a visible placeholder and note the loss."""
    STRICT = "strict"
    """Refuse the request with a 400 that names it."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One field that did not arrive as it was sent. `detail` says what became of it, never its value."""

    field: str
    action: Action
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.field}={self.action}" + (f"({self.detail})" if self.detail else "")


def merge(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """The losses without repetitions, in the order they were noted."""
    return tuple(dict.fromkeys(losses))
