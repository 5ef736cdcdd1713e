"""The client's side of one answer: when headers leave, what keeps it alive, and who notices that somebody has gone.

Headers are held until there is something to show, so that an early failure gets its true status; after `commit_after_s`
they leave anyway, with a keep-alive, because proxies and clients give up on silence. One timer per answer serves every
deadline; nothing is armed or cancelled per event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from isthmus.core.errors import Kind, Next, UpstreamError
from isthmus.server.cache import Tape
from isthmus.server.relay import Relay
from isthmus.transport.http import Limits

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
HeaderList = list[tuple[bytes, bytes]]

LISTEN_AFTER_S: Final = 0.25
"""A client's departure is watched for from here on; shorter answers do not pay for the watching."""

SSE_HEADERS: Final[HeaderList] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]


@dataclass(frozen=True, slots=True)
class Pace:
    """How streams are paced, in seconds."""

    commit_after_s: float = 10.0
    keepalive_s: float = 15.0


class ClientLeft(Exception):
    """The client closed its connection; there is nobody left to answer."""


class StreamReply:
    """Writes an SSE answer. Bytes given before the answer is committed are held back, in order."""

    __slots__ = ("_held", "_send", "_tape", "committed", "headers")

    def __init__(self, send: Send, headers: HeaderList, tape: Tape | None = None) -> None:
        """`tape` records the answer, without what only keeps it alive."""
        self._send = send
        self._tape = tape
        self._held: list[bytes] = []
        self.headers = headers
        self.committed = False

    def hold(self, data: bytes) -> None:
        if data:
            self._held.append(data)

    def drop_held(self) -> None:
        """Another attempt starts from the beginning."""
        self._held.clear()

    async def write(self, data: bytes) -> None:
        """Sends what was held and then `data`, headers first if they have not left yet."""
        if self._held:
            data = b"".join((*self._held, data))
            self._held.clear()
        if not self.committed:
            await self._commit()
        if self._tape is not None:
            self._tape.add(data)
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def keep_alive(self, data: bytes) -> None:
        """Sends headers, if they have not left yet, and `data`; what is held stays held, as another attempt may replace it."""
        if not self.committed:
            await self._commit()
        if data:
            await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def finish(self, data: bytes) -> None:
        if self._held or not self.committed:
            await self.write(b"")
        if self._tape is not None:
            self._tape.add(data)
        await self._send({"type": "http.response.body", "body": data, "more_body": False})

    async def _commit(self) -> None:
        self.committed = True
        await self._send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": SSE_HEADERS + self.headers,
            }
        )


async def send_whole(
    send: Send,
    status: int,
    headers: HeaderList,
    body: bytes,
    before_end: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """A plain answer in one piece. `before_end` runs when all of it has left and the connection may not close yet."""
    sized = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": sized})
    if before_end is not None:
        await send({"type": "http.response.body", "body": body, "more_body": True})
        body = b""
        await before_end()
    await send({"type": "http.response.body", "body": body})


class Watch:
    """The one timer of an answer.

    It interrupts the answering task when the upstream is silent for too long (`UpstreamError`) or the client has gone
    (`ClientLeft`), and lets a stream commit and keep alive. `interruption` says why a cancelled task was cancelled.
    """

    __slots__ = (
        "_handle",
        "_limits",
        "_listener",
        "_loop",
        "_opened_s",
        "_pace",
        "_ping",
        "_queued",
        "_receive",
        "_relay",
        "_reply",
        "_task",
        "_whole",
        "background",
        "heard_s",
        "interruption",
        "writing",
        "written_s",
    )

    def __init__(
        self,
        receive: Receive,
        limits: Limits,
        pace: Pace,
        reply: StreamReply | None,
        ping: bytes = b"",
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._loop = asyncio.get_running_loop()
        self._receive = receive
        self._limits = limits
        self._pace = pace
        self._reply = reply
        self._ping = ping
        self._relay: Relay | None = None
        self._whole = reply is None
        self._queued = False
        self._opened_s = self.written_s = self._loop.time()
        self.heard_s: float | None = None
        """When the upstream last sent a byte, on the loop's clock; None before its first."""
        self.writing = False
        """A write is waiting for a slow client: silence then is not the upstream's."""
        self.interruption: Exception | None = None
        self.background: asyncio.Task[None] | None = None
        self._listener: asyncio.Task[None] | None = None
        self._handle = self._loop.call_later(LISTEN_AFTER_S, self._tick)

    def attempt(self, limits: Limits, relay: Relay | None) -> None:
        """A new attempt begins: its clocks start now."""
        self._queued = False
        self._limits = limits
        self._relay = relay
        self._opened_s = self._loop.time()
        self.heard_s = None

    def queue(self) -> None:
        """A place is waited for: until the next attempt there is no upstream that could be silent for too long."""
        self._queued = True

    def resume(self) -> None:
        """Goes on after an interruption, for another attempt."""
        self.interruption = None
        self._handle = self._loop.call_later(LISTEN_AFTER_S, self._tick)

    def heard(self) -> None:
        """The upstream sent something."""
        self.heard_s = self._loop.time()

    def close(self) -> None:
        """Ends all watching. Safe to call twice."""
        self._handle.cancel()
        if self._listener is not None:
            self._listener.cancel()
        if self.background is not None:
            self.background.cancel()

    async def settle(self) -> None:
        """Waits for a keep-alive that is being written: two writers must not meet."""
        background, self.background = self.background, None
        if background is not None:
            await asyncio.wait((background,))

    def _tick(self) -> None:
        now = self._loop.time()
        if self._queued:
            self._opened_s, self.heard_s = now, None
        if self._listener is None:
            self._listener = self._loop.create_task(self._listen())
        if (late := self._too_late(now)) is not None:
            self._interrupt(late)
            return
        if self._reply is not None and self._due(now) <= now:
            self.written_s = now
            if self.background is None or self.background.done():
                self.background = self._loop.create_task(self._keep_alive(self._reply))
        self._handle = self._loop.call_at(max(now + 0.005, min(self._deadline(), self._due(now))), self._tick)

    def _deadline(self) -> float:
        """When the upstream has been silent, or busy, for too long."""
        limits = self._limits
        if self._whole:
            return self._opened_s + limits.whole_s
        if self.heard_s is None:
            return self._opened_s + limits.first_byte_s
        return self.heard_s + limits.idle_s

    def _due(self, now: float) -> float:
        """When the client must hear something."""
        if self._reply is None:
            return now + 3600
        if not self._reply.committed:
            return self.written_s + self._pace.commit_after_s
        return self.written_s + self._pace.keepalive_s

    def _too_late(self, now: float) -> Exception | None:
        if now < self._deadline():
            return None
        if self.writing:
            return ClientLeft(f"the client has read nothing for {self._limits.idle_s:g} s")
        if self._whole:
            said = f"the upstream did not complete its answer within {self._limits.whole_s:g} s"
        elif self.heard_s is None:
            said = f"the upstream did not begin to answer within {self._limits.first_byte_s:g} s"
        else:
            said = f"the upstream fell silent for {self._limits.idle_s:g} s"
        return UpstreamError(said, kind=Kind.TIMEOUT, next=Next.SAME)

    def _interrupt(self, why: Exception) -> None:
        if self.interruption is None:
            self.interruption = why
            self._task.cancel()

    async def _keep_alive(self, reply: StreamReply) -> None:
        relay = self._relay
        await reply.keep_alive(self._ping if relay is None else relay.keep_alive())

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._interrupt(ClientLeft("the client closed its connection"))
