"""How long an account rests that is told to slow down: longer each time, until it has been of use again."""

from __future__ import annotations

from typing import Final

FIRST_S: Final = 60.0
SUSPICIOUS: Final = 3
"""So many times in a row, and the limit may be one that waiting does not lift: the service says the same of spent credits
(kirodotdev/Kiro issue 9193)."""


class Patience:
    """Of one account."""

    __slots__ = ("_strikes", "_until_s")

    def __init__(self) -> None:
        self._strikes = 0
        self._until_s = 0.0

    @property
    def is_tried(self) -> bool:
        """Whether it has been told so often that something else may be behind it."""
        return self._strikes >= SUSPICIOUS

    def refused(self, now_s: float, longest_s: float, told_s: float | None = None) -> float:
        """How long to rest. `told_s` is what the service says. Requests that were under way when a rest began count no further."""
        if now_s >= self._until_s:
            self._strikes += 1
            if told_s is None:
                told_s = min(FIRST_S * 2.0 ** min(self._strikes - 1, 16), longest_s)
        if told_s is not None:
            self._until_s = now_s + told_s
        return max(0.0, self._until_s - now_s)

    def answered(self) -> None:
        self._strikes = 0
        self._until_s = 0.0
