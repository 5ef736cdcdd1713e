"""Which process of a crew is where: starting, at work, idle, or being ended. Each counts until nothing is left of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from isthmus.transport.spawning import Running
from isthmus.transport.workers import Worker

log = structlog.get_logger("isthmus")

POLL_S: Final = 0.02


class Roll:
    """`when_changed` is called when a process has become idle or has gone."""

    def __init__(self, when_changed: Callable[[], None]) -> None:
        self._when_changed = when_changed
        self.starting = 0
        self.busy: set[Worker] = set()
        self.idle: dict[Worker, None] = {}
        """The one that has been idle for longest first."""
        self.ending: dict[Worker, asyncio.Task[None]] = {}

    @property
    def total(self) -> int:
        return self.starting + len(self.busy) + len(self.idle) + len(self.ending)

    def spares(self) -> list[Worker]:
        """Those that nobody has spoken with yet."""
        return [each for each in self.idle if each.kept_for is None]

    def kept(self, owner: str, name: str) -> Worker | None:
        return next((each for each in self.idle if each.kept_for == (owner, name)), None)

    def work(self, worker: Worker) -> None:
        """It is lent to somebody."""
        self._wake(worker)
        self.busy.add(worker)

    def rest(self, worker: Worker, for_s: float) -> None:
        """It is idle from now on, and ends when it has been for so long. One that has died meanwhile ends at once."""
        self.busy.discard(worker)
        self.idle[worker] = None
        if for_s <= 0 or not is_alive(worker):
            self.dismiss(worker)
        else:
            worker.timer = asyncio.get_running_loop().call_later(for_s, self.dismiss, worker)
        self._when_changed()

    def dismiss(self, worker: Worker) -> None:
        """Ends it in the background. Harmless for one that is being ended, or has gone."""
        running = worker.running
        if running is None or (worker not in self.busy and worker not in self.idle):
            return
        self.busy.discard(worker)
        self._wake(worker)
        self.ending[worker] = asyncio.get_running_loop().create_task(self._end(worker, running))

    async def end_all(self, within_s: float) -> None:
        """Waits for their end, but not for longer. One that is just starting is for its starter to dismiss."""
        for worker in (*self.idle, *self.busy):
            self.dismiss(worker)
        until_s = asyncio.get_running_loop().time() + within_s
        while self.total and (left_s := until_s - asyncio.get_running_loop().time()) > 0:
            if self.ending:
                await asyncio.wait(self.ending.values(), timeout=left_s)
            else:
                await asyncio.sleep(POLL_S)

    def _wake(self, worker: Worker) -> None:
        if worker.timer is not None:
            worker.timer.cancel()
            worker.timer = None
        self.idle.pop(worker, None)

    async def _end(self, worker: Worker, running: Running) -> None:
        try:
            await running.end()
        except OSError as error:
            log.warning("a program could not be tidied up after", error=str(error))
        finally:
            del self.ending[worker]
            self._when_changed()


def is_alive(worker: Worker) -> bool:
    return worker.running is not None and worker.running.is_alive
