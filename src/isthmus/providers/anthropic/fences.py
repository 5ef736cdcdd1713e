"""Takes the code fence off JSON that was asked for in words: models like to put one around it."""

from __future__ import annotations

import re
from typing import Final

_OPENING: Final = re.compile(r"\s*```[a-zA-Z]*[ \t]*\n")
_MAY_OPEN: Final = re.compile(r"\s*(?:`{0,2}|```[a-zA-Z]*[ \t]*)")
_CLOSING: Final = re.compile(r"\s*```\s*")


class Unfenced:
    """Text in, text out; what could be part of a fence is held back until it is known. Other text passes as it is."""

    def __init__(self) -> None:
        self._held = ""
        self._fenced: bool | None = None
        """None: it has not begun."""

    def feed(self, text: str) -> str:
        held = self._held + text
        if self._fenced is None:
            if found := _OPENING.match(held):
                self._fenced, held = True, held[found.end() :]
            elif _MAY_OPEN.fullmatch(held):
                self._held = held
                return ""
            else:
                self._fenced = False
        if not self._fenced:
            self._held = ""
            return held
        # Back to the last character that cannot belong to the closing fence.
        tail = _tail_start(held)
        self._held = held[tail:]
        return held[:tail]

    def close(self) -> str:
        """What was held back and was no fence after all."""
        held, self._held = self._held, ""
        return "" if self._fenced and _CLOSING.fullmatch(held) else held


def _tail_start(text: str) -> int:
    start = len(text)
    while start and (text[start - 1] == "`" or text[start - 1].isspace()):
        start -= 1
    return start
