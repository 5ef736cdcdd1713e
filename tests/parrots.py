"""Talking with `parrot.py`: programs, turns, and what is left of them."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from isthmus.core.commands import Talk
from isthmus.core.events import Event
from isthmus.core.programs import Program
from isthmus.core.secret import Secret
from isthmus.transport.descendants import MARK
from plainly import WordDecoder

PARROT = Path(__file__).with_name("parrot.py")
PYTHON = Path(sys.executable)
SPEAKS = (["say", "begin"], ["say", "hello"], ["say", "end"])


def parrot(*first: str, env: Mapping[str, str | Secret] | None = None, **fields: Any) -> Program:
    """Run by `PYTHON`. `first` is what it does before it listens."""
    return Program(("-I", "-S", str(PARROT), *first), env or {}, **fields)


def line(*things: list[Any]) -> bytes:
    """Asks it to do these."""
    return json.dumps(things).encode() + b"\n"


class Words:
    """A dialogue of one answer. To `ask` it answers with `reply`."""

    def __init__(self, things: tuple[list[Any], ...], keep_as: str | None, *, is_kept: bool) -> None:
        self.is_kept = is_kept
        self._things = things
        self._keep_as = keep_as
        self._decoder = WordDecoder()
        self._to_say = b""
        self.ended = False

    @property
    def keep_as(self) -> str | None:
        return self._keep_as if self.ended else None

    def opening(self) -> bytes:
        return line(*self._things)

    def take(self) -> bytes:
        said, self._to_say = self._to_say, b""
        return said

    def feed(self, chunk: bytes) -> list[Event]:
        words = chunk.split(b"\n")
        if b"ask" in words:
            self._to_say += b"reply\n"
        self.ended = self.ended or b"end" in words or b"oops" in words
        return self._decoder.feed(chunk)

    def close(self) -> list[Event]:
        self.ended = True
        return self._decoder.close()


def talk(
    *things: list[Any], program: Program | None = None, keep_as: str | None = None, **fields: Any
) -> Talk:
    """A turn in which a parrot does these."""
    said = things or SPEAKS
    return Talk(program or parrot(), lambda kept: Words(said, keep_as, is_kept=kept), **fields)


def alive(folder: Path) -> list[int]:
    """The processes that live in or below a folder: our own, and what they have started."""
    mark = f"{MARK}={folder}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found


def is_running(pid: int) -> bool:
    """One that nobody has waited for yet is not running any more."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return False


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def until(what: Callable[[], object], within_s: float = 10.0) -> None:
    """Polls, as processes end when they end."""
    async with asyncio.timeout(within_s):
        while not what():
            await asyncio.sleep(0.01)
