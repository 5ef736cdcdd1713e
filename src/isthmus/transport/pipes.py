"""The three pipes of a child process, and word of its end.

Written as a protocol of asyncio rather than over its streams, because the end of the process must be told when it comes, and not
when the last of its own children has let go of the pipes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final, cast

from isthmus.core.errors import UpstreamProtocolError

MAX_WAITING_BYTES: Final = 1 << 20
"""What has been said and not been read. From there on the program has to wait."""
MAX_LINE_BYTES: Final = 64 << 20
MAX_STDERR_BYTES: Final = 8 << 10
EOF_WITHIN_S: Final = 0.5
"""After the end of the process. Its last words are there by then, unless somebody else holds the pipe open."""
_STDIN, _STDOUT, _STDERR = 0, 1, 2


class Pipes(asyncio.SubprocessProtocol):
    """One reader at a time."""

    def __init__(self, when_ended: Callable[[], None]) -> None:
        """`when_ended` is called once, when the process itself has ended."""
        self._loop = asyncio.get_running_loop()
        self._when_ended = when_ended
        self._transport: asyncio.SubprocessTransport | None = None
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._is_paused = False
        self._line_bytes = 0
        self._is_eof = False
        self._reader: asyncio.Future[None] | None = None
        self._stderr = bytearray()
        self._eof_timer: asyncio.TimerHandle | None = None
        self.ended = asyncio.Event()
        """The process itself has ended, and nothing is left of it but its exit code."""
        self.has_spoken = asyncio.Event()
        """Something came from it, or nothing ever will."""

    async def read(self) -> bytes:
        """What it has written, b"" at the end. Raises `UpstreamProtocolError` for a line without an end."""
        while not self._waiting:
            if self._is_eof:
                return b""
            self._reader = self._loop.create_future()
            await self._reader
        data = b"".join(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        self._resume()
        self._measure(data)
        return data

    def write(self, data: bytes) -> None:
        """Never waits: what is written is in memory anyway, and a program that talks while it is written to must not be able to
        block both sides. Once the process has closed its ears the data goes nowhere; `read` tells of its end."""
        stdin = self._pipe(_STDIN)
        if data and stdin is not None and not stdin.is_closing():
            cast("asyncio.WriteTransport", stdin).write(data)

    @property
    def pid(self) -> int:
        """0 before it runs."""
        return 0 if self._transport is None else self._transport.get_pid()

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return None if self._transport is None else self._transport.get_returncode()

    @property
    def stderr(self) -> bytes:
        """The last of it."""
        return bytes(self._stderr)

    def close(self) -> None:
        """Lets go of everything. Nothing more is read or told."""
        if self._eof_timer is not None:
            self._eof_timer.cancel()
        self._end_of_output()
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is no subclass of asyncio's.
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == _STDERR:
            self._stderr += data
            del self._stderr[:-MAX_STDERR_BYTES]
            return
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes >= MAX_WAITING_BYTES and not self._is_paused:
            self._is_paused = True
            if (stdout := self._pipe(_STDOUT)) is not None:
                stdout.pause_reading()
        self._wake()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == _STDOUT:
            self._end_of_output()

    def process_exited(self) -> None:
        if not self.ended.is_set():
            self.ended.set()
            self._eof_timer = self._loop.call_later(EOF_WITHIN_S, self._end_of_output)
            self._when_ended()

    def _measure(self, data: bytes) -> None:
        at = data.rfind(b"\n")
        self._line_bytes = self._line_bytes + len(data) if at < 0 else len(data) - at - 1
        if self._line_bytes > MAX_LINE_BYTES:
            raise UpstreamProtocolError(
                f"the program wrote a line of more than {MAX_LINE_BYTES >> 20} MiB, which is not read"
            )

    def _resume(self) -> None:
        if self._is_paused:
            self._is_paused = False
            if (stdout := self._pipe(_STDOUT)) is not None:
                stdout.resume_reading()

    def _end_of_output(self) -> None:
        self._is_eof = True
        self._wake()

    def _wake(self) -> None:
        self.has_spoken.set()
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _pipe(self, fd: int) -> Any:
        """asyncio's types do not say which end of a pipe is what; None for one that is gone."""
        return None if self._transport is None else self._transport.get_pipe_transport(fd)
