"""A batch under way: so many lines at a time, each asked until it has a result, every result on the disk before the next line.

Memory holds the lines under way and nothing else. Results of lines that end together are synced together, in a thread.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from isthmus.batch.deciding import Again, Keep, Patience, Stop, Verdict, decide
from isthmus.batch.journal import Spent, is_unpriced
from isthmus.batch.lines import Line
from isthmus.batch.results import message_in, render
from isthmus.cli.batch_doors import Answered, Door
from isthmus.cli.batch_output import Output
from isthmus.cli.failure import CommandFailed
from isthmus.core.usage import Usage

NANO: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Rules:
    """What the command line says of how to run."""

    concurrency: int = 8
    patience: Patience = field(default_factory=Patience)
    max_cost_nano_usd: int | None = None
    fail_fast: bool = False


@dataclass(slots=True)
class Course:
    """How this run goes; what is shown of it is read from here."""

    total: int
    done: int
    """With the lines of earlier runs."""
    failed: int
    begun_s: float
    done_before: int
    under_way: int = 0
    waiting: int = 0
    """Of those under way: told to come back later."""

    @classmethod
    def begun(cls, total: int, output: Output) -> Course:
        """With what the results hold already."""
        done = len(output.finished)
        return cls(total, done, output.failed, time.monotonic(), done)

    @property
    def done_now(self) -> int:
        return self.done - self.done_before

    def seconds_left(self, now_s: float) -> float | None:
        """At the pace of this run so far."""
        if not self.done_now:
            return None
        return (now_s - self.begun_s) / self.done_now * (self.total - self.done)


@dataclass(frozen=True, slots=True)
class Ended:
    """A line that has its result."""

    spent: Spent
    result: bytes
    """The line of the results file."""
    succeeded: bool


class Batch:
    """Runs once."""

    def __init__(
        self,
        lines: Iterator[Line],
        total: int,
        output: Output,
        door: Door,
        rules: Rules,
        show: Callable[[Course], None] = lambda course: None,
    ) -> None:
        self._lines = lines
        self._output = output
        self._door = door
        self._rules = rules
        self._show = show
        self.course = Course.begun(total, output)
        self.stopped: str | None = None
        """Why nothing more is begun, before the end of the file."""
        self.interrupted = False
        self._halt = asyncio.Event()
        self._workers: list[asyncio.Task[None]] = []
        self._disk = _Disk(output, self._count)

    def interrupt(self) -> None:
        """The first time: nothing more is begun, what is under way ends. The second: that is cut off, too."""
        if self.interrupted:
            for each in self._workers:
                each.cancel()
        self.interrupted = True
        self._halt.set()

    async def run(self) -> None:
        """Returns when nothing is under way any more. Raises `CommandFailed` when results cannot be written, `LineFault` when the
        input is no longer what it was."""
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._rules.concurrency)]
        try:
            done, _ = await asyncio.wait(self._workers, return_when=asyncio.FIRST_EXCEPTION)
            if any(not each.cancelled() and each.exception() for each in done):
                self._halt.set()
            ended = await asyncio.gather(*self._workers, return_exceptions=True)
        finally:
            for each in self._workers:
                each.cancel()
            await self._disk.close()
        for failure in ended:
            if isinstance(failure, Exception):
                raise failure

    async def _work(self) -> None:
        while (line := self._next()) is not None:
            self.course.under_way += 1
            try:
                ended = await self._answer(line)
                if ended is None:
                    return
                await self._disk.keep(ended)
            finally:
                self.course.under_way -= 1

    def _next(self) -> Line | None:
        limit = self._rules.max_cost_nano_usd
        if limit is not None and self._output.sums.nano_usd >= limit:
            self._stop(f"${self._output.sums.nano_usd / NANO:.4f} are spent, and --max-cost-usd is reached")
        return None if self._halt.is_set() else next(self._lines, None)

    async def _answer(self, line: Line) -> Ended | None:
        """None: the line has to wait for another run."""
        begun_s, tries, failed, waited_s = time.monotonic(), 0, 0, 0.0
        total = Spent(line.custom_id, nano_usd=0)
        while True:
            answered = await self._door.ask(line)
            tries += 1
            total = _with(total, answered)
            outcome = answered.outcome
            verdict = Verdict.of(outcome.status, answered.headers)
            decision = decide(verdict, failed, waited_s, self._rules.patience, random.random)
            match decision:
                case Keep():
                    took_ms = round((time.monotonic() - begun_s) * 1000)
                    spent = replace(total, tries=tries, took_ms=took_ms)
                    return Ended(
                        spent, render(line.format, line.custom_id, outcome), succeeded=outcome.succeeded
                    )
                case Stop(why):
                    said = message_in(outcome.body)
                    self._stop(f"{why}: {said}" if said else why)
                    return None
                case Again(after_s, counts):
                    failed += counts
                    waited_s += after_s
                    if await self._pause(after_s):
                        return None

    async def _pause(self, seconds: float) -> bool:
        """Whether the batch was stopped meanwhile."""
        self.course.waiting += 1
        try:
            await asyncio.wait_for(self._halt.wait(), seconds)
        except TimeoutError:
            return False
        finally:
            self.course.waiting -= 1
        return True

    def _count(self, ended: Ended) -> None:
        spent = ended.spent
        self._output.sums.add(spent)
        self.course.done += 1
        self.course.failed += not ended.succeeded
        if not ended.succeeded and self._rules.fail_fast:
            self._stop(f"line {spent.custom_id!r} failed, and --fail-fast was given")
        if self._rules.max_cost_nano_usd is not None and is_unpriced(spent):
            self._stop(
                f"nobody knows the price of what line {spent.custom_id!r} used, so --max-cost-usd cannot be kept: "
                "add a price, or leave the option out"
            )
        self._show(self.course)

    def _stop(self, why: str) -> None:
        self.stopped = self.stopped or why
        self._halt.set()


class _Disk:
    """Writes in a thread what has come together while it wrote before. `written` is told of every line that is kept."""

    def __init__(self, output: Output, written: Callable[[Ended], None]) -> None:
        self._output = output
        self._written = written
        self._waiting: list[tuple[Ended, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._failure: CommandFailed | None = None

    async def keep(self, ended: Ended) -> None:
        """Returns when it is on the disk. Raises `CommandFailed`."""
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append((ended, kept))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await asyncio.shield(kept)

    async def close(self) -> None:
        """What was given is written, whether or not somebody still waits for it."""
        if self._writing is not None:
            await asyncio.wait((self._writing,))

    async def _write(self) -> None:
        while self._waiting:
            now, self._waiting = self._waiting, []
            # After a failure nothing more is written: it would stand behind what may be half a line.
            if self._failure is None:
                try:
                    lines = [(ended.spent, ended.result) for ended, _ in now]
                    await asyncio.to_thread(self._output.append, lines)
                except CommandFailed as error:
                    self._failure = error
            for ended, kept in now:
                if self._failure is None:
                    self._written(ended)
                    kept.set_result(None)
                else:
                    kept.set_exception(self._failure)
                    kept.exception()


def _with(spent: Spent, answered: Answered) -> Spent:
    """With another try. What a failed one used counts as well."""
    usage = answered.usage
    if usage is None:
        return spent
    return replace(
        spent,
        input_tokens=spent.input_tokens + usage.all_input_tokens,
        output_tokens=spent.output_tokens + usage.output_tokens,
        estimated_tokens=spent.estimated_tokens + _estimated(usage),
        nano_usd=_sum(spent.nano_usd, answered.nano_usd),
    )


def _sum(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first + second


def _estimated(usage: Usage) -> int:
    input = usage.all_input_tokens if usage.input_estimated else 0
    return input + (usage.output_tokens if usage.output_estimated else 0)
