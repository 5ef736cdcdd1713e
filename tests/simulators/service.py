"""The part all simulators share: a recording HTTP server on a loopback port."""

from __future__ import annotations

import argparse
import asyncio
import signal
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, assert_never

import msgspec
from aiohttp import web

from .answers import FOREVER_S, Answer, Cut, NeverAnswered, Pause, Played, Whole, whole_json


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request as it arrived. Header names are lower case; `body` is the exact bytes; `json` is None if it is not JSON."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    json: Any
    at: float  # time.monotonic()

    @property
    def model(self) -> str | None:
        model = self.json.get("model") if isinstance(self.json, dict) else None
        return model if isinstance(model, str) else None


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The client left before the answer was complete."""

    path: str
    model: str | None
    at: float  # time.monotonic()


class Simulator(ABC):
    """A server that records what it is asked. Use as an async context manager, or run it with `serve`.

    `requests` and `disconnects` keep the newest `keep` entries. `GET /sim/requests`, `GET /sim/disconnects` and
    `POST /sim/forget` show and clear the same to a judge in another process.
    """

    def __init__(self, *, port: int = 0, keep: int = 10_000, max_body_bytes: int = 32 << 20) -> None:
        self.requests: deque[RecordedRequest] = deque(maxlen=keep)
        self.disconnects: deque[Disconnect] = deque(maxlen=keep)
        self.attempts: dict[str, int] = {}
        self.open_answers = 0
        self._port = port
        self._max_body_bytes = max_body_bytes
        self._closing = False
        self._runner: web.AppRunner | None = None

    @abstractmethod
    def answer(self, request: RecordedRequest) -> Answer:
        """What to do with this request. Must not block."""

    @abstractmethod
    def too_large(self) -> Whole:
        """The vendor's refusal of a body over `max_body_bytes`."""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def base_url(self) -> str:
        """What a user of this vendor writes into a client's configuration."""
        return self.origin

    def forget(self) -> None:
        """Clear the records and the per-model attempt counts."""
        self.requests.clear()
        self.disconnects.clear()
        self.attempts.clear()

    def attempt(self, model: str) -> int:
        """How many times this model has been asked for, this one included."""
        self.attempts[model] = self.attempts.get(model, 0) + 1
        return self.attempts[model]

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=self._max_body_bytes)
        app.router.add_get("/sim/requests", self._show_requests)
        app.router.add_get("/sim/disconnects", self._show_disconnects)
        app.router.add_post("/sim/forget", self._forget)
        app.router.add_route("*", "/{path:.*}", self._serve)
        # Cancelling the handler is how aiohttp says that the client hung up, also while nothing is being written.
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        assert self._runner is not None
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        try:
            recorded = await _record(request)
        except web.HTTPRequestEntityTooLarge:
            return _rendered(self.too_large())
        self.requests.append(recorded)
        self.open_answers += 1
        try:
            return await self._give(request, self.answer(recorded))
        except (asyncio.CancelledError, ConnectionResetError):
            if not self._closing:
                self.disconnects.append(Disconnect(recorded.path, recorded.model, time.monotonic()))
            raise
        finally:
            self.open_answers -= 1

    async def _give(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        match answer:
            case Whole():
                if answer.after_s:
                    await asyncio.sleep(answer.after_s)
                return _rendered(answer)
            case Played():
                return await _play(request, answer)
            case NeverAnswered():
                await asyncio.sleep(FOREVER_S)
                raise ConnectionResetError("nobody waits that long")
            case _:
                assert_never(answer)

    async def _show_requests(self, _: web.Request) -> web.Response:
        shown = [
            {
                "method": r.method,
                "path": r.path,
                "query": r.query,
                "headers": r.headers,
                "json": r.json,
                "at": r.at,
            }
            | {"body": r.body.decode("utf-8", "backslashreplace")}
            for r in self.requests
        ]
        return _rendered(whole_json(shown))

    async def _show_disconnects(self, _: web.Request) -> web.Response:
        return _rendered(whole_json(list(self.disconnects)))

    async def _forget(self, _: web.Request) -> web.Response:
        self.forget()
        return web.Response(status=204)


async def _record(request: web.Request) -> RecordedRequest:
    body = await request.read()
    try:
        parsed = msgspec.json.decode(body) if body else None
    except msgspec.DecodeError:
        parsed = None
    headers = {name.lower(): value for name, value in request.headers.items()}
    return RecordedRequest(
        request.method, request.path, request.query_string, headers, body, parsed, time.monotonic()
    )


def _rendered(answer: Whole) -> web.Response:
    headers = {"content-type": answer.content_type, **answer.headers}
    return web.Response(body=answer.body, status=answer.status, headers=headers)


async def _play(request: web.Request, answer: Played) -> web.StreamResponse:
    headers = {"content-type": answer.content_type, "cache-control": "no-cache", **answer.headers}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    for step in answer.steps:
        match step:
            case bytes():
                await response.write(step)
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case Cut():
                await asyncio.sleep(0.02)  # let what was written reach the client before the connection goes
                if request.transport is not None:
                    request.transport.close()
                return response
            case _:
                assert_never(step)
    await response.write_eof()
    return response


def command_line(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one (default)")
    parser.add_argument(
        "--key", action="append", help="accepted key; repeat for several; '' accepts no key at all"
    )
    return parser


def serve(simulator: Simulator) -> None:
    """Run until SIGINT or SIGTERM. The first line on stdout is the base URL."""
    asyncio.run(_serve_until_stopped(simulator))


async def _serve_until_stopped(simulator: Simulator) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with simulator:
        print(simulator.base_url, flush=True)
        await stopped.wait()
