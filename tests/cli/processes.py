"""The command line as its users have it: a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ISTHMUS = (sys.executable, "-m", "isthmus")
DUMMY = {"providers": {"dummy": {"type": "dummy"}}}

Run = Callable[..., "subprocess.CompletedProcess[str]"]
"""Runs a command to its end (fixture `run`)."""


def finished(
    folder: Path, arguments: tuple[str | Path, ...], env: Mapping[str, str], stdin: bytes
) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [*ISTHMUS, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=folder,
        env=os.environ | {"XDG_DATA_HOME": str(folder)} | dict(env),
        timeout=60,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@dataclass
class Serving:
    """A gateway process that said it is ready."""

    process: "subprocess.Popen[str]"
    greeting: str
    url: str
    log_file: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def log_lines(self) -> list[dict[str, Any]]:
        """One that is being written is not there yet."""
        *lines, _unfinished = self.log.split("\n")
        return [json.loads(line) for line in lines]

    def stop(self, number: int = signal.SIGTERM, within_s: float = 15) -> int:
        self.process.send_signal(number)
        return self.process.wait(within_s)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


Serve = Callable[..., Serving]
"""Starts a gateway on a free port (fixture `serve`)."""


def started(
    place: Path, config: Mapping[str, Any] | None, options: tuple[str, ...], env: Mapping[str, str]
) -> Serving:
    """Waits for the greeting. `config` is written to the folder the gateway starts in."""
    place.mkdir()
    if config is not None:
        (place / "isthmus.json").write_text(json.dumps(config))
    log_file = place / "log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [*ISTHMUS, "serve", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=place,
            env=os.environ | {"XDG_DATA_HOME": str(place)} | dict(env),
            text=True,
        )
    assert process.stdout is not None
    greeting = ""
    while "Another provider" not in greeting:
        line = process.stdout.readline()
        assert line, f"no greeting, but:\n{greeting}{log_file.read_text()}"
        greeting += line
    found = re.search(r"ready at (http://\S+)", greeting)
    assert found, greeting
    return Serving(process, greeting, found[1], log_file)
