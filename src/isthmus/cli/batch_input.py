"""The file of requests: read once to find every mistake before anything is spent, and again while it is answered.

Never more than a line of it is in memory; of all lines together only the ids are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from isthmus.batch.lines import Format, Line, LineFault, parse

MAX_PROBLEMS: Final = 20
"""How many are shown; all are counted."""
_BOM: Final = b"\xef\xbb\xbf"

Check = Callable[[Line], None]
"""Looks deeper into a line. Raises `LineFault`."""


@dataclass(slots=True)
class Scan:
    """What a whole reading of the file found."""

    format: Format | None = None
    """None: it has no line that could be read."""
    sha256: str = ""
    problems: list[str] = field(default_factory=list)
    faulty: int = 0
    ids: dict[str, int] = field(default_factory=dict)
    """Each id with the number of its line."""

    @property
    def lines(self) -> int:
        return len(self.ids)

    def note(self, number: int, fault: LineFault | str) -> None:
        self.faulty += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(f"line {number}: {fault}")


@dataclass(frozen=True, slots=True)
class Source:
    """An open file of requests, and how its lines are to be read."""

    file: BinaryIO
    max_line_bytes: int
    model: str | None = None

    def scan(self, check: Check | None = None) -> Scan:
        """Reads it from beginning to end."""
        scan, digest = Scan(), hashlib.sha256()
        for number, raw in self._lines(digest.update):
            if raw is None:
                scan.note(number, f"is longer than {self.max_line_bytes >> 20} MiB (server.max_body_mib)")
                continue
            try:
                line = parse(raw, scan.format, self.model)
                scan.format = line.format
                if (first := scan.ids.setdefault(line.custom_id, number)) != number:
                    raise LineFault("custom_id", f"{line.custom_id!r} is that of line {first}, too")
                if check is not None:
                    check(line)
            except LineFault as fault:
                scan.note(number, fault)
        scan.sha256 = digest.hexdigest()
        return scan

    def pending(self, format: Format, finished: Collection[str]) -> Iterator[Line]:
        """The lines that have no result yet, in order. Raises `LineFault` where the file is no longer what was scanned."""
        for number, raw in self._lines():
            try:
                if raw is None:
                    raise LineFault("", "is too long")
                line = parse(raw, format, self.model)
            except LineFault as fault:
                raise LineFault("", f"line {number} has changed while the batch ran: {fault}") from None
            if line.custom_id not in finished:
                yield line

    def _lines(
        self, told: Callable[[bytes], object] = lambda piece: None
    ) -> Iterator[tuple[int, bytes | None]]:
        """Numbered from 1, empty ones left out; None for one that is too long. `told` hears every byte."""
        self.file.seek(0)
        number = 0
        while raw := self.file.readline(self.max_line_bytes + 1):
            told(raw)
            number += 1
            if len(raw) > self.max_line_bytes and not raw.endswith(b"\n"):
                while (rest := self.file.readline(1 << 16)) and not rest.endswith(b"\n"):
                    told(rest)
                told(rest)
                yield number, None
                continue
            if number == 1:
                raw = raw.removeprefix(_BOM)
            if text := raw.strip():
                yield number, text
