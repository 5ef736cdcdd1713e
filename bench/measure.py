"""How each figure is taken, for one subject on one lane. Units are in the names; nothing here prints.

CPU is always a difference of two readings of the subject's own CPU clock, around work of known size.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Coroutine, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bench.answers import PLAIN_WORDS
from bench.client import BadAnswer, Connection, connections
from bench.plan import Plan
from bench.process import cpu_s
from bench.subjects import Subject
from bench.workload import Behaviour, Burst, Lane, Paced, Plain, Stamped, render_request

T = TypeVar("T")

_QUIET_S = 0.1
"""Between phases, so that what ends one (streams cancelled, connections closed) is not charged to the next."""


@dataclass(frozen=True, slots=True)
class Target:
    """One subject, asked on one lane."""

    subject: Subject
    lane: Lane
    plan: Plan

    def request(self, behaviour: Behaviour) -> bytes:
        return render_request(self.lane.client, self.subject.path(self.lane), self.subject.port, behaviour)

    def cpu_s(self) -> float:
        return cpu_s(self.subject.pid)


@dataclass(frozen=True, slots=True)
class Sample:
    """The figures of one round."""

    plain_us: float
    """CPU per plain request."""
    stream_us: float
    """CPU per streamed request without its text events: the other end of the slope below."""
    burst_us: float
    """CPU per text event of a burst."""
    paced_us: float
    """CPU per text event of streams at 50 events a second each."""
    alone_ms: float
    """To the first token, one request at a time, without the time the upstream took."""
    together_ms: float
    """The same with many connections, each asking again when its last answer has ended."""
    volley_ms: float
    """The same with as many requests sent at one moment."""


async def take_sample(target: Target) -> Sample:
    """One round of all CPU and latency figures."""
    plan = target.plan
    short_us = await bounded(plan, request_us(target, Burst(plan.short_events), plan.short_requests))
    long_us = await bounded(plan, request_us(target, Burst(plan.long_events), plan.long_requests))
    burst_us, stream_us = line_through((plan.short_events, short_us), (plan.long_events, long_us))
    return Sample(
        plain_us=await bounded(plan, request_us(target, Plain(), plan.plain_requests)),
        stream_us=stream_us,
        burst_us=burst_us,
        paced_us=await paced_patiently_us(target),
        alone_ms=await bounded(plan, first_token_alone_ms(target)),
        together_ms=await bounded(plan, first_token_together_ms(target)),
        volley_ms=await bounded(plan, first_token_volley_ms(target)),
    )


async def bounded(plan: Plan, work: Awaitable[T]) -> T:
    async with asyncio.timeout(plan.phase_timeout_s):
        return await work


def line_through(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """Slope, and value at zero, of the line through two points."""
    slope = (b[1] - a[1]) / (b[0] - a[0])
    return slope, a[1] - slope * a[0]


async def request_us(target: Target, behaviour: Plain | Burst, count: int) -> float:
    """CPU per request, over `count` requests on connections that are already warm, with all that is written behind them."""
    request = target.request(behaviour)
    width = target.plan.connections
    async with connections(target.subject.port, width) as opened:
        await _ask_all(opened, request, width * 2, behaviour)
        await _rest(target)
        before = target.cpu_s()
        await _ask_all(opened, request, count, behaviour)
        await _rest(target)
        used_s = target.cpu_s() - before
    await asyncio.sleep(_QUIET_S)
    return used_s / count * 1e6


async def _rest(target: Target) -> None:
    """Until what was asked before has left no more work behind."""
    if target.subject.is_gateway:
        await asyncio.sleep(target.plan.behind_s)


async def _ask_all(opened: list[Connection], request: bytes, count: int, behaviour: Plain | Burst) -> None:
    """`count` answers, asked over all connections, each busy until none is left to ask."""
    left = iter(range(count))
    stream = isinstance(behaviour, Burst)
    tokens = behaviour.events if isinstance(behaviour, Burst) else PLAIN_WORDS

    async def work(connection: Connection) -> None:
        for _ in left:
            await connection.ask(request, stream=stream, tokens=tokens)

    await run_together([work(connection) for connection in opened])


class OutOfPace(BadAnswer):
    """The streams did not run as fast as they were meant to: the machine was too busy at that moment."""


async def paced_patiently_us(target: Target) -> float:
    """Asked again when something else kept the machine busy meanwhile, but not for ever."""
    for _ in range(PACED_TRIES - 1):
        try:
            return await bounded(target.plan, paced_event_us(target))
        except OutOfPace:
            continue
    return await bounded(target.plan, paced_event_us(target))


async def paced_event_us(target: Target) -> float:
    """CPU per event in a window in which all streams run: opening and closing them is outside."""
    request = target.request(Paced())
    async with connections(target.subject.port, target.plan.paced_streams) as opened:
        await run_together([connection.open(request) for connection in opened])
        await asyncio.sleep(_QUIET_S * 2)
        before, seen = target.cpu_s(), sum(connection.tokens for connection in opened)
        started = time.monotonic()
        await asyncio.sleep(target.plan.paced_s)
        used_s, events = target.cpu_s() - before, sum(connection.tokens for connection in opened) - seen
        rate = events / (time.monotonic() - started) / len(opened)
    await asyncio.sleep(_QUIET_S * 2)
    if not PACED_AT_LEAST < rate < PACED_AT_MOST:
        raise OutOfPace(
            f"paced streams ran at {rate:.1f} events/s each instead of 50: the machine is too busy"
        )
    return used_s / events * 1e6


PACED_TRIES = 4
PACED_AT_LEAST, PACED_AT_MOST = 42.0, 55.0
"""Outside of these the streams were not what the figure says, and the figure is refused."""


async def first_token_alone_ms(target: Target) -> float:
    request = target.request(Stamped(0))
    async with connections(target.subject.port, 1) as [connection]:
        await connection.ask_stamped(request)
        return _median_ms(
            [await connection.ask_stamped(request) for _ in range(target.plan.first_token_alone)]
        )


async def first_token_together_ms(target: Target) -> float:
    """Each connection asks again as soon as it can; they start spread over one model delay."""
    plan = target.plan
    request = target.request(Stamped(plan.model_delay_ms))
    taken: list[float] = []

    async def work(connection: Connection, wait_s: float) -> None:
        await connection.ask_stamped(request)
        await asyncio.sleep(wait_s)
        taken.extend([await connection.ask_stamped(request) for _ in range(plan.first_token_rounds)])

    async with connections(target.subject.port, plan.together) as opened:
        step_s = plan.model_delay_ms / 1000 / plan.together
        await run_together([work(connection, index * step_s) for index, connection in enumerate(opened)])
    await asyncio.sleep(_QUIET_S)
    return _median_ms(taken)


async def first_token_volley_ms(target: Target) -> float:
    """All connections ask at one moment, several times."""
    plan = target.plan
    request = target.request(Stamped(plan.model_delay_ms))
    taken: list[float] = []

    async def work(connection: Connection) -> None:
        taken.append(await connection.ask_stamped(request))

    async with connections(target.subject.port, plan.together) as opened:
        await run_together([work(connection) for connection in opened])
        taken.clear()
        for _ in range(plan.volleys):
            await run_together([work(connection) for connection in opened])
    await asyncio.sleep(_QUIET_S)
    return _median_ms(taken)


def _median_ms(taken_s: list[float]) -> float:
    return statistics.median(taken_s) * 1000


async def run_together(work: Sequence[Coroutine[None, None, None]]) -> None:
    """All of them at once. The first failure ends the others and is raised as itself, not in a group."""
    try:
        async with asyncio.TaskGroup() as group:
            for each in work:
                group.create_task(each)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
