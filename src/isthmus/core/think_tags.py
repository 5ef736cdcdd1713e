"""Thoughts that a model writes into its text, between tags such as `<think>`, told apart as they stream."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Final

TAG: Final = "think"


class Kind(Enum):
    TEXT = "text"
    THOUGHT = "thought"


class _At(Enum):
    START = "nothing but white space so far"
    INSIDE = "between the tags"
    AFTER = "behind the thoughts, or there are none"


class TagSplitter:
    """Only a tag at the very start of an answer opens a thought: later ones are what the model is talking about.

    At most a tag's length is held back, when the text so far could be the beginning of one.
    """

    __slots__ = ("_at", "_close", "_fresh", "_held", "_open")

    def __init__(self, *, opened: bool = False, tag: str = TAG) -> None:
        self._open, self._close = f"<{tag}>", f"</{tag}>"
        self._at = _At.INSIDE if opened else _At.START
        self._held = ""
        self._fresh = False
        """Directly behind a tag, where one line break belongs to the tag."""

    @property
    def done(self) -> bool:
        """No tag can come any more, and nothing is held back: whatever follows is text."""
        return self._at is _At.AFTER and not self._fresh

    def feed(self, text: str) -> Iterator[tuple[Kind, str]]:
        text, self._held = self._held + text, ""
        if self._at is _At.START:
            text = self._at_start(text)
        if self._at is _At.INSIDE:
            text = self._trimmed(text)
            thought, text = self._inside(text)
            if thought:
                yield Kind.THOUGHT, thought
        if self._at is _At.AFTER and text:
            text = self._trimmed(text)
            if text:
                yield Kind.TEXT, text

    def finish(self) -> Iterator[tuple[Kind, str]]:
        """What was held back. A thought that was never closed is a thought all the same."""
        held, self._held = self._held, ""
        if held:
            yield (Kind.THOUGHT if self._at is _At.INSIDE else Kind.TEXT), held

    def _at_start(self, text: str) -> str:
        bare = text.lstrip()
        if bare.startswith(self._open):
            self._at, self._fresh = _At.INSIDE, True
            return bare[len(self._open) :]
        if self._open.startswith(bare):
            self._held = text
            return ""
        self._at = _At.AFTER
        return text

    def _inside(self, text: str) -> tuple[str, str]:
        thought, tag, rest = text.partition(self._close)
        if tag:
            self._at, self._fresh = _At.AFTER, True
            return thought, rest
        keep = _possible_tag(text, self._close)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep], ""

    def _trimmed(self, text: str) -> str:
        """Without the line breaks that belong to the tag just passed."""
        if self._fresh and text:
            self._fresh = False
            return text.lstrip("\n") if self._at is _At.AFTER else text.removeprefix("\n")
        return text


def _possible_tag(text: str, tag: str) -> int:
    """How many of the last characters could begin the tag."""
    for size in range(min(len(tag) - 1, len(text)), 0, -1):
        if tag.startswith(text[-size:]):
            return size
    return 0
