"""What an answer cost, from the three places where the service may say so, in order of trust.

Measured tokens first; else what share of the model's window is in use, which is all input and output together; else nothing,
and whoever answers the client estimates. Credits are counted apart from tokens.
"""

from __future__ import annotations

from typing import Final

from isthmus.core.usage import CHARS_PER_TOKEN, Usage
from isthmus.providers.amazon_q.payloads import TokenUsage

MICRO: Final = 1_000_000
MOST: Final = 10.0**9
"""A figure beyond it counts nothing that could have happened, and is passed over as one that is not a number is."""


class Tally:
    """Hears figures in any order."""

    __slots__ = ("_micro_credits", "_share", "_tokens", "_window")

    def __init__(self, window: int | None) -> None:
        """`window`: how many tokens the model's context holds, where that is known."""
        self._window = window
        self._tokens: TokenUsage | None = None
        self._share: float | None = None
        self._micro_credits = 0

    def tokens(self, usage: TokenUsage) -> None:
        self._tokens = usage
        self.share(usage.context_usage_percentage)

    def share(self, percentage: float | None) -> None:
        """Of the window that is in use, 0 to 100."""
        if percentage is not None and 0 < percentage <= MOST:
            self._share = percentage

    def credits(self, amount: float | None) -> None:
        """The last figure counts: it is that of the whole call."""
        if amount is not None and 0 < amount <= MOST:
            self._micro_credits = round(amount * MICRO)

    @property
    def window_is_full(self) -> bool:
        return self._share is not None and self._share >= 100

    def usage(self, characters: int) -> Usage | None:
        """`characters`: how much was said. None when the service told nothing at all."""
        said = estimated_tokens(characters)
        told = self._tokens or TokenUsage()
        fresh, read, write, output = map(
            _whole,
            (
                told.uncached_input_tokens,
                told.cache_read_input_tokens,
                told.cache_write_input_tokens,
                told.output_tokens,
            ),
        )
        measured_input = bool(fresh + read + write)
        if not measured_input and self._share is not None and self._window is not None:
            fresh = max(0, round(self._share * self._window / 100) - (output or said))
        if not (fresh + read + write or output or self._micro_credits):
            return None
        return Usage(
            fresh,
            read,
            write,
            output or said,
            micro_credits=self._micro_credits,
            input_estimated=not measured_input,
            output_estimated=not output,
        )


def estimated_tokens(characters: int) -> int:
    return -(-characters // CHARS_PER_TOKEN)


def _whole(figure: int | float | None) -> int:
    return int(figure) if figure is not None and 0 < figure <= MOST else 0
