"""The part with sockets: takes requests, writes answers piece by piece, and notes who left before the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Final, assert_never

import msgspec
from aiohttp import web

from isthmus.simulators.amazon_q.answers import (
    FOREVER_S,
    Answer,
    Cut,
    HangUp,
    Pause,
    Played,
    Silence,
    Step,
    Whole,
)
from isthmus.simulators.amazon_q.frames import CONTENT_TYPE
from isthmus.simulators.amazon_q.request import Request, place_of

MOST_BODY: Final = 32 << 20
_DRAINING_S: Final = 0.02
"""Before a connection is cut: what was written shall reach the client."""


class Server:
    def __init__(self, port: int, answer: Callable[[Request], Answer], clock: Callable[[], float]) -> None:
        self._port = port
        self._answer = answer
        self._clock = clock
        self._numbers = 0
        self._closing = False
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        app = web.Application(client_max_size=MOST_BODY)
        app.router.add_route("*", "/{path:.*}", self._serve)
        # Cancelling the handler is how aiohttp says that the client hung up, also while nothing is being written.
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self._closing = True
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, http: web.Request) -> web.StreamResponse:
        request = await self._recorded(http)
        try:
            response = await self._given(http, request, self._answer(request))
        except (asyncio.CancelledError, ConnectionResetError):
            if not self._closing and request.ended == "open":
                request.ended = "left"
            raise
        if request.ended == "open":
            request.ended = "complete"
        return response

    async def _recorded(self, http: web.Request) -> Request:
        body = await http.read()
        try:
            parsed = msgspec.json.decode(body) if body else None
        except (msgspec.DecodeError, RecursionError):
            parsed = None
        self._numbers += 1
        headers = {name.lower(): value for name, value in http.headers.items()}
        place = place_of(headers.get("host", ""), http.path)
        return Request(
            self._numbers,
            http.method,
            http.path,
            http.query_string,
            headers,
            body,
            parsed,
            self._clock(),
            place,
        )

    async def _given(self, http: web.Request, request: Request, answer: Answer) -> web.StreamResponse:
        own = {"x-amzn-requestid": request.request_id}
        match answer:
            case Whole():
                request.status = answer.status
                headers = {"content-type": answer.content_type, **own, **answer.headers}
                return web.Response(body=answer.body, status=answer.status, headers=headers)
            case Played():
                request.status = 200
                return await _play(
                    http, request, answer, {"content-type": CONTENT_TYPE, **own, **answer.headers}
                )
            case Silence():
                await asyncio.sleep(FOREVER_S)
                raise ConnectionResetError("nobody waits that long")
            case HangUp():
                request.ended = "cut"
                _close(http)
                # Goes nowhere. Raising instead would be told with its trace, on the terminal of a demonstration.
                return web.Response()
            case _:
                assert_never(answer)


async def _play(
    http: web.Request, request: Request, answer: Played, headers: dict[str, str]
) -> web.StreamResponse:
    request.frames = sum(isinstance(step, bytes) for step in answer.steps)
    if answer.late_s:
        await asyncio.sleep(answer.late_s)
    response = web.StreamResponse(headers=headers)
    if not answer.clean_end:
        response.force_close()
    await response.prepare(http)
    for piece, frames in cut_up(answer.steps, answer.sizes):
        match piece:
            case bytes():
                await response.write(piece)
                request.frames_written += frames
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case Cut():
                request.ended = "cut"
                await asyncio.sleep(_DRAINING_S)
                _close(http)
                return response
            case _:
                assert_never(piece)
    await response.write_eof()
    return response


def cut_up(steps: Sequence[Step], sizes: Sequence[int]) -> Iterator[tuple[Step, int]]:
    """The same bytes in pieces of these sizes, by turns, each with the number of steps it completes. A pause ends a piece."""
    held = b""
    ends: list[int] = []
    turn = 0
    for step in steps:
        if isinstance(step, bytes):
            held += step
            ends.append(len(held))
            while held and len(held) >= (size := sizes[turn % len(sizes)] if sizes else len(held)):
                yield held[:size], sum(end <= size for end in ends)
                held, ends, turn = held[size:], [end - size for end in ends if end > size], turn + 1
            continue
        if held:
            yield held, len(ends)
            held, ends = b"", []
        yield step, 0
    if held:
        yield held, len(ends)


def _close(http: web.Request) -> None:
    if http.transport is not None:
        http.transport.close()
