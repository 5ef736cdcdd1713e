"""Summaries that were made, by what they summarise: a conversation that grows pays for its beginning once. In memory only."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

MAX_SUMMARIES: Final = 256
MAX_CHARS: Final = 20_000
"""Of one summary; what is longer is used and forgotten."""


class Summaries:
    """The one that was not used for longest is forgotten first."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def longest(self, keys: Sequence[bytes]) -> tuple[int, str | None]:
        """How many turns of a conversation, of which every turn has its key, are summarised already, and how."""
        for at in range(len(keys) - 1, -1, -1):
            if (summary := self._known.get(keys[at])) is not None:
                self._known.move_to_end(keys[at])
                return at + 1, summary
        return 0, None

    def keep(self, key: bytes, summary: str) -> None:
        if len(summary) > MAX_CHARS:
            return
        self._known[key] = summary
        self._known.move_to_end(key)
        while len(self._known) > MAX_SUMMARIES:
            self._known.popitem(last=False)
