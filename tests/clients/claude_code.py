"""The real Claude Code CLI in a home of its own, pointed at a gateway and at nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import judges
import outside

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """What one `claude -p` did."""

    exit_code: int
    out: str
    err: str
    seconds: float

    @property
    def result(self) -> Json:
        """The last line of `--output-format json`."""
        told: Json = json.loads(self.out.splitlines()[-1])
        return told

    @property
    def text(self) -> str:
        return str(self.result.get("result", ""))


@dataclass(frozen=True, slots=True)
class ClaudeCode:
    """One user: a home, a project folder, and an address to send requests to."""

    folder: Path
    base_url: str
    key: str = "no-key-needed"
    env: dict[str, str] = field(default_factory=dict)
    timeout_s: float = 60.0

    @property
    def project(self) -> Path:
        return self.folder / "project"

    def run(self, prompt: str, *arguments: str, **env: str) -> Run:
        """`claude -p PROMPT`. One that is still running after `timeout_s` hangs, which fails the test."""
        command = [str(judges.claude_cli()), "-p", prompt, "--output-format", "json", *arguments]
        for each in ("home", "config", "tmp", "project"):
            (self.folder / each).mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        try:
            done = subprocess.run(
                command,
                cwd=self.project,
                env=self._environment() | env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=self.timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise AssertionError(
                f"Claude Code still ran after {self.timeout_s:g} s: {late.stdout!r} {late.stderr!r}"
            ) from None
        return Run(done.returncode, done.stdout, done.stderr, time.monotonic() - began)

    def _environment(self) -> dict[str, str]:
        """Nothing of the person's own but where programs are."""
        return {
            "PATH": os.environ.get("PATH", ""),
            "LANG": "C.UTF-8",
            "HOME": str(self.folder / "home"),
            "CLAUDE_CONFIG_DIR": str(self.folder / "config"),
            "CLAUDE_CODE_TMPDIR": str(self.folder / "tmp"),
            "TMPDIR": str(self.folder / "tmp"),
            "ANTHROPIC_BASE_URL": self.base_url,
            "ANTHROPIC_AUTH_TOKEN": self.key,
            "CLAUDE_CODE_MAX_RETRIES": "1",
            "DISABLE_TELEMETRY": "1",
            "DISABLE_AUTOUPDATER": "1",
            "HTTP_PROXY": outside.NOBODY_LISTENS,
            "HTTPS_PROXY": outside.NOBODY_LISTENS,
            "NO_PROXY": "127.0.0.1,localhost",
            **self.env,
        }
