"""Memory with streams held open, and memory over many requests.

Each on a fresh process: a heap that was used before would hide growth.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bench.client import Connection, connect, connections
from bench.measure import Target, bounded, run_together
from bench.process import memory_kib
from bench.workload import Burst, Plain, Silent

_OPENED_AT_ONCE = 50
_SOAK_CONNECTIONS = 16
_SOAK_STREAM = Burst(20)
_HANG_UP_EVERY = 50
_STREAM_EVERY = 5
FLAT_WITHIN_KIB = 2048
"""What memory may grow by after the first fifth of a soak and still be called flat."""


@dataclass(frozen=True, slots=True)
class OpenStreams:
    """Proportional set size with a number of silent streams open, and what one of them costs."""

    kib: dict[int, int]

    @property
    def per_stream_kib(self) -> float:
        least, most = min(self.kib), max(self.kib)
        return (self.kib[most] - self.kib[least]) / (most - least)


async def hold_streams(target: Target) -> OpenStreams:
    """Memory at none and at each of the plan's numbers of open streams."""
    await _warm(target)
    plan = target.plan
    kib = {0: await _settled_kib(target)}
    opened: list[Connection] = []
    try:
        for count in plan.open_streams:
            await bounded(plan, _open_until(target, opened, count))
            kib[count] = await _settled_kib(target)
    finally:
        for connection in opened:
            connection.close()
    return OpenStreams(kib)


async def _warm(target: Target) -> None:
    """Load what is loaded on first use, so that it is not counted as the price of streams."""
    async with connections(target.subject.port, 4) as opened:
        for behaviour in (Plain(), Burst(200)):
            request, stream = target.request(behaviour), isinstance(behaviour, Burst)
            for _ in range(5):
                await run_together([connection.ask(request, stream=stream) for connection in opened])


async def _settled_kib(target: Target) -> int:
    await asyncio.sleep(target.plan.settle_s)
    return memory_kib(target.subject.pid)


async def _open_until(target: Target, opened: list[Connection], count: int) -> None:
    request = target.request(Silent())

    async def open_one() -> None:
        connection = await connect(target.subject.port)
        opened.append(connection)
        await connection.open(request)

    while len(opened) < count:
        await run_together([open_one() for _ in range(min(_OPENED_AT_ONCE, count - len(opened)))])


@dataclass(frozen=True, slots=True)
class Soak:
    """Proportional set size by number of requests answered."""

    kib: dict[int, int]

    @property
    def growth_kib(self) -> int:
        """From the end of the first fifth (caches and pools have filled) to the highest reading after it."""
        fifth = max(self.kib) / 5
        early = [kib for count, kib in self.kib.items() if count <= fifth]
        late = [kib for count, kib in self.kib.items() if count > fifth]
        return max(late) - early[-1]

    @property
    def is_flat(self) -> bool:
        return self.growth_kib <= FLAT_WITHIN_KIB


async def soak(targets: Sequence[Target], requests: int) -> Soak:
    """A mix on all lanes: plain, every 5th a short stream, every 50th a stream the client hangs up on."""
    plan = targets[0].plan
    for target in targets:
        await _warm(target)
    kib = {0: await _settled_kib(targets[0])}
    step = requests // plan.soak_steps
    for done in range(step, step * plan.soak_steps + 1, step):
        await _mix(targets, step)
        kib[done] = await _settled_kib(targets[0])
    return Soak(kib)


async def _mix(targets: Sequence[Target], count: int) -> None:
    left = iter(range(count))
    port = targets[0].subject.port
    plain = [target.request(Plain()) for target in targets]
    stream = [target.request(_SOAK_STREAM) for target in targets]
    silent = [target.request(Silent()) for target in targets]

    async def work() -> None:
        connection = await connect(port)
        try:
            for number in left:
                lane = number % len(targets)
                if number % _HANG_UP_EVERY == 0:
                    await connection.open(silent[lane])
                    connection.close()
                    connection = await connect(port)
                elif number % _STREAM_EVERY == 0:
                    await connection.ask(stream[lane], stream=True)
                else:
                    await connection.ask(plain[lane], stream=False)
        finally:
            connection.close()

    await run_together([work() for _ in range(_SOAK_CONNECTIONS)])
