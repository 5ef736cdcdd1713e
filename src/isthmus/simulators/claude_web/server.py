"""The simulated service on a loopback port."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Final, Self, assert_never

from aiohttp import web

from isthmus.simulators.claude_web.answers import FOREVER_S, Break, Malformed, Pause, Played, Silence, Whole
from isthmus.simulators.claude_web.clock import Clock, stored
from isthmus.simulators.claude_web.control import PREFIX, direct
from isthmus.simulators.claude_web.framing import Cut, Framing
from isthmus.simulators.claude_web.gate import COOKIE, Asked, Outcome, pass_through
from isthmus.simulators.claude_web.journal import Entry, Journal
from isthmus.simulators.claude_web.world import World

_MAX_BODY_BYTES: Final = 64 << 20
_ARRIVES_S: Final = 0.02
"""Time for what was written to reach the client before its connection dies."""


class Simulator(World):
    """Use as an async context manager. Accounts, faults and the clock can be changed while it runs; so can they by `/_sim/…`."""

    def __init__(
        self, *, port: int = 0, seed: int = 1, clock: Clock | None = None, journal: Journal | None = None
    ) -> None:
        super().__init__(seed=seed, clock=clock, journal=journal)
        self._port = port
        self._closing = False
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_MAX_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self._serve)
        # Cancelling the handler is how aiohttp says that the client hung up, also while nothing is being written.
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        assert self._runner is not None
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith(PREFIX):
            body = await request.read()
            return _whole(direct(self, request.method, request.path, request.query, body), None)
        entry = self.journal.open(
            self.clock.now_s(), request.method, request.path, request.query_string, request.headers.items()
        )
        try:
            return await self._answer(request, entry)
        except (asyncio.CancelledError, ConnectionResetError):
            if not self._closing:
                entry.outcome = "left"
            raise

    async def _answer(self, request: web.Request, entry: Entry) -> web.StreamResponse:
        asked = Asked(
            request.method,
            request.path,
            request.query,
            tuple(request.headers.getall("cookie", ())),
            request.headers.get("content-type", ""),
            await request.read(),
        )
        outcome = pass_through(self, asked, entry)
        match outcome.answer:
            case Whole() as answer:
                entry.status, entry.outcome = answer.status, "whole"
                return _whole(answer, outcome.new_key)
            case Played() as answer:
                return await self._play(request, entry, answer, outcome)
            case Silence():
                await asyncio.sleep(FOREVER_S)
                raise ConnectionResetError("nobody waits that long")
            case _:
                assert_never(outcome.answer)

    async def _play(
        self, request: web.Request, entry: Entry, answer: Played, outcome: Outcome
    ) -> web.StreamResponse:
        whole = False
        try:
            response = web.StreamResponse(headers=_stream_headers(outcome.new_key))
            entry.status = 200
            await response.prepare(request)
            whole = await self._write(request, response, answer)
            entry.outcome = "whole" if whole else "cut"
            if whole:
                answer.done(True)
            if request.transport is not None and not request.transport.is_closing():
                await response.write_eof()
            return response
        finally:
            if not whole:
                answer.done(False)

    async def _write(self, request: web.Request, response: web.StreamResponse, answer: Played) -> bool:
        """Everything, in its pieces; False when a fault ends it early."""
        framing = answer.framing
        for number, item in enumerate(answer.items, 1):
            match item:
                case Pause(seconds):
                    await asyncio.sleep(seconds)
                    continue
                case Break(reset):
                    await self._break(request, response, framing, reset=reset)
                    return False
                case Malformed():
                    data = framing.malformed()
                case _:
                    data = framing.frame(item)
            if framing.ping_every and number % framing.ping_every == 0:
                data = framing.ping(stored(self.clock.now_s())) + data
            for piece in framing.pieces(data):
                await response.write(piece)
                if framing.cut is not Cut.FRAMES:
                    await asyncio.sleep(0)
        return True

    async def _break(
        self, request: web.Request, response: web.StreamResponse, framing: Framing, *, reset: bool
    ) -> None:
        if not reset:
            return
        await response.write(framing.malformed()[:-20])
        await asyncio.sleep(_ARRIVES_S)
        if request.transport is not None:
            request.transport.abort()


def _whole(answer: Whole, new_key: str | None) -> web.Response:
    kind = {"content-type": answer.content_type} if answer.content_type else {}
    return web.Response(
        body=answer.body or None, status=answer.status, headers={**kind, **answer.headers, **_cookie(new_key)}
    )


def _stream_headers(new_key: str | None) -> dict[str, str]:
    kind = "text/event-stream; charset=utf-8"
    return {"content-type": kind, "cache-control": "no-cache", **_cookie(new_key)}


def _cookie(new_key: str | None) -> dict[str, str]:
    if new_key is None:
        return {}
    return {"set-cookie": f"{COOKIE}={new_key}; Path=/; HttpOnly; Secure; SameSite=Lax"}
