"""A real gateway in a process of its own, as an operator runs it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

Json = dict[str, Any]
START_S, STOP_S = 30.0, 15.0
NO_REST = {"cooldowns": False}
"""Settings of `accounts` for a gateway that many tests share: what one of them met at a model does not meet the next."""
PRIVATE_PREFIXES = ("ANTHROPIC_", "CLAUDE", "ISTHMUS_", "OPENAI_")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def plain_environment() -> dict[str, str]:
    """This process's environment without anything that would configure a gateway or a client."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PRIVATE_PREFIXES)}


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class RunningGateway:
    """`python -m isthmus serve`, from `with` to `with`'s end, with a configuration or (None) without any file.

    `home` is an empty folder of its own.
    """

    def __init__(self, configuration: Json | None, home: Path) -> None:
        self._port = free_port()
        self._home = home
        self._configuration = configuration
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def stdout(self) -> Path:
        return self._home / "stdout"

    @property
    def stderr(self) -> Path:
        return self._home / "stderr"

    @property
    def log(self) -> list[Json]:
        """The log lines so far; one that is being written is not there yet."""
        *lines, _unfinished = self.stderr.read_text(errors="replace").split("\n")
        return [json.loads(line) for line in lines if line.startswith("{")]

    def logged(self, since: int = 0, **wanted: object) -> list[Json]:
        """The request lines with these fields, waiting a moment for one: a line is written after its answer has left, so it may
        even come after the next request has begun. `since` is the length of the log at some time."""
        until = time.monotonic() + 5
        while True:
            found = [
                each for each in self.log[since:] if each.items() >= ({"event": "request"} | wanted).items()
            ]
            if found or time.monotonic() > until:
                return found
            time.sleep(0.05)

    def __enter__(self) -> Self:
        options = ["--port", str(self._port), "--log-format", "json"]
        if self._configuration is not None:
            file = self._home / "configuration.json"
            file.write_text(json.dumps(self._configuration))
            options += ["--config", str(file)]
        with self.stdout.open("wb") as out, self.stderr.open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "isthmus", "serve", *options],
                cwd=self._home,
                env=plain_environment() | {"XDG_DATA_HOME": str(self._home)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        self._wait_until_ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            assert self._process.wait(STOP_S) == 0, f"the gateway did not end well:\n{self._said()}"
        finally:
            self._process.kill()

    def ask(
        self, path: str, body: Any = None, headers: dict[str, str] | None = None, method: str | None = None
    ) -> Answered:
        """One request by hand: JSON if a body is given, else GET."""
        data = body if isinstance(body, bytes) else None if body is None else msgspec.json.encode(body)
        own = {"content-type": "application/json"} if data is not None else {}
        request = urllib.request.Request(
            self.origin + path, data, {**own, **(headers or {})}, method=method or ("POST" if data else "GET")
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return Answered(answer.status, _lower(answer.headers.items()), answer.read())
        except urllib.error.HTTPError as error:
            return Answered(error.code, _lower(error.headers.items()), error.read())

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + START_S
        assert self._process is not None
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise AssertionError(f"the gateway ended at once:\n{self._said()}")
            try:
                if self.ask("/healthz").status == 200:
                    return
            except OSError:
                time.sleep(0.05)
        self._process.kill()
        raise AssertionError(f"the gateway was not ready after {START_S:g} s:\n{self._said()}")

    def _said(self) -> str:
        return self.stdout.read_text(errors="replace") + self.stderr.read_text(errors="replace")[-4000:]


def _lower(items: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in items}
