"""Where an answer ends although the upstream goes on: for services that can be told neither stop strings nor a length."""

from __future__ import annotations

from enum import Enum

from isthmus.core.stop_strings import StopStrings
from isthmus.core.usage import CHARS_PER_TOKEN


class Cut(Enum):
    """Why an answer ends here although the service goes on."""

    STOP_STRING = "stop_string"
    LENGTH = "length"


class Cutter:
    """Says of each piece how much of it may still be shown; nothing once a cut was due."""

    __slots__ = ("_left", "_stops", "characters", "cut", "stop_string")

    def __init__(self, stop: tuple[str, ...] = (), max_tokens: int | None = None) -> None:
        """`max_tokens`: counted by characters, as nobody can count tokens that the service has not sent."""
        self._stops = StopStrings(stop) if stop else None
        self._left = None if max_tokens is None else max_tokens * CHARS_PER_TOKEN
        self.characters = 0
        """Whatever was said so far."""
        self.cut: Cut | None = None
        self.stop_string: str | None = None

    def text(self, text: str) -> str:
        """What may be shown now of text that stop strings end; what could be the beginning of one waits."""
        if self._stops is None or self.cut is not None:
            return self.within(text)
        shown, found = self._stops.feed(text)
        shown = self.within(shown)
        if found is not None and self.cut is None:
            self.cut, self.stop_string = Cut.STOP_STRING, found
        return shown

    def release(self) -> str:
        """What waited for text that might have followed: something else does, or nothing."""
        if self._stops is None or self.cut is not None:
            return ""
        return self.within(self._stops.finish())

    def within(self, text: str) -> str:
        """As much of it as the length allows: for what no stop string ends, such as thoughts."""
        if self.cut is not None:
            return ""
        if self._left is not None:
            text = text[: max(0, self._left)]
        self.spend(len(text))
        return text

    def spend(self, characters: int) -> None:
        """So many were said in another way, such as the arguments of a call, and count as well."""
        self.characters += characters
        if self._left is not None:
            self._left -= characters
            if self._left <= 0 and self.cut is None:
                self.cut = Cut.LENGTH
