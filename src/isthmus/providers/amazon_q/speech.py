"""The text of an answer on its way to the client: halves of characters joined, tagged thoughts told apart, and the cuts made that
the service cannot be asked for."""

from __future__ import annotations

from typing import Final

from isthmus.core.compose import Composer
from isthmus.core.cutting import Cut, Cutter
from isthmus.core.think_tags import Kind, TagSplitter
from isthmus.wire.json_text import whole_characters

TAG: Final = "thinking"
"""Around thoughts in the text, from models that were told to think in their prompt (jwadow/kiro-gateway)."""


class Speech:
    """Says text and thoughts through a `Composer`, until a cut is due."""

    def __init__(self, composer: Composer, stop: tuple[str, ...], max_tokens: int | None) -> None:
        self._composer = composer
        self._cutter = Cutter(stop, max_tokens)
        self._tags: TagSplitter | None = TagSplitter(tag=TAG)
        self._half = ""
        self.has_text = False

    @property
    def characters(self) -> int:
        """Said so far: text, thoughts and arguments."""
        return self._cutter.characters

    @property
    def cut(self) -> Cut | None:
        return self._cutter.cut

    @property
    def stop_string(self) -> str | None:
        return self._cutter.stop_string

    def text(self, text: str) -> None:
        text = self._joined(text)
        if self._tags is None:
            self._shown(text)
            return
        for kind, piece in self._tags.feed(text):
            self.thinking(piece) if kind is Kind.THOUGHT else self._shown(piece)
        if self._tags.done:
            self._tags = None

    def thinking(self, text: str) -> None:
        self._composer.thinking(self._cutter.within(text))

    def arguments(self, characters: int) -> None:
        """So much of a call has been said, and counts as well."""
        self._cutter.spend(characters)

    def flush(self) -> None:
        """Says what was held back for text that might have followed: something else does, or nothing."""
        half, self._half = self._half, ""
        if half:
            self.text(whole_characters(half))
        if self._tags is not None:
            for kind, piece in self._tags.finish():
                self.thinking(piece) if kind is Kind.THOUGHT else self._shown(piece)
        self._say(self._cutter.release())

    def _shown(self, text: str) -> None:
        self._say(self._cutter.text(text))

    def _say(self, text: str) -> None:
        if text:
            self.has_text = True
            self._composer.text(text)

    def _joined(self, text: str) -> str:
        """Joins a character whose halves came in two events, each as an escape of its own."""
        if self._half:
            text, self._half = self._half + text, ""
        elif text.isascii():
            return text
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return whole_characters(text)
