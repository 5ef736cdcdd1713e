"""What it costs to be answered by the Claude Code CLI: time to the first token, memory, and many clients on few processes.

    python -m bench.claude_code [--cli PATH] [--rounds N] [--quick]

The program is the real one. It asks the simulator, which answers at once, so what is left is the way there and back: client,
gateway, process, simulator. Three ways of coming by a process take turns in one run: a new one, one that was started in advance, and
the one that has had the conversation so far.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from bench.claude_gateway import CROWD, CROWD_PROCESSES, KEPT, NEW, READY, Gateway, Size, running_gateway
from bench.client import BadAnswer, Connection, connections
from bench.gateways import ROOT
from bench.loop import new_event_loop
from bench.measure import run_together
from bench.process import Cores
from bench.report import align
from bench.subjects import NotReady, running_upstream
from bench.workload import Dialect, Stamped, render_model, render_post
from isthmus.core.errors import UpstreamError
from isthmus.transport.find_claude import find_claude

JUDGE: Final = ROOT / ".cache/judges/claude/claude_agent_sdk/_bundled/claude"
READY_AIM: Final = 1 / 3
KEPT_AIM: Final = 1 / 10
FIRST: Final = "first message"
NEXT: Final = "second message"
WAYS: Final = ((NEW, FIRST), (READY, FIRST), (NEW, NEXT), (READY, NEXT), (KEPT, NEXT))
NAMES: Final = {NEW: "new process", READY: "started in advance", KEPT: "kept"}
WAITS: Final = "waits for its first request"
HAS_ANSWERED: Final = "has answered two messages"
_WATCH_S: Final = 0.1

Way = tuple[str, str]
"""Provider, and which message of the conversation is answered."""


@dataclass(frozen=True, slots=True)
class Plan:
    rounds: int = 11
    clients: int = 20
    time_out_s: float = 900.0


QUICK: Final = Plan(rounds=3)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Many clients that ask at one moment."""

    clients: int
    wall_s: float
    first_token_s: tuple[float, ...]
    most_waiting: int
    started: int


@dataclass(slots=True)
class Results:
    took_ms: dict[Way, list[float]] = field(default_factory=lambda: {way: [] for way in WAYS})
    """Of each round, to the first token, without the time that the simulator had the request."""
    sizes: dict[str, list[Size]] = field(default_factory=dict)
    crowd: Crowd | None = None

    def ratio(self, way: Way, to: Way) -> float:
        """The median of the ratios within each round."""
        pairs = zip(self.took_ms[way], self.took_ms[to], strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)

    @property
    def missed(self) -> tuple[str, ...]:
        """Aims that were not reached."""
        aims = {(READY, FIRST): READY_AIM, (READY, NEXT): READY_AIM, (KEPT, NEXT): KEPT_AIM}
        return tuple(
            f"{NAMES[way[0]]}, {way[1]}: {self.ratio(way, (NEW, way[1])):.2f} of a new process instead of {aim:.2f}"
            for way, aim in aims.items()
            if self.ratio(way, (NEW, way[1])) > aim
        )


async def measure(cli: Path, plan: Plan) -> Results:
    """All of it. Raises `BadAnswer` where one answer is not what it should be, or came in another way than it should."""
    results = Results()
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder:
        place = Path(folder)
        with (
            running_upstream(place, Cores(None, None, None)) as upstream,
            running_gateway(place, upstream.port, cli) as gateway,
        ):
            async with asyncio.timeout(plan.time_out_s):
                await gateway.quiet(ready=1)
                results.sizes[WAITS] = gateway.sizes(READY)
                for number in range(plan.rounds):
                    _say(f"round {number + 1} of {plan.rounds}")
                    # Each round begins elsewhere, so that no way always comes after the same other.
                    shift = number % len(WAYS)
                    for way in WAYS[shift:] + WAYS[:shift]:
                        results.took_ms[way].append(await first_token_ms(gateway, way))
                await gateway.quiet(ready=1, kept=1)
                results.sizes[HAS_ANSWERED] = gateway.sizes(KEPT)
                _say(f"{plan.clients} clients")
                results.crowd = await crowd(gateway, plan.clients)
    return results


async def first_token_ms(gateway: Gateway, way: Way) -> float:
    """Of a request that comes when nothing else goes on."""
    provider, which = way
    talk = [_said("user", "What is an isthmus?")]
    async with connections(gateway.port, 1) as [connection]:
        if which == NEXT:
            await gateway.quiet(ready=1)
            # Whoever answers the first message need not answer the second: a talk for `ready` begins like any other.
            await connection.ask_stamped(request(gateway.port, provider, talk))
            talk += [_said("assistant", connection.stamp), _said("user", "Name three of them.")]
        await gateway.quiet(**{READY: 1} | ({KEPT: 1} if provider == KEPT else {}))
        before = await gateway.crew(provider)
        took_s = await connection.ask_stamped(request(gateway.port, provider, talk))
        after = await gateway.crew(provider)
    if after.died != before.died or (provider == KEPT and after.started != before.started):
        raise BadAnswer(f"{NAMES[provider]}: {before} became {after}")
    return took_s * 1000


