"""One run: start the parties, measure in interleaved rounds, print, end everything."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench.gateways import BARE, EARLIER, FULL, Ground, prepare
from bench.measure import Target, take_sample
from bench.memory import hold_streams, soak
from bench.plan import Plan
from bench.process import Cores, running_on
from bench.report import Results
from bench.subjects import Subject, all_running, can_take, missing, running, running_upstream
from bench.workload import LANES

SUBJECTS = (FULL, BARE, "nginx", "direct")
_FILES_NEEDED = 4096


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line asked for."""

    plan: Plan
    subjects: tuple[str, ...]
    lanes: tuple[str, ...]
    soak_requests: int = 0
    """0: the tables. Otherwise only the soak, over this many requests."""
    before: str | None = None
    """A commit whose gateway is measured, too."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What all phases of a run share."""

    order: Order
    names: list[str]
    upstream: Subject
    place: Path
    cores: Cores
    results: Results

    def run(self, name: str) -> AbstractContextManager[Subject]:
        return running(name, self.upstream, self.place, self.cores)


async def carry_out(order: Order) -> Results:
    """All the figures asked for. Progress goes to stderr; every process started is ended."""
    results = Results()
    cores = Cores.of_this_machine()
    if cores.subject is None:
        results.notes.append("only one core: nothing was pinned, figures are less exact")
    _allow_open_files()
    names = _present(order, results)
    with tempfile.TemporaryDirectory(prefix="isthmus-bench-") as folder, running_on(cores.client):
        place = Path(folder)
        ground = Ground(place)
        await prepare(ground, order.before)
        if order.before and ground.stock_of(EARLIER) is None:
            results.notes.append(f"{EARLIER} ran without accounts and keys: that commit cannot keep ours")
        with running_upstream(place, cores) as upstream:
            scene = Scene(order, names, upstream, place, cores, results)
            if order.soak_requests:
                await _soak_all(scene)
            else:
                await _measure_rounds(scene)
                await _measure_memory(scene)
    return results


def _present(order: Order, results: Results) -> list[str]:
    present = []
    for name in (*order.subjects, *([EARLIER] if order.before else ())):
        if (reason := missing(name)) is None:
            present.append(name)
        else:
            results.notes.append(f"{name} was skipped: {reason}")
    return present


def _allow_open_files() -> None:
    """1000 streams are 2000 sockets in a proxy; what we start inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_NEEDED if hard == resource.RLIM_INFINITY else min(hard, _FILES_NEEDED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _targets(order: Order, subjects: list[Subject]) -> list[Target]:
    """Lane by lane: what is compared is measured as soon after each other as can be."""
    return [
        Target(subject, LANES[lane], order.plan)
        for lane in order.lanes
        for subject in subjects
        if can_take(subject.name, LANES[lane])
    ]


async def _measure_rounds(scene: Scene) -> None:
    order, rounds = scene.order, scene.results.rounds
    with all_running(scene.names, scene.upstream, scene.place, scene.cores) as subjects:
        targets = _targets(order, subjects)
        for target in targets:
            rounds[target.subject.name, target.lane.name] = []
        for number in range(order.plan.rounds):
            # Each round begins elsewhere, so that no subject always runs after the same neighbour.
            shift = number * len(targets) // order.plan.rounds
            for target in targets[shift:] + targets[:shift]:
                _say(f"round {number + 1} of {order.plan.rounds}: {target.subject.name}, {target.lane.name}")
                rounds[target.subject.name, target.lane.name].append(await take_sample(target))


async def _measure_memory(scene: Scene) -> None:
    for name in scene.names:
        if name == "direct":  # nothing in between takes no memory
            continue
        for lane in scene.order.lanes:
            if not can_take(name, LANES[lane]):
                continue
            with scene.run(name) as subject:
                _say(f"open streams: {name}, {lane}")
                target = Target(subject, LANES[lane], scene.order.plan)
                scene.results.memory[name, lane] = await hold_streams(target)


async def _soak_all(scene: Scene) -> None:
    order = scene.order
    for name in scene.names:
        if name == "direct":
            continue
        with scene.run(name) as subject:
            _say(f"soak: {name}, {order.soak_requests} requests")
            scene.results.soaks[name] = await soak(_targets(order, [subject]), order.soak_requests)


_STARTED = time.monotonic()


def _say(progress: str) -> None:
    print(f"{time.monotonic() - _STARTED:6.1f} s  {progress}", file=sys.stderr, flush=True)
