"""Every program that can be migrated from: its name on the command line, and its reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from isthmus.migrate import (
    claude2api,
    claude_api,
    claude_code_api,
    claude_code_router,
    claude_proxy,
    cliproxyapi,
    kiro_gateway,
    litellm,
)
from isthmus.migrate.haul import Haul
from isthmus.migrate.source import Options


class Program(NamedTuple):
    read: Callable[[Path, Options], Haul]
    """Raises `NotThatProgram` and `Unreadable`."""
    path: str
    """What PATH may be, for the help."""


PROGRAMS: Final[Mapping[str, Program]] = {
    claude_proxy.PROGRAM: Program(claude_proxy.read, "config.json or its directory"),
    litellm.PROGRAM: Program(litellm.read, "the YAML given by --config"),
    claude_code_router.PROGRAM: Program(
        claude_code_router.read, "config.json, config.sqlite or their directory"
    ),
    cliproxyapi.PROGRAM: Program(cliproxyapi.read, "config.yaml or its directory"),
    claude2api.PROGRAM: Program(
        claude2api.read, "config.yaml, .env, an export of sessions, or the directory it runs in"
    ),
    claude_api.PROGRAM: Program(
        claude_api.read, "data.sqlite3, a backup, an export of accounts, config.yaml or their directory"
    ),
    claude_code_api.PROGRAM: Program(
        claude_code_api.read, "the directory it runs in, a file of its config directory, or .env"
    ),
    kiro_gateway.PROGRAM: Program(kiro_gateway.read, ".env, credentials.json, or the directory it runs in"),
}
