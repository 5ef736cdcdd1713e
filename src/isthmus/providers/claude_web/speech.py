"""The text of an answer on its way to the client: calls told from text, thoughts shown as configured, and the cuts made that the
service cannot be asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from isthmus.core.compose import Composer
from isthmus.core.cutting import Cut, Cutter
from isthmus.providers.claude_web.tool_tags import CallPiece, Piece, TagReader
from isthmus.wire.json_text import whole_characters

NATIVE: Final = "native"
THINK_TAGS: Final = "think_tags"
_OPEN, _CLOSE = "<think>", "</think>\n"


class Speech:
    """Says text, thoughts and calls through a `Composer`, until a cut is due."""

    def __init__(
        self,
        composer: Composer,
        *,
        stop: tuple[str, ...] = (),
        max_tokens: int | None = None,
        tags: TagReader | None = None,
        new_id: Callable[[], str] = str,
        thoughts: str = NATIVE,
    ) -> None:
        """`tags`: where the client's tools are called in them. `thoughts`: `native`, `think_tags`, or anything else for none."""
        self._composer = composer
        self._cutter = Cutter(stop, max_tokens)
        self._tags = tags
        self._new_id = new_id
        self._thoughts = thoughts
        self._thinks = False
        self.said_anything = False
        self.said: list[str] = []
        """The text, thoughts in tags included."""

    @property
    def cut(self) -> Cut | None:
        return self._cutter.cut

    @property
    def stop_string(self) -> str | None:
        return self._cutter.stop_string

    def text(self, text: str) -> None:
        self.end_thought()
        text = whole_characters(text) if not text.isascii() else text
        if self._tags is None:
            self._shown(text)
        else:
            self._pieces(self._tags.feed(text))

    def thinking(self, text: str) -> None:
        text = self._cutter.within(text)
        if not text:
            return
        match self._thoughts:
            case "native":
                self._release()
                if not self._thinks:
                    self._composer.new_thinking()
                self._composer.thinking(text)
            case "think_tags":
                self._release()
                self._write(text if self._thinks else _OPEN + text)
            case _:
                return
        self._thinks = self.said_anything = True

    def end_thought(self) -> None:
        if self._thinks and self._thoughts == THINK_TAGS:
            self._write(_CLOSE)
        self._thinks = False

    def finish(self) -> None:
        """Says what was held back for text that might have followed."""
        self.end_thought()
        if self._tags is not None:
            self._pieces(self._tags.close())
            if self._tags.dropped:
                self._composer.note("behind_calls", f"{self._tags.dropped} characters were not shown")
        self._release()

    def _pieces(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if isinstance(piece, CallPiece):
                self._call(piece)
            else:
                self._shown(piece.text)

    def _call(self, call: CallPiece) -> None:
        self._release()
        if self.cut is not None:
            return
        id = self._new_id()
        self._composer.open_tool(id, id, call.name)
        self._composer.arguments(id, call.arguments)
        self._composer.close_tool(id)
        self.said_anything = True
        self._cutter.spend(len(call.arguments))

    def _release(self) -> None:
        """A stop string cannot be completed by what comes now."""
        self._say(self._cutter.release())

    def _shown(self, text: str) -> None:
        self._say(self._cutter.text(text))

    def _say(self, text: str) -> None:
        if text:
            self.said_anything = True
            self._write(text)

    def _write(self, text: str) -> None:
        self.said.append(text)
        self._composer.text(text)
