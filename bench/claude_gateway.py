"""A gateway with the real Claude Code CLI behind it, which asks the simulator: how it is run, and what its processes take.

One provider for each way of getting hold of a process, all with the same program and the same upstream.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.client import BadAnswer
from bench.process import Process, cpu_s, family, memory_kib, resident_kib
from bench.subjects import await_health, free_port

NEW: Final = "new"
READY: Final = "ready"
KEPT: Final = "kept"
CROWD: Final = "crowd"
CROWD_PROCESSES: Final = 4
POOLS: Final[dict[str, dict[str, Any]]] = {
    NEW: {"mode": "one_shot", "pool": {"size": 0}},
    READY: {"mode": "one_shot", "pool": {"size": 1}},
    KEPT: {"mode": "interactive", "pool": {"size": 0, "max_processes": 1}},
    CROWD: {
        "mode": "one_shot",
        "pool": {"size": 0, "max_processes": CROWD_PROCESSES, "queue_timeout_s": 300},
    },
}
"""`ready` has one process in advance; `kept` goes on with the one that has had the conversation so far."""
_STEP_S: Final = 0.2
_CALM_STEPS: Final = 3
_CALM_SHARE: Final = 0.15
"""Of one core: idle processes of the CLI take about a hundredth each."""


@dataclass(frozen=True, slots=True)
class Crew:
    """What the gateway tells of one provider's processes."""

    idle: int
    busy: int
    waiting: int
    started: int
    died: int


@dataclass(frozen=True, slots=True)
class Size:
    """One process of the CLI with everything it has started."""

    resident_kib: int
    proportional_kib: int


@dataclass(frozen=True, slots=True)
class Gateway:
    """One that runs."""

    pid: int
    port: int

    async def crew(self, provider: str) -> Crew:
        return (await asyncio.to_thread(self._crews))[provider]

    async def quiet(self, **idle: int) -> None:
        """Until no process starts, works or ends any more, and of the named providers so many are idle."""
        calm = 0
        while calm < _CALM_STEPS:
            used_s = await self._used_s(_STEP_S)
            crews = await asyncio.to_thread(self._crews)
            at_rest = all(each.busy == 0 for each in crews.values())
            as_wanted = all(crews[name].idle == count for name, count in idle.items())
            calm = calm + 1 if at_rest and as_wanted and used_s < _STEP_S * _CALM_SHARE else 0

    def sizes(self, provider: str) -> list[Size]:
        """Of all its processes that live now. Raises `BadAnswer` where there is none."""
        mark = f"ANTHROPIC_AUTH_TOKEN={key(provider)}".encode()
        sizes = [
            Size(resident_kib(pid), memory_kib(pid))
            for pid in family(self.pid)[1:]
            if _parent(pid) == self.pid and mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        ]
        if not sizes:
            raise BadAnswer(f"{provider} has no process of its own")
        return sizes

    async def _used_s(self, within_s: float) -> float:
        try:
            before_s = cpu_s(self.pid)
            await asyncio.sleep(within_s)
            return cpu_s(self.pid) - before_s
        except OSError:  # a process ended while it was looked at
            return within_s

    def _crews(self) -> dict[str, Crew]:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"http://127.0.0.1:{self.port}/stats", timeout=30) as answer:
            told = json.load(answer)
        return {
            each["provider"]: Crew(*(each[name] for name in ("idle", "busy", "waiting", "started", "died")))
            for each in told["processes"]
        }


@contextmanager
def running_gateway(folder: Path, upstream_port: int, cli: Path) -> Iterator[Gateway]:
    """On no core of its own: the CLI's threads would share it."""
    port = free_port()
    config = folder / "isthmus.json"
    config.write_text(json.dumps(configuration(folder, port, upstream_port, cli), indent=1))
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith("ISTHMUS_")}
    command = [sys.executable, "-m", "isthmus", "serve", "--config", str(config)]
    with Process(command, folder / "gateway.log", None, cwd=folder, environment=kept) as process:
        await_health("the gateway", process, port)
        yield Gateway(process.pid, port)


def configuration(folder: Path, port: int, upstream_port: int, cli: Path) -> dict[str, Any]:
    """All that does not decide how a process is come by stays at its default."""
    return {
        "server": {"host": "127.0.0.1", "port": port},
        "storage": {"data_dir": str(folder / "data")},
        "providers": {
            name: {
                "type": "claude-code",
                "base_url": f"http://127.0.0.1:{upstream_port}",
                "api_key": key(name),
                "claude_code": pool | {"cli_path": str(cli)},
            }
            for name, pool in POOLS.items()
        },
        "default_provider": NEW,
    }


def key(provider: str) -> str:
    """What the simulator is shown, which takes anything; and how a provider's processes are told apart."""
    return f"bench-{provider}"


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
