"""How changes reach the database.

A server takes writers side by side. SQLite takes one at a time, in any process: there, changes queue up for a single task,
which commits in one transaction what waits by then. Each has a savepoint of its own, so one that fails undoes only itself.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from isthmus.storage.diagnosis import Lapse, lapse_of
from isthmus.storage.engine import LASTING, connected, limited
from isthmus.storage.errors import StorageError, Uncertain, Unreachable

Done = TypeVar("Done")
Work = Callable[[AsyncConnection], Awaitable[Done]]

WRITE_TIMEOUT_S: Final = 60.0
"""The longest a change may wait for its turn, whatever hangs."""
WORK_TIMEOUT_S: Final = 30.0
"""The longest one change may hold up the others."""
MAX_ATTEMPTS: Final = 6
MAX_TOGETHER: Final = 200
TOGETHER_FOR_S: Final = 0.05
"""How long a transaction takes in more work, so that the first in it does not wait for ever."""
_CLOSE_TIMEOUT_S: Final = 30.0


class Writer(Protocol):
    @property
    def pending(self) -> int:
        """Changes that were asked for and are neither committed nor failed."""

    async def write(self, work: Work[Done], timeout_s: float | None, *, lasting: bool = False) -> Done:
        """Runs `work` in a transaction, perhaps more than once; when this returns, it is committed. It may take `timeout_s`.
        With `lasting` it then outlives a power cut, too.

        Raises what `work` raises, a driver's exception, or a `StorageError`; `Uncertain` alone may have saved something.
        """

    async def close(self) -> None:
        """Waits for what is pending."""


class ConcurrentWriter:
    """A transaction per change, repeated after a deadlock or a lost connection."""

    def __init__(self, engine: AsyncEngine, address: str) -> None:
        self._engine = engine
        self._address = address
        self.pending = 0

    async def write(
        self, work: Work[Done], timeout_s: float | None = WORK_TIMEOUT_S, *, lasting: bool = False
    ) -> Done:
        """Every commit of a server is `lasting`."""
        self.pending += 1
        try:
            return await self._write(work, timeout_s)
        finally:
            self.pending -= 1

    async def close(self) -> None:
        """Callers wait for their own changes."""

    async def _write(self, work: Work[Done], timeout_s: float | None) -> Done:
        for attempt in range(1, MAX_ATTEMPTS):
            try:
                return await self._transaction(work, timeout_s)
            except Exception as error:
                if lapse_of(error) is None:
                    raise
            # Those who met in a deadlock must not meet again at once.
            await asyncio.sleep(random.uniform(0.5, 1) * 0.02 * 3**attempt)  # noqa: S311 - no secret
        return await self._transaction(work, timeout_s)

    async def _transaction(self, work: Work[Done], timeout_s: float | None) -> Done:
        slow = f"{self._address} did not carry out a change within {timeout_s} s"
        async with connected(self._engine, self._address) as connection:
            async with limited(timeout_s, StorageError(f"{slow}; nothing was saved")):
                done = await work(connection)
            async with limited(timeout_s, Uncertain(f"{slow}: it may have been saved or not")):
                await self._commit(connection)
        return done

    async def _commit(self, connection: AsyncConnection) -> None:
        try:
            await connection.commit()
        except Exception as error:
            if lapse_of(error) is not Lapse.LOST:
                raise
            raise Uncertain(
                f"the connection to {self._address} was lost while a change was being saved: see whether it was"
            ) from error


@dataclass(slots=True, eq=False)
class _Job:
    work: Work[Any]
    outcome: asyncio.Future[Any]
    timeout_s: float | None
    lasting: bool = False
    result: Any = None
    begun: bool = False

    @property
    def is_over(self) -> bool:
        """Also when its caller has gone."""
        return self.outcome.done()

    def fail(self, error: BaseException) -> None:
        if not self.is_over:
            self.outcome.set_exception(error)

    def succeed(self) -> None:
        if not self.is_over:
            self.outcome.set_result(self.result)


class QueuedWriter:
    """One task that writes, for SQLite. Made inside the event loop.

    A caller that is cancelled while its change waits takes it back; when the change has begun, it may be committed.
    """

    def __init__(self, engine: AsyncEngine, address: str) -> None:
        self._engine = engine
        self._lasting = engine.execution_options(**{LASTING: True})
        self._address = address
        self._jobs: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._next: _Job | None = None
        """Was taken from the queue, and needs a transaction of its own."""
        self._closed = False
        self.pending = 0
        self._task = asyncio.create_task(self._run(), name="database writer")

    async def write(
        self, work: Work[Done], timeout_s: float | None = WORK_TIMEOUT_S, *, lasting: bool = False
    ) -> Done:
        if asyncio.current_task() is self._task:
            raise RuntimeError(
                "a change within a change would wait for itself: use the connection it was given"
            )
        if self._closed:
            raise StorageError(f"{self._address} is closed: the gateway is stopping")
        job = _Job(work, asyncio.get_running_loop().create_future(), timeout_s, lasting)
        self._jobs.put_nowait(job)
        self.pending += 1
        try:
            done: Done = await self._patiently(job)
            return done
        finally:
            self.pending -= 1

    async def close(self) -> None:
        self._closed = True
        self._jobs.put_nowait(None)
        await asyncio.wait([self._task], timeout=_CLOSE_TIMEOUT_S)
        self._task.cancel()
        await asyncio.wait([self._task])
        left = [self._next, *(self._jobs.get_nowait() for _ in range(self._jobs.qsize()))]
        for job in left:
            if job is not None:
                job.fail(StorageError(f"{self._address} was closed before the change was saved"))

    async def _patiently(self, job: _Job) -> Any:
        patience_s = None if job.timeout_s is None else WRITE_TIMEOUT_S
        waited = f"{self._address} was busy for {patience_s} s"
        try:
            async with limited(patience_s, Unreachable(f"{waited}: see which process holds it")):
                return await job.outcome
        except Unreachable as failure:
            if job.begun and job.outcome.cancelled():
                raise Uncertain(f"{waited}: the change may have been saved or not") from failure
            raise

    async def _run(self) -> None:
        while (job := self._next or await self._jobs.get()) is not None:
            self._next = None
            if not job.is_over:
                await self._write_together(job)

    async def _write_together(self, first: _Job) -> None:
        """`first`, and what else waits by then. When the transaction fails as a whole, each is tried alone."""
        begun: list[_Job] = []
        try:
            await self._transaction(self._waiting(first), begun, lasting=first.lasting)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the callers' to hear
            if len(begun) > 1:
                for job in begun:
                    await self._write_alone(job)
            else:
                await self._write_alone(first, error)

    async def _write_alone(self, job: _Job, error: Exception | None = None) -> None:
        """Goes on asking while another process holds the database: the caller's own patience has an end."""
        while not job.is_over:
            if error is not None:
                if lapse_of(error) is None:
                    job.fail(error)
                    return
                await asyncio.sleep(0.05)
            try:
                await self._transaction([job], [], lasting=job.lasting)
            except Exception as failure:  # noqa: BLE001 - as above
                error = failure

    async def _transaction(self, jobs: Iterable[_Job], begun: list[_Job], *, lasting: bool) -> None:
        async with (self._lasting if lasting else self._engine).begin() as connection:
            for job in jobs:
                if job.is_over:  # Its caller lost patience while we waited for the lock.
                    continue
                begun.append(job)
                await _run_in_savepoint(connection, job)
        for job in begun:
            job.succeed()

    def _waiting(self, first: _Job) -> Iterator[_Job]:
        """Those who can share the transaction of `first`; one that must last waits for a transaction that does."""
        clock_s = asyncio.get_running_loop().time
        until_s = clock_s() + TOGETHER_FOR_S
        yield first
        for _ in range(MAX_TOGETHER - 1):
            if self._jobs.empty() or clock_s() > until_s:
                return
            job = self._jobs.get_nowait()
            if job is None:
                self._jobs.put_nowait(None)
                return
            if job.lasting and not first.lasting:
                self._next = job
                return
            yield job


async def _run_in_savepoint(connection: AsyncConnection, job: _Job) -> None:
    """Raises only what concerns the whole transaction."""
    job.begun = True
    savepoint = await connection.begin_nested()
    try:
        slow = StorageError(f"a change took longer than {job.timeout_s} s; nothing of it was saved")
        async with limited(job.timeout_s, slow):
            job.result = await job.work(connection)
        await savepoint.commit()
    except Exception as error:
        if lapse_of(error) is not None:
            raise
        try:
            await savepoint.rollback()
        except Exception:  # noqa: BLE001 - SQLite has rolled everything back itself, as it does when the disk is full
            raise error from None
        if connection.invalidated:
            raise
        job.fail(error)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        await savepoint.rollback()
        job.outcome.cancel()  # `work` ended like this by itself; the task that writes was not meant.
