"""Fixtures that run and serve; see processes.py for what they give."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.processes import DUMMY, Run, Serve, Serving, finished, started


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command to its end, in an otherwise empty folder."""

    def run(
        *arguments: str | Path, env: Mapping[str, str] | None = None, stdin: bytes = b""
    ) -> "subprocess.CompletedProcess[str]":
        return finished(tmp_path, arguments, env or {}, stdin)

    return run


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts gateways on free ports; all are stopped at the end."""
    running: list[Serving] = []

    def serve(
        config: Mapping[str, Any] | None = DUMMY, *options: str, env: Mapping[str, str] | None = None
    ) -> Serving:
        running.append(started(tmp_path / f"gateway-{len(running)}", config, options, env or {}))
        return running[-1]

    yield serve
    for each in running:
        each.kill()
