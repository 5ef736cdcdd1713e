"""The usage of one answer, put together from the frames that speak of it."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from isthmus.core.usage import Usage
from isthmus.providers.anthropic.schema import COUNTS, Counts, is_given


class Tally:
    """Counts are cumulative: what a later frame says replaces what was known, a zero or nothing does not.

    The real API repeats all counts at the end; servers that imitate it send zeros there for what they said at the start.
    """

    def __init__(self) -> None:
        self._usage: Usage | None = None

    @property
    def usage(self) -> Usage | None:
        return self._usage

    def add(self, raw: msgspec.Raw, *, final: bool) -> bool:
        """Whether something was said. Until the final counts the output is no more than a beginning."""
        counts = _counts(raw)
        if counts is None:
            return False
        old = self._usage or Usage()
        cache, search = counts.cache_creation, counts.server_tool_use
        thought = counts.output_tokens_details
        self._usage = replace(
            old,
            input_tokens=counts.input_tokens or old.input_tokens,
            cache_read_tokens=counts.cache_read_input_tokens or old.cache_read_tokens,
            cache_write_tokens=counts.cache_creation_input_tokens or old.cache_write_tokens,
            output_tokens=counts.output_tokens or old.output_tokens,
            reasoning_tokens=(thought and thought.thinking_tokens) or old.reasoning_tokens,
            cache_write_1h_tokens=(cache and cache.ephemeral_1h_input_tokens) or old.cache_write_1h_tokens,
            web_searches=(search and search.web_search_requests) or old.web_searches,
            output_estimated=not final or counts.output_tokens is None,
        )
        return True


def _counts(raw: msgspec.Raw) -> Counts | None:
    if not is_given(raw):
        return None
    try:
        counts: Counts | None = COUNTS.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return counts
