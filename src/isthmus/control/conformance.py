"""The conformance cases, run against this gateway from its console: one run at a time, with what came of the earlier ones."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Final, Protocol

import structlog

from isthmus.control.clock import new_id, now_ms
from isthmus.control.failures import Conflict, NotFound, OperationFailed
from isthmus.control.paging import Page, read_cursor, write_cursor
from isthmus.control.people import Person
from isthmus.storage.audit import AuditLog
from isthmus.storage.conformance import RUNNING, ConformanceStore, StoredRun
from isthmus.storage.errors import StorageError

__all__ = ["Asked", "CaseInfo", "ConformanceService", "Engine", "Planned", "RunState", "StoredRun", "Verdict"]

log = structlog.get_logger("isthmus")

SAVE_EVERY_S: Final = 2.0
ALIVE_MS: Final = 30_000
"""A run that was not saved for so long has died with its process."""


class RunState(StrEnum):
    RUNNING = RUNNING
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"
    """It could not go on; `problem` says why."""
    INTERRUPTED = "interrupted"
    """Its process ended first."""


@dataclass(frozen=True, slots=True)
class Asked:
    provider: str
    account_id: str | None = None
    """The only account to be asked; None: whichever the gateway chooses."""
    model: str | None = None
    dialects: tuple[str, ...] = ()
    """Empty: all."""
    cases: tuple[str, ...] = ()
    """Ids or groups; empty: all."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run will take, at most."""

    model: str
    cases: int
    requests: int
    input_tokens: int
    output_tokens: int
    cost_nano_usd: int | None
    """None: nobody knows the price."""
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one case in one dialect."""

    id: str
    title: str
    dialect: str
    modes: Sequence[str]
    """How it asked: `plain`, `stream`, or both."""
    result: str
    """`pass`, `fail`, or `declared`: it does not apply here, for a reason that is known."""
    words: str
    evidence: str | None
    seconds: float
    requests: int


@dataclass(frozen=True, slots=True)
class CaseInfo:
    id: str
    title: str
    dialects: Sequence[str]
    needs: Sequence[str]


class Engine(Protocol):
    """Who judges."""

    def cases(self) -> Sequence[CaseInfo]: ...

    async def plan(self, asked: Asked) -> Planned:
        """Asks nobody. Raises `Invalid`."""
        ...

    async def run(
        self, asked: Asked, begun: Callable[[int, int], None], judged: Callable[[Verdict], None]
    ) -> None:
        """`begun` is told how many results there will be, and after how many requests at most. Raises `OperationFailed`."""
        ...


async def _no_labels(_ids: Collection[str]) -> Mapping[str, str]:
    return {}


class ConformanceService:
    def __init__(
        self,
        store: ConformanceStore,
        engine: Engine,
        audit: AuditLog,
        now_ms: Callable[[], int] = now_ms,
        labels: Callable[[Collection[str]], Awaitable[Mapping[str, str]]] = _no_labels,
    ) -> None:
        """`labels` says what people call accounts, by their ids."""
        self.store, self.engine = store, engine
        self._audit, self._now_ms, self._labels = audit, now_ms, labels
        self._live: StoredRun | None = None
        self._task: asyncio.Task[None] | None = None
        self._beginning = asyncio.Lock()

    async def plan(self, asked: Asked) -> Planned:
        """Raises `Invalid`."""
        return await self.engine.plan(asked)

    async def begin(self, person: Person, asked: Asked) -> StoredRun:
        """Raises `Invalid`, and `Conflict` while there is one at work here."""
        async with self._beginning:
            if self._live is not None:
                raise Conflict(f"run {self._live.id} is at work: wait for its end, or cancel it")
            planned, now = await self.engine.plan(asked), self._now_ms()
            run = StoredRun(
                id=new_id("conf"),
                state=RunState.RUNNING,
                user_name=person.name,
                provider=asked.provider,
                account_id=asked.account_id,
                model=planned.model,
                asked={"dialects": asked.dialects, "cases": asked.cases},
                cases=planned.cases,
                requests=planned.requests,
                created_ms=now,
                alive_until_ms=now + ALIVE_MS,
            )
            await self.store.add(run)
            await self._audit.note(person, "conformance.run", asked.provider, run.id)
            self._live = run
            self._task = asyncio.create_task(self._work(replace(asked, model=planned.model)))
            return run

    async def page(self, cursor: str | None, limit: int) -> Page[StoredRun]:
        """Newest first, without results. Raises `Invalid` for a foreign cursor."""
        after = None
        if cursor is not None:
            created_ms, id = read_cursor(cursor, int, str)
            after = (int(created_ms), str(id))
        found = [self._as_it_is(each) for each in await self.store.page(after, limit + 1)]
        last = found[limit - 1] if len(found) > limit else None
        return Page(found[:limit], write_cursor(last.created_ms, last.id) if last else None)

    async def get(self, id: str) -> StoredRun:
        """Raises `NotFound`."""
        found = await self.store.find(id)
        if found is None:
            raise NotFound(f"no conformance run {id!r}: see GET /v2/conformance")
        return self._as_it_is(found)

    async def account_labels(self, runs: Iterable[StoredRun]) -> Mapping[str, str]:
        """Id → what people call the account, of those of these runs that are still there."""
        ids = {run.account_id for run in runs if run.account_id is not None}
        return await self._labels(ids) if ids else {}

    async def remove(self, person: Person, id: str) -> None:
        """Cancels the one at work, which stays in the list; any other is gone. Raises `NotFound` and `Conflict`."""
        run = await self.get(id)
        if self._live is not None and self._live.id == id:
            await self._end(RunState.CANCELLED)
            await self._audit.note(person, "conformance.cancel", run.provider, id)
            return
        if run.state == RunState.RUNNING:
            raise Conflict(f"run {id} is at work in another gateway on this database: cancel it there")
        await self.store.remove(id)
        await self._audit.note(person, "conformance.delete", run.provider, id)

    async def close(self) -> None:
        """The gateway ends, and a run with it."""
        await self._end(RunState.INTERRUPTED)

    async def _work(self, asked: Asked) -> None:
        alive = asyncio.create_task(self._stay_alive())
        problem: str | None
        try:
            await self.engine.run(asked, self._begun, self._judged)
            state, problem = RunState.FINISHED, None
        except OperationFailed as refusal:
            state, problem = RunState.FAILED, refusal.message
        except Exception:
            # A bug, in a task that nobody awaits: without this the run would seem to go on until its time is over.
            log.exception("a conformance run ended in a bug", run=self._live and self._live.id)
            state, problem = RunState.FAILED, "internal error of the gateway: its log says more"
        finally:
            alive.cancel()
        await self._finish(state, problem)

    async def _end(self, state: RunState) -> None:
        task = self._task
        if task is None or self._live is None:
            return
        task.cancel()
        await asyncio.wait([task])  # Unlike the task itself, this is cancelled only when whoever ends it is.
        await self._finish(state)

    async def _finish(self, state: RunState, problem: str | None = None) -> None:
        run, self._live, self._task = self._live, None, None
        if run is None:
            return
        with suppress(StorageError):  # Then it is shown as interrupted before long.
            ended = replace(run, state=state, problem=problem, finished_ms=self._now_ms())
            await self.store.save(ended)

    async def _stay_alive(self) -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            if self._live is not None:
                self._live = replace(self._live, alive_until_ms=self._now_ms() + ALIVE_MS)
                with suppress(StorageError):
                    await self.store.save(self._live)

    def _begun(self, cases: int, requests: int) -> None:
        if self._live is not None:
            self._live = replace(self._live, cases=cases, requests=requests)

    def _judged(self, verdict: Verdict) -> None:
        if (run := self._live) is None:
            return
        counts = {**run.counts, verdict.result: run.counts.get(verdict.result, 0) + 1}
        self._live = replace(run, done=run.done + 1, counts=counts, results=[*run.results, asdict(verdict)])

    def _as_it_is(self, run: StoredRun) -> StoredRun:
        if self._live is not None and self._live.id == run.id:
            return self._live
        if run.state == RunState.RUNNING and run.alive_until_ms <= self._now_ms():
            return replace(run, state=RunState.INTERRUPTED)
        return run
