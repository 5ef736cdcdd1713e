"""Finds the Claude Code CLI, and asks it for its version."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Final

from isthmus.core.errors import Next, UpstreamError

PROGRAM: Final = "claude"
CARRIER: Final = "claude_agent_sdk"
"""The package whose wheel carries the binary. Only located, never imported: that would take over a second."""
TESTED: Final = (2, 1, 0)
"""Older ones lack some of what is said to it."""
VERSION_WITHIN_S: Final = 20.0
_VERSION: Final = re.compile(rb"(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Version:
    """`2.1.330`, as three numbers that can be compared."""

    numbers: tuple[int, int, int]

    @property
    def is_new_enough(self) -> bool:
        return self.numbers >= TESTED

    def __str__(self) -> str:
        return ".".join(map(str, self.numbers))


def find_claude(named: Path | None = None, *, packages: Sequence[str] | None = None) -> Path:
    """What was named, else `claude` on PATH, else the binary in an installed claude-agent-sdk. Raises `UpstreamError`.

    `packages` are the folders that are searched for the latter: by default all that Python imports from.
    """
    if named is not None:
        path = named.expanduser()
        if path.is_dir() or not os.access(path, os.X_OK):
            raise _missing(f"cli_path {str(named)!r} is not a program that can be run")
        return path.absolute()
    if (on_path := shutil.which(PROGRAM)) is not None:
        return Path(on_path).absolute()
    if (bundled := bundled_claude(packages)) is not None:
        return bundled
    raise _missing(
        "there is no `claude` on PATH: install it as its vendor describes, or with "
        f"`{sys.executable} -m pip install claude-agent-sdk`, or say where it is with `cli_path`"
    )


def bundled_claude(packages: Sequence[str] | None = None) -> Path | None:
    """The binary in an installed claude-agent-sdk."""
    spec = PathFinder.find_spec(CARRIER, packages)
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        program = Path(folder) / "_bundled" / ("claude.exe" if os.name == "nt" else PROGRAM)
        if os.access(program, os.X_OK):
            return program
    return None


async def version_of(executable: Path) -> Version:
    """What it says of itself. Raises `UpstreamError` for a program that is not Claude Code, or does not run."""
    try:
        process = await asyncio.create_subprocess_exec(
            str(executable),
            "--version",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", ""), "HOME": os.devnull},
        )
    except OSError as error:
        raise _missing(f"{executable} does not run: {error.strerror}") from None
    try:
        async with asyncio.timeout(VERSION_WITHIN_S):
            said, _ = await process.communicate()
    except TimeoutError:
        raise _missing(f"{executable} does not tell its version") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    found = _VERSION.search(said)
    if found is None or b"Claude Code" not in said:
        raise _missing(f"{executable} is not Claude Code")
    major, minor, patch = map(int, found.groups())
    return Version((major, minor, patch))


def _missing(why: str) -> UpstreamError:
    return UpstreamError(
        "Claude Code cannot be run on the gateway's machine", next=Next.OTHER_ACCOUNT, detail=why
    )
