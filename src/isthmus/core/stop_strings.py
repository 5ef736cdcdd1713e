"""Cuts text at strings the vendor could not be told of, as it streams."""

from __future__ import annotations


class StopStrings:
    """Holds back as much of the text's end as could be the beginning of one of them."""

    __slots__ = ("_held", "_longest", "_strings")

    def __init__(self, strings: tuple[str, ...]) -> None:
        self._strings = tuple(each for each in strings if each)
        self._longest = max(map(len, self._strings), default=0)
        self._held = ""

    def feed(self, text: str) -> tuple[str, str | None]:
        """Text to show now, and the string at which the answer ends, if it has come."""
        text, self._held = self._held + text, ""
        at, found = min(
            ((text.find(each), each) for each in self._strings if each in text), default=(-1, None)
        )
        if found is not None:
            return text[:at], found
        keep = self._possible(text)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep], None

    def finish(self) -> str:
        held, self._held = self._held, ""
        return held

    def _possible(self, text: str) -> int:
        for size in range(min(self._longest - 1, len(text)), 0, -1):
            if any(each.startswith(text[-size:]) for each in self._strings):
                return size
        return 0
