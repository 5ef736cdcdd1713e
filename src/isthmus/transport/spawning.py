"""Starts a program as a child process, in a session and a folder of its own, and ends it with everything it has started."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from isthmus.core.errors import Next, UpstreamError
from isthmus.core.programs import Program
from isthmus.core.secret import Secret
from isthmus.transport.descendants import MARK, end_all_below
from isthmus.transport.excerpts import NoExcerptError, excerpted
from isthmus.transport.pipes import Pipes
from isthmus.transport.program_folder import GatewayFolder, ProcessFolder

log = structlog.get_logger("isthmus")

GRACE_S: Final = 1.0
"""From the request to end (SIGTERM) to the end by force (SIGKILL)."""
EXIT_WITHIN_S: Final = 0.5
"""From the end of its output to its own."""
MASK: Final = "***"
_PASSED_ON: Final = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
)
"""Of the gateway's own environment: where programs and certificates are, and how to write. Nothing else of it leaves."""
_MAX_WORDS: Final = 500


class Running:
    """A program that runs. `end` must be called, whatever happened; until it returns, something may be left of it."""

    def __init__(self, program: Program, folder: ProcessFolder, when_ended: Callable[[], None]) -> None:
        self.program = program
        self._folder = folder
        self._pipes = Pipes(self._on_end)
        self._when_ended = when_ended
        self._ending: asyncio.Task[None] | None = None

    async def start(self, executable: Path) -> None:
        """Raises `OSError`. Called once, by `spawn`."""
        await asyncio.get_running_loop().subprocess_exec(
            lambda: self._pipes,
            str(executable),
            *self.program.arguments,
            env=environment_of(self.program, self._folder, os.environ),
            cwd=str(self._folder.work),
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """0 for one that does not run yet."""
        return self._pipes.pid

    @property
    def is_alive(self) -> bool:
        return self.pid > 0 and self._ending is None and not self._pipes.ended.is_set()

    async def read(self) -> bytes:
        """What it has written to its standard output, b"" at the end. Raises `UpstreamProtocolError` for an endless line."""
        data = await self._pipes.read()
        if not data:
            # How it ended is known a moment later, and so are its last complaints.
            with suppress(TimeoutError):
                async with asyncio.timeout(EXIT_WITHIN_S):
                    await self._pipes.ended.wait()
        return data

    def write(self, data: bytes) -> None:
        """To its standard input. Never waits."""
        self._pipes.write(data)

    async def has_spoken(self, within_s: float) -> None:
        """Returns when it has written its first bytes or ended, or when the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._pipes.has_spoken.wait()

    def last_words(self) -> str:
        """How it ended and what it complained about, for the log: without the secrets it was given."""
        code = self._pipes.exit_code
        how = "still running" if code is None else _how_it_ended(code)
        said = " ".join(self._complaints().split())
        return f"{how}; stderr: {said[-_MAX_WORDS:]}" if said else how

    async def end(self) -> None:
        """Asks it to end, makes it end, and takes away what it leaves. Goes on when whoever waits for it is cancelled."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        if self.pid and not self._pipes.ended.is_set():
            self._signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(GRACE_S):
                    await self._pipes.ended.wait()
            except TimeoutError:
                self._signal(signal.SIGKILL)
                await self._pipes.ended.wait()
        self._pipes.close()
        if self.program.is_chatty and (said := self._complaints()):
            log.info("what a program wrote to standard error", said=said)
        await asyncio.to_thread(self._tidy)

    def _complaints(self) -> str:
        said = self._pipes.stderr.decode("utf-8", "replace")
        for secret in self.program.secrets:
            said = said.replace(secret.reveal(), MASK)
        return said

    def _tidy(self) -> None:
        end_all_below(self._folder.path)
        self._folder.remove()

    def _on_end(self) -> None:
        # Its children go too, at once: one that holds a pipe open would keep whoever reads waiting.
        self._signal(signal.SIGKILL)
        self._when_ended()

    def _signal(self, which: signal.Signals) -> None:
        """To the whole group, which bears the number of its first process for as long as anybody is left in it."""
        if self.pid <= 1:
            return  # it was never known to run; group 0 would be our own
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, which)


async def spawn(
    executable: Path, program: Program, home: GatewayFolder, when_ended: Callable[[], None] = lambda: None
) -> Running:
    """Raises `UpstreamError` where it cannot be started. `when_ended` is called when the process has ended by whatever cause."""
    starting = asyncio.create_task(_spawn(executable, program, home, when_ended))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        # A start that is broken off half-way leaves things behind. So it is made to the end, and then undone.
        await asyncio.wait((starting,))
        if not starting.cancelled() and starting.exception() is None:
            await starting.result().end()
        raise


async def _spawn(
    executable: Path, program: Program, home: GatewayFolder, when_ended: Callable[[], None]
) -> Running:
    try:
        excerpts = await asyncio.to_thread(excerpted, program.excerpts)
    except NoExcerptError as error:
        raise _cannot_start(str(error)) from None
    try:
        folder = await asyncio.to_thread(home.new, program.own_folders, {**program.files, **excerpts})
    except OSError as error:
        raise _cannot_start(f"it cannot be given a folder: {error.strerror}") from None
    running = Running(program, folder, when_ended)
    try:
        await running.start(executable)
    except OSError as error:
        await running.end()
        raise _cannot_start(f"{executable}: {error.strerror}") from None
    return running


def environment_of(program: Program, folder: ProcessFolder, ours: Mapping[str, str]) -> dict[str, str]:
    """All that the process sees."""
    passed_on = {name: ours[name] for name in _PASSED_ON if name in ours}
    asked_for = {
        name: value.reveal() if isinstance(value, Secret) else value
        for name, value in program.environment.items()
    }
    own = folder.environment(program.own_folders)
    return {"LANG": "C.UTF-8"} | passed_on | asked_for | own | {MARK: str(folder.path)}


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"ended by signal {-code}"


def _cannot_start(why: str) -> UpstreamError:
    return UpstreamError(
        "the program that answers for this model cannot be started", next=Next.OTHER_ACCOUNT, detail=why
    )
