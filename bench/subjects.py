"""What is measured: gateways, nginx as a plain proxy, and the upstream itself with nothing in between."""

from __future__ import annotations

import shutil
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import gateways
from bench.gateways import BARE, EARLIER, FULL, ROOT, Ground
from bench.process import Cores, Process
from bench.workload import Dialect, Lane

READY_WITHIN_S = 30.0
GATEWAYS = (FULL, BARE, EARLIER)


class NotReady(Exception):
    """A process did not start; the message carries the end of its log."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A running process under test."""

    name: str
    pid: int
    port: int

    @property
    def is_gateway(self) -> bool:
        return self.name in GATEWAYS

    def path(self, lane: Lane) -> str:
        if not self.is_gateway:
            return lane.client.value
        provider = "chat" if lane.upstream is Dialect.CHAT else "claude"
        return f"/{provider}{lane.client.value}"


def can_take(name: str, lane: Lane) -> bool:
    """Only gateways translate."""
    return lane.is_raw or name in GATEWAYS


def missing(name: str) -> str | None:
    """Why a subject cannot be measured here, or None."""
    if name == "nginx" and shutil.which("nginx") is None:
        return "nginx is not on PATH (Debian: apt-get install nginx-light)"
    return None


@contextmanager
def running_upstream(folder: Path, cores: Cores) -> Iterator[Subject]:
    """The simulator, which is also the subject `direct`."""
    command = [sys.executable, "-m", "bench.upstream"]
    with Process(command, folder / "upstream.log", cores.upstream, cwd=ROOT) as process:
        deadline = time.monotonic() + READY_WITHIN_S
        while not (said := process.log.read_text()).endswith("\n"):
            _check_alive("upstream", process, deadline)
        if not said.strip().isdecimal():
            raise NotReady(f"upstream said:\n{process.last_words()}")
        yield Subject("direct", process.pid, int(said))


@contextmanager
def running(name: str, upstream: Subject, folder: Path, cores: Cores) -> Iterator[Subject]:
    """The named subject, ready to answer. `direct` is the upstream that already runs."""
    if name == "direct":
        yield upstream
        return
    port = free_port()
    place = folder / f"{name}-{port}"
    place.mkdir()
    command, environment = _command(name, place, port, upstream.port, Ground(folder))
    log = place / "output.log"
    with Process(command, log, cores.subject, cwd=place, environment=environment) as process:
        await_health(name, process, port)
        yield Subject(name, process.pid, port)


def _command(
    name: str, place: Path, port: int, upstream_port: int, ground: Ground
) -> tuple[list[str], dict[str, str]]:
    environment = gateways.environment(name, ground)
    if name == "nginx":
        return nginx_command(place, port, upstream_port), environment
    return gateways.command(name, place, port, upstream_port, ground), environment


@contextmanager
def all_running(names: list[str], upstream: Subject, folder: Path, cores: Cores) -> Iterator[list[Subject]]:
    with ExitStack() as stack:
        yield [stack.enter_context(running(name, upstream, folder, cores)) for name in names]


def nginx_command(place: Path, port: int, upstream_port: int) -> list[str]:
    config = place / "nginx.conf"
    config.write_text(nginx_config(place, port, upstream_port))
    return ["nginx", "-p", str(place), "-c", str(config), "-e", str(place / "error.log")]


def nginx_config(place: Path, port: int, upstream_port: int) -> str:
    """One worker, upstream connections kept, no buffering, one access-log line per request as by default."""
    scratch = "\n".join(
        f"  {kind}_temp_path {place}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""\
daemon off;
worker_processes 1;
pid {place}/nginx.pid;
events {{ worker_connections 8192; }}
http {{
  access_log {place}/access.log;
{scratch}
  client_max_body_size 32m;
  keepalive_requests 1000000;
  upstream simulator {{
    server 127.0.0.1:{upstream_port};
    keepalive 64;
    keepalive_requests 1000000;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=2048;
    location = /healthz {{ access_log off; return 200 "ok"; }}
    location / {{
      proxy_pass http://simulator;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 600s;
    }}
  }}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_health(name: str, process: Process, port: int) -> None:
    """Returns when it answers. Raises `NotReady`."""
    deadline = time.monotonic() + READY_WITHIN_S
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with direct.open(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass  # not listening yet, or not healthy yet
        _check_alive(name, process, deadline)


def _check_alive(name: str, process: Process, deadline: float) -> None:
    if process.has_ended:
        raise NotReady(f"{name} ended before it was ready:\n{process.last_words()}")
    if time.monotonic() > deadline:
        raise NotReady(f"{name} was not ready within {READY_WITHIN_S:.0f} s:\n{process.last_words()}")
    time.sleep(0.05)
