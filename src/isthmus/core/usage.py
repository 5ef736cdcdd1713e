"""What an answer cost, by token class, and how far each figure can be trusted.

The classes are exclusive on the input side (as in Anthropic's Messages API): all input is uncached + read + written.
OpenAI-style APIs count the cached tokens inside `prompt_tokens`; their dialects convert at the border.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

CHARS_PER_TOKEN: Final = 4
"""Of output that nobody counted."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts. A figure the upstream did not give is 0 and its side is marked estimated once one is filled in."""

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    """All output, reasoning included."""
    reasoning_tokens: int = 0
    cache_write_1h_tokens: int = 0
    """The part of `cache_write_tokens` that was written for an hour (0 when not said)."""
    web_searches: int = 0
    micro_credits: int = 0
    """Millionths of the vendor's own unit of account, where it bills in one."""
    input_estimated: bool = False
    output_estimated: bool = False

    @classmethod
    def from_inclusive(
        cls,
        prompt: int,
        output: int,
        *,
        cache_read: int = 0,
        cache_write: int = 0,
        reasoning: int = 0,
    ) -> Usage:
        """From counts in which the prompt includes the cached tokens (OpenAI style)."""
        return cls(
            max(0, prompt - cache_read - cache_write),
            cache_read,
            cache_write,
            output,
            reasoning,
        )

    @property
    def all_input_tokens(self) -> int:
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens

    @property
    def total_tokens(self) -> int:
        return self.all_input_tokens + self.output_tokens

    @property
    def estimated(self) -> bool:
        return self.input_estimated or self.output_estimated

    def with_output_estimate(self, output_tokens: int) -> Usage:
        return replace(self, output_tokens=output_tokens, output_estimated=True)


def estimated_input(tokens: int) -> Usage:
    """A usage of which only an input estimate is known, as at the start of a translated answer."""
    return Usage(input_tokens=tokens, input_estimated=True, output_estimated=True)
