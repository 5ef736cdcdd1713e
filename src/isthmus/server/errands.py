"""What is done behind answers, such as tidying up at an upstream: in the background, for a bounded time, and noted when it fails."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from isthmus.core.commands import Errand
from isthmus.core.errors import UpstreamError
from isthmus.core.steps import drive
from isthmus.server.sources import Keeping, nothing_kept
from isthmus.transport.http import Channel

log = structlog.get_logger("isthmus")

WITHIN_S: Final = 120.0
"""One that takes longer is given up."""
AT_A_TIME: Final = 16
MAX_WAITING: Final = 1000
"""More than that an upstream that hangs may not pile up."""
CLOSE_WITHIN_S: Final = 5.0


class Errands:
    """Everything happens on one event loop."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(AT_A_TIME)

    def begin(self, channel: Channel, errand: Errand, keep: Keeping = nothing_kept) -> None:
        """Neither waits nor raises. `keep` is of the account whose errand it is."""
        if len(self._tasks) >= MAX_WAITING:
            errand.close()
            log.warning("tidying up was left out", waiting=len(self._tasks))
            return
        task = asyncio.get_running_loop().create_task(self._run(channel, errand, keep))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, within_s: float = CLOSE_WITHIN_S) -> None:
        """Waits for what is under way, but not for long."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=within_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
            log.warning("tidying up was broken off", errands=len(late))

    async def _run(self, channel: Channel, errand: Errand, keep: Keeping) -> None:
        try:
            async with self._places, asyncio.timeout(WITHIN_S):
                await run_errand(errand, channel, keep)
        except UpstreamError as error:
            log.warning("tidying up failed", error=error.message)
        except TimeoutError:
            log.warning("tidying up failed", error=f"it took longer than {WITHIN_S:g} s")
        except Exception:
            # A bug in what some provider tidies up. Nobody awaits this task, so it is said here or nowhere.
            log.exception("tidying up failed")
        finally:
            errand.close()  # One whose turn never came has not been begun.


async def run_errand(errand: Errand, channel: Channel, keep: Keeping = nothing_kept) -> None:
    """Raises what the errand raises."""
    await drive(errand, channel.call, asyncio.sleep, keep)
