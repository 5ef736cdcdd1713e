"""The load client: one HTTP/1.1 connection per object, little work per byte, and never a silent failure.

Every answer is checked: status 200, complete, and (streams that end) with the dialect's end mark. A benchmark
of wrong answers would flatter the gateway.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from bench.workload import TOKEN

_TOKEN = TOKEN.encode()
_END_MARKS = (b"[DONE]", b"message_stop")
_STAMP = re.compile(rb"@(\d+):(\d+)@")
_KEPT_HEAD = 4096
_SHOWN_HEAD = 300


class BadAnswer(Exception):
    """The answer is not what was asked for; the figures would mean nothing."""


class Body:
    """Reads an HTTP/1.1 response from pieces of any size: chunked, by length, or until the end."""

    __slots__ = ("_head", "_left", "chunked", "ended", "status")

    def __init__(self) -> None:
        self._head = b""
        self._left = 0
        self.status = 0
        self.chunked = False
        self.ended = False

    def feed(self, data: bytes) -> bytes:
        """The body bytes in `data`."""
        if not self.status:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return b""
            data = self._head[end + 4 :]
            self._read_head(self._head[:end])
        return self._feed_chunked(data) if self.chunked else self._feed_plain(data)

    def _read_head(self, head: bytes) -> None:
        lines = head.split(b"\r\n")
        self.status = int(lines[0].split(b" ")[1])
        self._head = b""
        self._left = -1
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"transfer-encoding":
                self.chunked, self._left = True, 0
            elif name.lower() == b"content-length":
                self._left = int(value)

    def _feed_plain(self, data: bytes) -> bytes:
        if self._left >= 0:
            self._left -= len(data)
            self.ended = self._left <= 0
        return data

    def _feed_chunked(self, data: bytes) -> bytes:
        """`_left` counts what is missing of the current chunk, its closing CRLF included."""
        pieces: list[bytes] = []
        if self._head:
            data, self._head = self._head + data, b""
        at = 0
        while at < len(data):
            if self._left:
                piece = data[at : at + self._left]
                at += len(piece)
                pieces.append(piece if self._left - len(piece) >= 2 else piece[: max(0, self._left - 2)])
                self._left -= len(piece)
                continue
            line_end = data.find(b"\r\n", at)
            if line_end < 0:
                self._head = data[at:]
                break
            size = int(data[at:line_end].split(b";")[0], 16)
            if size == 0 and len(data) < line_end + 4:
                self._head = data[at:]
                break
            self.ended = size == 0
            at = line_end + (4 if size == 0 else 2)
            self._left = size + 2 if size else 0
        return b"".join(pieces)


class Connection(asyncio.Protocol):
    """One keep-alive connection. `ask` for a whole answer, `open` for a stream that is then left running."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._body = Body()
        self._waiting: asyncio.Future[None] | None = None
        self._wait_for_token = False
        self._carry = b""
        self._first = b""
        self._tail = b""
        self.tokens = 0
        """Text events received in this answer so far."""
        self.token_ns = 0
        """When the first bytes with text came."""
        self.stamp = ""
        """The whole text of the last answer that was stamped."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's TCP transports do what asyncio.Transport promises without being subclasses of it.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        text = self._body.feed(data)
        if text:
            if len(self._first) < _KEPT_HEAD:
                self._first += text[:_KEPT_HEAD]
            seen = self._carry + text
            self.tokens += seen.count(_TOKEN)
            # One byte short of a token, so that a token cut between two reads is counted once.
            self._carry = seen[1 - len(_TOKEN) :]
            self._tail = (self._tail + text)[-64:]
            if not self.token_ns and (_TOKEN in seen or _STAMP.search(seen)):
                self.token_ns = time.monotonic_ns()
        if self._body.ended or (self._wait_for_token and self.tokens):
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def ask(self, request: bytes, *, stream: bool, tokens: int | None = None) -> None:
        """Send and wait for the whole answer, which must be a good one, with `tokens` tokens of text if given."""
        await self._exchange(request, wait_for_token=False)
        marked = not stream or any(mark in self._tail for mark in _END_MARKS)
        if self._body.status != 200 or not self._body.ended or not marked:
            raise BadAnswer(self._describe())
        if tokens is not None and self.tokens != tokens:
            raise BadAnswer(f"{tokens} tokens of text were sent: {self._describe()}")

    async def open(self, request: bytes) -> None:
        """Send and wait for the first text event; the stream stays open."""
        await self._exchange(request, wait_for_token=True)
        if self._body.status != 200 or self._body.ended or not self.tokens:
            raise BadAnswer(self._describe())

    async def ask_stamped(self, request: bytes) -> float:
        """Seconds from sending to the first text event, without those the upstream itself took."""
        sent_ns = time.monotonic_ns()
        await self.ask(request, stream=True)
        stamp = _STAMP.search(self._first)
        if stamp is None or not self.token_ns:
            raise BadAnswer(f"no stamp in the answer: {self._describe()}")
        self.stamp = stamp[0].decode()
        return (self.token_ns - sent_ns - int(stamp[2]) + int(stamp[1])) / 1e9

    async def _exchange(self, request: bytes, *, wait_for_token: bool) -> None:
        if self._transport is None:
            raise BadAnswer("the connection was closed between two requests")
        self._body, self.tokens, self.token_ns = Body(), 0, 0
        self._carry = self._first = self._tail = b""
        self._wait_for_token = wait_for_token
        self._waiting = self._loop.create_future()
        self._transport.write(request)
        await self._waiting

    def _describe(self) -> str:
        state = "complete" if self._body.ended else "unfinished"
        begins = self._first[:_SHOWN_HEAD]
        return f"status {self._body.status}, {state}, {self.tokens} text events, begins {begins!r}"

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def connect(port: int) -> Connection:
    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return connection


@asynccontextmanager
async def connections(port: int, count: int) -> AsyncIterator[list[Connection]]:
    """`count` connections, closed at the end whatever happened."""
    opened: list[Connection] = []
    try:
        while len(opened) < count:
            opened.append(await connect(port))
        yield opened
    finally:
        for connection in opened:
            connection.close()
