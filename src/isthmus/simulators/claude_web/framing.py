"""The bytes of a stream: events as server-sent events, cut where the network might cut them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

_CONTINUED: Final = re.compile(rb"(?=[\x80-\xbf])")
_PIECE: Final = 7


class Cut(StrEnum):
    """Where one write ends and the next begins."""

    FRAMES = "frames"
    """Between frames: each comes whole."""
    LINES = "lines"
    """Inside lines: every few bytes, wherever that is."""
    CHARACTERS = "characters"
    """Inside characters: before each byte that continues one."""


@dataclass(frozen=True, slots=True)
class Framing:
    cut: Cut = Cut.FRAMES
    crlf: bool = False
    ping_every: int = 8
    """A comment after so many frames; 0 for none."""

    def frame(self, event: dict[str, Any]) -> bytes:
        """One event, its name taken from its own type (a `completion` has none)."""
        data = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        return self._lines(f"event: {event.get('type', 'completion')}", f"data: {data}", "")

    def malformed(self) -> bytes:
        """A frame whose JSON stops in the middle."""
        return self._lines("event: content_block_delta", 'data: {"type":"content_block_delta","index":', "")

    def ping(self, at: str) -> bytes:
        return self._lines(f": ping - {at}", "")

    def _lines(self, *lines: str) -> bytes:
        end = "\r\n" if self.crlf else "\n"
        return "".join(line + end for line in lines).encode()

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """The same bytes in one write or in several."""
        match self.cut:
            case Cut.FRAMES:
                yield data
            case Cut.LINES:
                # Long lines in larger pieces: a line of 200 KiB need not be thirty thousand writes.
                step = max(_PIECE, len(data) // 64)
                yield from (data[at : at + step] for at in range(0, len(data), step))
            case Cut.CHARACTERS:
                yield from (piece for piece in _CONTINUED.split(data) if piece)
