"""All child processes of the gateway: one crew per provider, in one folder, started one after another."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog

from isthmus.core.errors import Next, UpstreamError
from isthmus.core.programs import Program
from isthmus.transport.crew import Crew
from isthmus.transport.descendants import end_all_below
from isthmus.transport.program_folder import GatewayFolder, abandoned
from isthmus.transport.spawning import Running, spawn
from isthmus.transport.workers import CrewFigures, CrewRules

log = structlog.get_logger("isthmus")

START_TAKES_S: Final = 1.0
"""After that time a process is taken to have started, even if it has not said anything yet."""
CLOSE_WITHIN_S: Final = 5.0

Locate = Callable[[], Path]
"""Finds an executable. May block; raises `UpstreamError` where there is none."""


class Programs:
    """Open for as long as the gateway serves. Nothing is made before the first process is wanted."""

    def __init__(self, below: Path | None = None) -> None:
        """`below` is where the gateway's folder is made: by default where the system has temporary files."""
        self._below = below
        self._crews: dict[str, Crew] = {}
        self._folder: GatewayFolder | None = None
        self._opening = asyncio.Lock()
        # A cold start takes about one CPU-second: four at once are ready later than four one after another.
        self._starts = asyncio.Semaphore(max(1, (os.cpu_count() or 1) // 2))
        self._releasing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(crew.close(CLOSE_WITHIN_S) for crew in self._crews.values()))
        for task in self._releasing:
            task.cancel()
        if self._folder is not None:
            await asyncio.to_thread(_end_and_remove, self._folder)

    def crew(self, name: str, rules: CrewRules, locate: Locate) -> Crew:
        """The one of this name, under these rules from now on."""

        async def start(program: Program, when_ended: Callable[[], None]) -> Running:
            return await self._start(locate, program, when_ended)

        crew = self._crews.get(name)
        if crew is None:
            crew = self._crews[name] = Crew(rules, start)
        else:
            crew.renew(rules, start)
        return crew

    def keep_only(self, names: Collection[str]) -> None:
        """The other crews are of providers that are no more."""
        for name, crew in self._crews.items():
            if name not in names:
                crew.wind_down()

    def figures(self) -> Mapping[str, CrewFigures]:
        """Of each crew, by name."""
        return {name: crew.figures() for name, crew in self._crews.items()}

    async def _start(self, locate: Locate, program: Program, when_ended: Callable[[], None]) -> Running:
        executable = await asyncio.to_thread(locate)
        folder = await self._open()
        await self._starts.acquire()
        try:
            running = await spawn(executable, program, folder, when_ended)
        except BaseException:
            self._starts.release()
            raise
        task = asyncio.get_running_loop().create_task(self._release(running))
        self._releasing.add(task)
        task.add_done_callback(self._releasing.discard)
        return running

    async def _release(self, running: Running) -> None:
        try:
            await running.has_spoken(START_TAKES_S)
        finally:
            self._starts.release()

    async def _open(self) -> GatewayFolder:
        async with self._opening:
            if self._folder is None:
                try:
                    self._folder = await asyncio.to_thread(_open_folder, self._below)
                except OSError as error:
                    raise UpstreamError(
                        "the program that answers for this model cannot be started",
                        next=Next.OTHER_ACCOUNT,
                        detail=f"there is no folder for it: {error}",
                    ) from None
            return self._folder


def _open_folder(below: Path | None) -> GatewayFolder:
    for left in abandoned(below):
        log.info("what a gateway that is no more has left behind is removed", folder=str(left.path))
        _end_and_remove(left)
    return GatewayFolder.open(below)


def _end_and_remove(folder: GatewayFolder) -> None:
    end_all_below(folder.path)
    folder.remove()
