"""A tiny upstream protocol of our own for tests of the server: each line is a word, with a few that mean something else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from isthmus.core.abilities import Abilities
from isthmus.core.commands import Call, ClientRequest, Exchange, Forward, Head, Later, Stream
from isthmus.core.compose import Composer
from isthmus.core.conversation import Conversation
from isthmus.core.errors import Kind, Next, UpstreamError, UpstreamProtocolError
from isthmus.core.events import Event, Stop
from isthmus.core.interfaces import MESSAGES, ModelInfo, Target
from isthmus.core.usage import Usage


class WordDecoder:
    """`begin` starts, `ping` keeps alive, `end` ends with usage 7/3, `oops` fails; any other line is text."""

    def __init__(self) -> None:
        self._composer = Composer()
        self._rest = b""

    def feed(self, chunk: bytes) -> list[Event]:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._word(line.decode())
        return self._composer.take()

    def close(self) -> list[Event]:
        self._composer.fail(UpstreamProtocolError("upstream stream ended early"))
        return self._composer.take()

    def _word(self, word: str) -> None:
        composer = self._composer
        match word:
            case "begin":
                composer.start(model="words-1")
            case "ping":
                composer.keep_alive()
            case "end":
                composer.usage(Usage(7, output_tokens=3))
                composer.stop(Stop.END_TURN)
                composer.finish()
            case "oops":
                composer.fail(UpstreamError("the upstream choked", kind=Kind.OVERLOADED))
            case _:
                composer.text(word)


class FrameListener:
    """For raw lanes: `end` in the bytes ends the stream, anything at all is speech."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.stop: str | None = None
        self.error: UpstreamError | None = None
        self.speaking = False
        self.output_text_bytes = 0

    def feed(self, frames: bytes) -> None:
        self.speaking = True
        self.output_text_bytes += len(frames)
        if b"end" in frames:
            self.usage, self.stop = Usage(7, output_tokens=3), "end_turn"

    def close(self) -> UpstreamError | None:
        return None if self.stop else UpstreamProtocolError("upstream stream ended early")


def classify(head: Head, body: bytes) -> UpstreamError:
    kind = Kind.INVALID_REQUEST if head.status == 400 else Kind.OVERLOADED
    next = Next.NOTHING if head.status == 400 else Next.OTHER_ACCOUNT
    return UpstreamError(body.decode(), kind=kind, status=head.status, next=next)


def words(url: str, *later: Later, **fields: Any) -> Exchange:
    yield Stream("POST", url, (), b"{}", lambda head: WordDecoder(), classify, **fields)
    yield from later


def frames(url: str) -> Exchange:
    yield Forward("POST", url, (), b"{}", lambda head: FrameListener(), classify, lambda head: WordDecoder())


class Wordy:
    """A provider whose upstream speaks the tests' own protocol, natively also Messages and embeddings."""

    native = frozenset({MESSAGES, "openai_embeddings"})

    def __init__(self, url: str, name: str = "wordy", record: Abilities | None = None) -> None:
        self.name = name
        self.url = url
        self.record = record or Abilities()
        self.heard: list[Conversation | ClientRequest] = []

    def abilities(self, model: str) -> Abilities:
        return self.record

    def exchange(self, conversation: Conversation, target: Target) -> Exchange:
        self.heard.append(conversation)
        return words(self.url)

    def forward(self, request: ClientRequest, target: Target) -> Exchange:
        self.heard.append(request)
        return frames(self.url)

    def pass_through(self, request: ClientRequest) -> Exchange | None:
        self.heard.append(request)
        return frames(self.url) if request.path == "/v1/moderations" else None

    def list_models(self) -> Exchange | None:
        def ask() -> Exchange:
            yield Call("GET", self.url)

        return ask()

    def read_models(self, body: bytes) -> list[ModelInfo]:
        return [ModelInfo(name) for name in body.decode().split()]

    def count_tokens(self, request: ClientRequest, target: Target) -> Exchange | None:
        return None


Script = Callable[[web.StreamResponse], Awaitable[None]]


class Upstream:
    """A real server that plays one script per request, in turn; the last one again and again."""

    def __init__(self, *scripts: Script | web.Response) -> None:
        self.scripts = list(scripts)
        self.asked = 0
        self.headers: list[Mapping[str, str]] = []
        """Of each request."""
        self.gone = asyncio.Event()
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        script = self.scripts[min(self.asked, len(self.scripts) - 1)]
        self.asked += 1
        self.headers.append(request.headers)
        if isinstance(script, web.Response):
            return web.Response(status=script.status, body=script.body, content_type=script.content_type)
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        try:
            await script(response)
        except (ConnectionError, asyncio.CancelledError):
            self.gone.set()
            raise
        return response


@asynccontextmanager
async def upstream(*scripts: Script | web.Response) -> AsyncIterator[Upstream]:
    played = Upstream(*scripts)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", played.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    played.url = f"http://{host}:{port}/"
    try:
        yield played
    finally:
        await runner.cleanup()


def lines(*said: str | float) -> Script:
    """Words to send, each as one line, and numbers of seconds to wait between them."""

    async def play(response: web.StreamResponse) -> None:
        for each in said:
            if isinstance(each, str):
                await response.write(each.encode() + b"\n")
            else:
                await asyncio.sleep(each)

    return play
