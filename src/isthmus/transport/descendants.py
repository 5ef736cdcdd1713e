"""Finds what a program has started and left behind.

A process group ends as a whole, but a program may put its commands into sessions of their own, as the Claude Code CLI does with
those of its shell. They still carry the environment they were given, and in it the mark of the process they come from. This
works where there is a /proc; elsewhere the process group is all there is.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

MARK: Final = "ISTHMUS_PROGRAM_FOLDER"
"""The variable that every process of a program carries: the folder it lives in."""
_PROC: Final = Path("/proc")
_ROUNDS: Final = 3
"""Who starts others while we look is found the next time."""


def end_all_below(folder: Path) -> int:
    """Kills whatever lives in this folder or one below it; how many those were. Blocks while it looks."""
    ended = 0
    for _ in range(_ROUNDS):
        found = [pid for pid in _below(folder) if pid != os.getpid()]
        if not found:
            break
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
                ended += 1
    return ended


def _below(folder: Path) -> Iterator[int]:
    whole = f"{MARK}={folder}".encode()
    for entry in _PROC.glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue  # gone, or somebody else's
        if any(each == whole or each.startswith(whole + b"/") for each in environment.split(b"\0")):
            yield int(entry.name)
