"""Simulated upstreams on an event loop of their own thread, so that tests may block while they ask through the gateway."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

from simulators.service import RecordedRequest, Simulator

AnySimulator = TypeVar("AnySimulator", bound=Simulator)


class Stage:
    """Starts simulators; ends them all when the `with` block ends."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stage", daemon=True)
        self._playing: list[Simulator] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for simulator in self._playing:
            self.run(simulator.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def play(self, make: Callable[[], AnySimulator]) -> AnySimulator:
        simulator = make()
        self.run(simulator.__aenter__())
        self._playing.append(simulator)
        return simulator

    def run(self, awaitable: Any) -> Any:
        done: Future[Any] = asyncio.run_coroutine_threadsafe(awaitable, self._loop)
        return done.result(30)


def asked_since(simulator: Simulator, count: int) -> list[RecordedRequest]:
    """What a simulator was asked after its first `count` requests."""
    return list(simulator.requests)[count:]
