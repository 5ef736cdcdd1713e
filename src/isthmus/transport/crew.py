"""The processes of one provider: some idle in advance, some kept for the next turn of a conversation, the others at work.

There are never more than `max_processes`. Who finds no place waits in line; the process that has been idle for longest makes way.
One that was spoken with for an owner is never lent to another.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from typing import Final

import structlog

from isthmus.core.errors import GatewayError, Kind, UpstreamError
from isthmus.core.programs import Program
from isthmus.transport.roll import Roll, is_alive
from isthmus.transport.spares import Spares
from isthmus.transport.workers import CrewFigures, CrewRules, Start, Waiter, Worker

log = structlog.get_logger("isthmus")

REFILL_AFTER_S: Final = 0.3
"""A new spare starts when the request that took the last one is on its way: a start takes a second of CPU."""
RETRY_AFTER_S: Final = 1.0


class Loan:
    """A process for one turn. Exactly one of `keep` and `end` must be called; calling `end` again is harmless."""

    def __init__(self, crew: Crew, worker: Worker, owner: str, *, is_kept: bool) -> None:
        assert worker.running is not None
        self._crew, self._worker, self._owner = crew, worker, owner
        self.running = worker.running
        self.is_kept = is_kept
        """It has had the conversation so far; otherwise nobody has spoken with it yet."""

    def keep(self, name: str) -> None:
        """For the next turn of the same owner that continues this name."""
        self._crew.keep(self._worker, self._owner, name)

    def end(self) -> None:
        """It is of no more use. Neither waits nor raises."""
        self._crew.dismiss(self._worker)


class Crew:
    """Everything happens on one event loop."""

    def __init__(self, rules: CrewRules, start: Start) -> None:
        self.rules = rules
        self.start = start
        self.settling: set[asyncio.Task[None]] = set()
        """Turns whose answer is complete, and whose process is not ready for the next one yet."""
        self._roll = Roll(self._changed)
        self._waiting: deque[Waiter] = deque()
        self._spares = Spares()
        self._refilling: asyncio.Task[None] | None = None
        self._refill_timer: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._started = self._died = 0

    async def borrow(self, program: Program, owner: str, continues: str | None = None) -> Loan:
        """A process that runs this program. Raises `UpstreamError` where it does not start, and `GatewayError` (rate limit)
        where there is no place in time."""
        if continues is not None and (kept := self._take_kept(program, owner, continues)) is not None:
            return Loan(self, kept, owner, is_kept=True)
        self._spares.asked_for(program, self._now(), self.rules.size)
        worker = await self._place(program)
        if worker.running is None:
            await self._launch(worker)
        self._roll.work(worker)
        self._refill_later(REFILL_AFTER_S)
        return Loan(self, worker, owner, is_kept=False)

    def expect(self, *programs: Program) -> None:
        """Always has spares for these, also before anybody has asked. Replaces what was expected before."""
        self._spares.expected = programs
        self._refill_later(0.0)

    def renew(self, rules: CrewRules, start: Start) -> None:
        """From now on. Who waits goes on waiting; who is idle and one too many goes."""
        self.rules, self.start = rules, start
        spares = self._roll.spares()
        for worker in spares[: max(0, len(spares) - rules.size)]:
            self.dismiss(worker)
        while self._roll.idle and self._roll.total - len(self._roll.ending) > rules.max_processes:
            self.dismiss(next(iter(self._roll.idle)))
        self._changed()

    def wind_down(self) -> None:
        """Nobody will ask any more: who is at work finishes that, all others go now. `renew` takes it back."""
        self._spares.expected = ()
        self.rules = replace(self.rules, size=0, max_idle_s=0.0)
        for worker in list(self._roll.idle):
            self.dismiss(worker)

    def keep(self, worker: Worker, owner: str, name: str) -> None:
        """See `Loan`."""
        if worker not in self._roll.busy:
            return
        if (other := self._roll.kept(owner, name)) is not None:
            self.dismiss(other)
        worker.kept_for = (owner, name)
        self._roll.rest(worker, min(self.rules.max_idle_s, self._left_s(worker)))

    def dismiss(self, worker: Worker) -> None:
        """See `Loan`."""
        self._roll.dismiss(worker)

    def figures(self) -> CrewFigures:
        roll = self._roll
        busy = roll.starting + len(roll.busy) + len(roll.ending)
        waiting = sum(not each.grant.done() for each in self._waiting)
        return CrewFigures(len(roll.idle), busy, waiting, self._started, self._died)

    async def close(self, within_s: float) -> None:
        """Ends all of them. Who waits in line is told."""
        self._is_closed = True
        if self._refill_timer is not None:
            self._refill_timer.cancel()
        if self._refilling is not None:
            self._refilling.cancel()
            await asyncio.wait((self._refilling,))
        for waiter in self._waiting:
            self._give_up(waiter)
        await self._roll.end_all(within_s)

    def _take_kept(self, program: Program, owner: str, name: str) -> Worker | None:
        """One that runs another program, or has died without our having heard of it yet, is no use to anybody. Files only told it
        what it has heard by now, in this way or another."""
        worker = self._roll.kept(owner, name)
        if worker is None:
            return None
        if worker.program.common != program.common or not is_alive(worker):
            self.dismiss(worker)
            return None
        self._roll.work(worker)
        return worker

    async def _place(self, program: Program) -> Worker:
        """A spare, or a worker that has its place and must be launched."""
        if self._is_closed:
            raise _closing()
        if not self._waiting and (worker := self._grant(program)) is not None:
            return worker
        loop = asyncio.get_running_loop()
        waiter = Waiter(program, loop.create_future())
        self._waiting.append(waiter)
        self._make_room()
        timer = loop.call_later(self.rules.queue_timeout_s, self._give_up, waiter)
        try:
            worker = await waiter.grant
        except BaseException:
            if waiter.grant.done() and not waiter.grant.cancelled():
                self._take_back(waiter.grant.result())
            raise
        finally:
            timer.cancel()
            if waiter in self._waiting:
                self._waiting.remove(waiter)
                self._changed()
        if worker is None:
            raise self._no_place()
        return worker

    def _grant(self, program: Program) -> Worker | None:
        for worker in self._roll.spares():
            if worker.program == program and is_alive(worker):
                self._roll.work(worker)
                self._spares.lasted()
                return worker
        if self._roll.total >= self.rules.max_processes:
            return None
        self._roll.starting += 1
        return Worker(program)

    def _take_back(self, worker: Worker | None) -> None:
        """A place that was granted to somebody who has gone."""
        if worker is None:
            return
        if worker.running is not None:
            self._rest_as_spare(worker)
        else:
            self._roll.starting -= 1
            self._changed()

    async def _launch(self, worker: Worker) -> None:
        """The worker has its place, which it loses if it does not start."""
        try:
            worker.running = await self.start(worker.program, lambda: self._on_death(worker))
        finally:
            self._roll.starting -= 1
            if worker.running is None:
                self._changed()
        worker.started_s = self._now()
        self._started += 1
        if self._is_closed:
            self._roll.work(worker)
            self.dismiss(worker)
            raise _closing()

    def _on_death(self, worker: Worker) -> None:
        if worker in self._roll.ending:
            return
        self._died += 1
        if worker in self._roll.idle:
            if worker.kept_for is None:
                self._spares.failed(self._now())
                words = "" if worker.running is None else worker.running.last_words()
                log.warning("a program ended while it waited for work", how=words)
            self.dismiss(worker)

    def _rest_as_spare(self, worker: Worker) -> None:
        is_expected = worker.program in self._spares.expected
        left_s = self._left_s(worker)
        self._roll.rest(worker, left_s if is_expected else min(left_s, self.rules.max_idle_s))

    def _left_s(self, worker: Worker) -> float:
        """Of its lifetime; nothing once the crew is closed."""
        return 0.0 if self._is_closed else worker.started_s + self.rules.max_lifetime_s - self._now()

    def _give_up(self, waiter: Waiter) -> None:
        if not waiter.grant.done():
            waiter.grant.set_result(None)

    def _changed(self) -> None:
        """A place has become free, or somebody idle: whoever is first in line may have it."""
        while self._waiting:
            waiter = self._waiting[0]
            if not waiter.grant.done():
                worker = self._grant(waiter.program)
                if worker is None:
                    self._make_room()
                    return
                waiter.grant.set_result(worker)
            self._waiting.popleft()
        self._refill_later(REFILL_AFTER_S)

    def _make_room(self) -> None:
        """For those in line, at the cost of those that are idle."""
        if self._roll.idle and len(self._roll.ending) < len(self._waiting):
            self.dismiss(next(iter(self._roll.idle)))

    def _refill_later(self, after_s: float) -> None:
        if not self._is_closed and self.rules.size > 0 and self._refill_timer is None:
            self._refill_timer = asyncio.get_running_loop().call_later(after_s, self._refill)

    def _refill(self) -> None:
        self._refill_timer = None
        if self._refilling is None or self._refilling.done():
            self._refilling = asyncio.get_running_loop().create_task(self._start_spares())

    async def _start_spares(self) -> None:
        """One after another: several at once take each other's time."""
        while (program := self._missing()) is not None:
            self._roll.starting += 1
            worker = Worker(program)
            try:
                await self._launch(worker)
            except UpstreamError as error:
                self._spares.failed(self._now())
                log.warning("no spare program could be started", error=error.message, detail=error.detail)
            except GatewayError:
                return  # the crew was closed meanwhile
            else:
                if not is_alive(worker):
                    self._spares.failed(self._now())
                self._rest_as_spare(worker)

    def _missing(self) -> Program | None:
        """The program of which a spare should be started now. One that is not wanted any more makes way for it."""
        if self._waiting or self._is_closed:
            return None
        now = self._now()
        if (wait_s := self._spares.wait_s(now)) > 0:
            self._refill_later(wait_s)
            return None
        lacking = self._spares.wanted(self.rules.size, now - self.rules.max_idle_s)
        spares = self._roll.spares()
        lacking.subtract(each.program for each in spares)
        program = next((each for each, count in lacking.items() if count > 0), None)
        if program is not None and len(spares) >= self.rules.size:
            self.dismiss(next(each for each in spares if lacking[each.program] < 0))
        return program if self._roll.total < self.rules.max_processes else None

    def _no_place(self) -> GatewayError:
        if self._is_closed:
            return _closing()
        return GatewayError(
            f"all {self.rules.max_processes} processes that answer for this model are at work: try again in a moment",
            kind=Kind.RATE_LIMIT,
            retry_after_s=RETRY_AFTER_S,
        )

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _closing() -> GatewayError:
    return GatewayError("the gateway is shutting down: ask again in a moment", kind=Kind.OVERLOADED)
