"""The upstream simulator: both dialects, hand-made HTTP, behaviour by model name (`workload.parse_model`).

Run as a process of its own, it prints its port on one line and serves until it is ended. Bursts and plain
answers are prebuilt bytes, so that it stays ahead of what is measured on it.
"""

from __future__ import annotations

import asyncio
import json
import time
from functools import lru_cache
from typing import assert_never, cast

from bench import answers
from bench.loop import new_event_loop
from bench.pacing import Wheel
from bench.workload import Behaviour, Burst, Dialect, Paced, Plain, Silent, Stamped, parse_model, render_model

EVENTS_PER_CHUNK = 50
"""How many text events of a burst share one HTTP chunk and one write."""


class Upstream(asyncio.Protocol):
    """One client connection, one request at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wheel: Wheel) -> None:
        self._loop = loop
        self._wheel = wheel
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._beat_bytes = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's TCP transports do what asyncio.Transport promises without being subclasses of it.
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._wheel.remove(self._beat)
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (request := take_request(self._received)) is not None:
            path, body, self._received = request
            self._answer(path, body, time.monotonic_ns())

    def _answer(self, path: str, body: bytes, arrived_ns: int) -> None:
        dialect = _DIALECTS.get(path)
        if dialect is None:
            self._write(answers.http_json("404 Not Found", {"error": {"message": f"no such path: {path}"}}))
            return
        asked = json.loads(body)
        behaviour = parse_model(asked["model"])
        if behaviour is None or isinstance(behaviour, Plain) is bool(asked.get("stream")):
            self._write(answers.refusal(dialect, f"model {asked['model']!r} cannot do that"))
            return
        include_usage = bool((asked.get("stream_options") or {}).get("include_usage"))
        self._perform(dialect, behaviour, include_usage, arrived_ns)

    def _perform(self, dialect: Dialect, behaviour: Behaviour, include_usage: bool, arrived_ns: int) -> None:
        model = render_model(behaviour)
        match behaviour:
            case Plain():
                self._write(_plain(dialect, model))
            case Burst(events):
                for piece in _burst(dialect, model, events, include_usage):
                    self._write(piece)
            case Paced():
                self._write(_opening(dialect, model))
                self._beat_bytes = answers.http_chunk(answers.text_event(dialect, model))
                self._wheel.add(self._beat)
            case Silent():
                self._write(_opening(dialect, model))
                self._write(answers.http_chunk(answers.text_event(dialect, model)))
            case Stamped(0):
                self._stamp(dialect, model, include_usage, arrived_ns)
            case Stamped(delay_ms):
                args = (dialect, model, include_usage, arrived_ns)
                self._timer = self._loop.call_later(delay_ms / 1000, self._stamp, *args)
            case _:
                assert_never(behaviour)

    def _stamp(self, dialect: Dialect, model: str, include_usage: bool, arrived_ns: int) -> None:
        """Say both times in the text: the client subtracts the time that was spent here."""
        ending = answers.http_chunk(answers.epilogue(dialect, model, 1, include_usage)) + answers.LAST_CHUNK
        before, after = answers.text_event(dialect, model, "@?@").split(b"@?@")
        opening = _opening(dialect, model)
        stamped = before + b"@%d:%d@" % (arrived_ns, time.monotonic_ns()) + after
        self._write(opening + answers.http_chunk(stamped))
        self._write(ending)

    def _beat(self) -> None:
        self._write(self._beat_bytes)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


_DIALECTS = {dialect.value: dialect for dialect in Dialect}


def take_request(received: bytes) -> tuple[str, bytes, bytes] | None:
    """Path, body and what follows, once a whole request is there. A body needs a content-length."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = received[:end].lower()
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name == b"content-length":
            length = int(value)
        elif name == b"transfer-encoding":
            raise ValueError("the simulator takes no chunked request bodies")
    start = end + 4
    if len(received) < start + length:
        return None
    path = head.split(b" ", 2)[1].decode().partition("?")[0]
    return path, received[start : start + length], received[start + length :]


@lru_cache
def _plain(dialect: Dialect, model: str) -> bytes:
    return answers.plain_answer(dialect, model)


@lru_cache
def _opening(dialect: Dialect, model: str) -> bytes:
    return answers.STREAM_HEAD + answers.http_chunk(answers.prologue(dialect, model))


@lru_cache
def _burst(dialect: Dialect, model: str, events: int, include_usage: bool) -> tuple[bytes, ...]:
    """The writes of a whole burst: opening, `EVENTS_PER_CHUNK` at a time, ending."""
    one = answers.text_event(dialect, model)
    full, rest = divmod(events, EVENTS_PER_CHUNK)
    texts = [answers.http_chunk(one * EVENTS_PER_CHUNK)] * full
    if rest:
        texts.append(answers.http_chunk(one * rest))
    ending = answers.http_chunk(answers.epilogue(dialect, model, events, include_usage)) + answers.LAST_CHUNK
    return (_opening(dialect, model), *texts, ending)


async def listen(port: int = 0) -> asyncio.Server:
    """Serve on loopback; `port` 0 takes a free one."""
    loop = asyncio.get_running_loop()
    wheel = Wheel(loop)
    return await loop.create_server(lambda: Upstream(loop, wheel), "127.0.0.1", port, backlog=2048)


async def _serve() -> None:
    server = await listen()
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_serve())
