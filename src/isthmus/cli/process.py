"""uvicorn around a gateway: how the process starts, drains and ends."""

from __future__ import annotations

import asyncio
import gc
import math
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

import uvicorn

from isthmus.cli.listening import BACKLOG
from isthmus.config import ServerSettings
from isthmus.server.gateway import Gateway

KEEP_ALIVE_S: Final = 75
"""How long an idle client connection is kept: longer than the pools of the official SDKs keep theirs, so that it is they
who close it and no request meets a connection that is being closed."""
POLL_S: Final = 0.05
COLLECT_AFTER: Final = 10_000
"""New objects, less those that are gone again, after which the garbage collector looks through them."""
SWITCH_AFTER_S: Final = 0.0005
GOODBYE_S: Final = 2.0
"""How long answers that were cut off may take to tell their clients."""


class GatewayServer(uvicorn.Server):
    """Serves until SIGTERM or SIGINT; then running answers have `drain_timeout_s` to end. A second signal does not wait."""

    def __init__(
        self,
        gateway: Gateway,
        settings: ServerSettings,
        when_ready: Callable[[], None],
        when_draining: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                gateway,
                http="httptools",
                ws="none",
                interface="asgi3",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=list(settings.trusted_proxies),
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=math.ceil(settings.drain_timeout_s),
            )
        )
        self._gateway = gateway
        self._drain_timeout_s = settings.drain_timeout_s
        self._when_ready = when_ready
        self._when_draining = when_draining

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._when_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Unlike uvicorn's own, does not raise the signal again at the end: a drained gateway has ended well."""
        self._gateway.draining = True
        self.force_exit = self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._when_draining()
        # The door stays open while answers run: whoever balances load reads at /readyz that nothing new is wanted.
        until = time.monotonic() + self._drain_timeout_s
        # uvicorn keeps a set of tasks and tells nobody when it is empty.
        while self.server_state.tasks and not self.force_exit and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)
        self.config.timeout_graceful_shutdown = max(0, math.ceil(until - time.monotonic()))
        await super().shutdown(sockets)
        # What still runs has been cut off, by the time-out or by a second signal, and says so to its client.
        if running := list(self.server_state.tasks):
            for task in running:
                if not task.cancelling():
                    task.cancel()
            await asyncio.wait(running, timeout=GOODBYE_S)


def spare_the_collector() -> None:
    """To be called when everything is built: what is here by then stays to the end, and no collection looks through it again.

    A request leaves next to nothing in circles, but with many under way new objects reach Python's own threshold (700)
    every ten requests. Both together were a tenth of the CPU of a plain request (docs/benchmark.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


def favour_the_loop() -> None:
    """Lets the event loop have Python's lock back sooner. By default a thread keeps it for 5 ms while others wait, and the one
    that writes to SQLite would hold up every answer under way for that long."""
    sys.setswitchinterval(SWITCH_AFTER_S)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one."""
    return uvicorn.Config("", loop="auto", log_config=None).get_loop_factory()