async def crowd(gateway: Gateway, clients: int) -> Crowd:
    """Each asks once, all at one moment; every one must be answered."""
    await gateway.quiet(ready=1)
    before = await gateway.crew(CROWD)
    taken_s: list[float] = []
    waiting = [0]

    async def ask(connection: Connection, number: int) -> None:
        talk = [_said("user", f"Client {number} asks: what is an isthmus?")]
        taken_s.append(await connection.ask_stamped(request(gateway.port, CROWD, talk)))

    async def watch() -> None:
        while True:
            crew = await gateway.crew(CROWD)
            waiting.append(crew.waiting)
            if crew.busy + crew.idle > CROWD_PROCESSES:
                raise BadAnswer(f"more than {CROWD_PROCESSES} processes: {crew}")
            await asyncio.sleep(_WATCH_S)

    async with connections(gateway.port, clients) as opened:
        began_s = time.monotonic()
        watching = asyncio.create_task(watch())
        try:
            await run_together([ask(each, number) for number, each in enumerate(opened)])
            wall_s = time.monotonic() - began_s
            if watching.done():
                await watching
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
    after = await gateway.crew(CROWD)
    if after.died != before.died:
        raise BadAnswer(f"{after.died - before.died} processes died")
    return Crowd(clients, wall_s, tuple(sorted(taken_s)), max(waiting), after.started - before.started)


def request(port: int, provider: str, talk: Sequence[dict[str, str]]) -> bytes:
    """A stream on the Messages API, its answer nothing but the simulator's stamp."""
    payload: dict[str, Any] = {
        "model": render_model(Stamped(0)),
        "max_tokens": 4096,
        "temperature": 0.7,
        "system": "You are a careful assistant. Answer in short sentences.",
        "messages": talk,
        "stream": True,
    }
    return render_post(Dialect.MESSAGES, f"/{provider}{Dialect.MESSAGES.value}", port, payload)


def _said(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


def render(results: Results) -> str:
    times = [["first token", "of the", "median, ms", "least", "most", "of a new process"]]
    for way, took in results.took_ms.items():
        figures = (statistics.median(took), min(took), max(took))
        ratio = results.ratio(way, (NEW, way[1]))
        times.append([NAMES[way[0]], way[1], *(f"{each:.0f}" for each in figures), f"{ratio:.2f}"])
    memory = [["a process that", "", "RSS, MiB", "PSS, MiB"]]
    for name, sizes in results.sizes.items():
        resident = statistics.median(each.resident_kib for each in sizes) / 1024
        proportional = statistics.median(each.proportional_kib for each in sizes) / 1024
        memory.append([name, "", f"{resident:.0f}", f"{proportional:.0f}"])
    parts = [align(times), align(memory), *([render_crowd(results.crowd)] if results.crowd else [])]
    aims = [f"missed: {each}" for each in results.missed] or ["all aims reached"]
    return "\n\n".join([*parts, "\n".join(aims)])


def render_crowd(crowd: Crowd) -> str:
    took = crowd.first_token_s
    return (
        f"{crowd.clients} clients at one moment, at most {CROWD_PROCESSES} processes: all answered in {crowd.wall_s:.1f} s;"
        f" first token after {took[0]:.1f} to {took[-1]:.1f} s, median {statistics.median(took):.1f} s;"
        f" {crowd.started} processes started, up to {crowd.most_waiting} requests waited"
    )


def parse(arguments: Sequence[str] | None = None) -> tuple[Plan, Path | None]:
    parser = argparse.ArgumentParser(
        prog="python -m bench.claude_code", description="What answers of the Claude Code CLI cost."
    )
    parser.add_argument(
        "--cli",
        type=Path,
        metavar="PATH",
        help="the program (default: that of `make judges`, else as the gateway finds it)",
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds to take the median of")
    parser.add_argument("--quick", action="store_true", help="three rounds (about a minute)")
    asked = parser.parse_args(arguments)
    plan = QUICK if asked.quick else Plan()
    if asked.rounds is not None:
        if asked.rounds < 1:
            parser.error("--rounds must be at least 1")
        plan = replace(plan, rounds=asked.rounds)
    return plan, asked.cli or (JUDGE if JUDGE.exists() else None)


def main() -> int:
    plan, named = parse()
    if sys.platform != "linux":
        print("the benchmark reads /proc and runs on Linux only", file=sys.stderr)
        return 2
    try:
        cli = find_claude(named)
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            results = runner.run(measure(cli, plan))
    except (BadAnswer, NotReady, TimeoutError, UpstreamError) as error:
        print(f"the run was given up: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(render(results))
    print(f"\nPython {platform.python_version()}, {platform.release()}")
    return 1 if results.missed else 0


_STARTED = time.monotonic()


def _say(progress: str) -> None:
    print(f"{time.monotonic() - _STARTED:6.1f} s  {progress}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
