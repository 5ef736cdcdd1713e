"""What the settings of type claude-code name on this machine: is it there? Nobody finds out before it is wanted otherwise."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from isthmus.config.sections.claude_code import (
    ClaudeCodeFileSettings,
    ClaudeCodeMcpSettings,
    ClaudeCodeSettings,
)
from isthmus.core.errors import UpstreamError
from isthmus.core.programs import Excerpt
from isthmus.providers.claude_code.tools import SERVER
from isthmus.transport.excerpts import NoExcerptError, excerpted

_SERVERS: Final = "mcpServers"
SERVERS_WAY_OUT: Final = "write the servers into that file under `mcpServers`, readable for the gateway, or set `mcp.enabled: false`"
NAME_WAY_OUT: Final = (
    "give that server another name in the file, and in `mcp.allowed` and the API keys that name it"
)
DIRECTORY_WAY_OUT: Final = "correct the path, make the directory, or let the gateway read it"


class Unfit(UpstreamError):
    """Something on this machine is not as the settings have it. What goes wrong is the message, the way out the detail."""

    def __init__(self, problem: str, way_out: str) -> None:
        super().__init__(problem, detail=way_out)


def check_files(settings: ClaudeCodeSettings) -> None:
    """Blocks while it reads. Raises `Unfit` with the first that is missing."""
    _check_servers(settings.mcp)
    _check_directories(settings.file_access)


def _check_servers(mcp: ClaudeCodeMcpSettings) -> None:
    if not mcp.enabled or mcp.config_file is None:
        return
    try:
        [text] = excerpted({_SERVERS: Excerpt(mcp.config_file, _SERVERS, ())}).values()
    except NoExcerptError as error:
        raise Unfit(f"`claude_code.mcp.config_file`: {error}", SERVERS_WAY_OUT) from None
    if SERVER in json.loads(text)[_SERVERS]:
        taken = f"has a server `{SERVER}`, the name under which the tools of clients are offered"
        raise Unfit(f"`claude_code.mcp.config_file`: {mcp.config_file}: {taken}", NAME_WAY_OUT)


def _check_directories(access: ClaudeCodeFileSettings) -> None:
    named = {"additional_dirs": access.additional_dirs, "image_dirs": access.image_dirs}
    for setting, directories in named.items():
        for directory in directories:
            if not (Path(directory).is_dir() and os.access(directory, os.R_OK | os.X_OK)):
                problem = (
                    f"`claude_code.file_access.{setting}`: {directory!r} is no directory that can be read"
                )
                raise Unfit(problem, DIRECTORY_WAY_OUT)
