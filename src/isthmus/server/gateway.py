"""The gateway as an ASGI application: every request comes in here and every answer leaves from here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from isthmus.core.commands import Call, ClientRequest, Exchange, Fetch, Fetched
from isthmus.core.conversation import Conversation
from isthmus.core.errors import BadRequest, GatewayError, Kind, UpstreamError
from isthmus.core.interfaces import CHAT, MESSAGES, Dialect, ModelInfo, Parsed, Rendered, Signing, Target
from isthmus.routing.directory import Directory
from isthmus.server.answering import Answering, Job, internal_error, loss_header, note_error
from isthmus.server.guard import Guard
from isthmus.server.models import ModelLists
from isthmus.server.paths import Endpoint, Place, locate
from isthmus.server.records import Record
from isthmus.server.reply import ClientLeft, HeaderList, Pace, Receive, Send, send_whole
from isthmus.server.request import Request, request_from
from isthmus.server.sources import Source
from isthmus.shaping.estimate import estimate_tokens
from isthmus.shaping.fit import fit
from isthmus.shaping.inline_images import inline, needs_inlining
from isthmus.transport.http import Channel

log = structlog.get_logger("isthmus")

EMBEDDINGS: Final = "openai_embeddings"
COMPLETIONS: Final = "openai_completions"
_ANSWERS: Final = {
    Endpoint.MESSAGES: MESSAGES,
    Endpoint.CHAT: CHAT,
    Endpoint.COMPLETIONS: COMPLETIONS,
}
_NOT_FORWARDED: Final = frozenset(
    {
        "authorization",
        "x-api-key",
        "cookie",
        "host",
        "content-length",
        "connection",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "accept-encoding",
        "origin",
        "referer",
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-real-ip",
        "expect",
    }
)


@dataclass(frozen=True, slots=True)
class ModelPages:
    """How the model list is written, in the one shape all official SDKs read."""

    page: Callable[..., bytes]
    one: Callable[[ModelInfo], bytes]


@dataclass(slots=True)
class Gateway:
    """An ASGI application. Built once, by the composition root."""

    sources: dict[str, Source]
    directory: Directory
    dialects: Mapping[str, Dialect]
    model_pages: ModelPages
    parse_count: Callable[[bytes, Mapping[str, str]], Parsed]
    """A `count_tokens` body as a conversation."""
    fetch: Callable[[Fetch], Awaitable[Fetched]]
    guard: Guard
    pace: Pace = field(default_factory=Pace)
    max_body_bytes: int = 32 << 20
    draining: bool = False
    models: ModelLists = field(init=False)
    _later: set[asyncio.Task[None]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.models = ModelLists(self.directory, self.sources)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(request_from(scope, receive), send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, request: Request, send: Send) -> None:
        place = locate(request.path)
        dialect = self._dialect_of(request, place)
        headers = _own_headers(request.id)
        record = Record(
            request.id, time.monotonic(), place.endpoint.value, dialect.name, client=request.client
        )
        quiet = False
        try:
            headers += _pairs(self.guard.cors_headers(request.headers))
            quiet = await self._dispatch(request, place, dialect, record, headers, send)
        except ClientLeft as left:
            record.client_left, record.status = True, record.status or 499
            record.error_text = str(left)
        except GatewayError as refusal:
            note_error(record, refusal)
            await self._refuse(dialect.render_error(refusal, request.id), record, headers, send)
        except Exception as bug:  # noqa: BLE001 - the last line of defence, logged as the bug it is
            error = internal_error(record, bug)
            await self._refuse(dialect.render_error(error, request.id), record, headers, send)
        if not quiet:
            log.info("request", **record.fields(time.monotonic()))

    def _dialect_of(self, request: Request, place: Place) -> Dialect:
        """Path first; on paths that both share, the version header tells."""
        name = _ANSWERS.get(place.endpoint)
        if name is None:
            counts = place.endpoint is Endpoint.COUNT_TOKENS
            name = MESSAGES if counts or request.is_messages_client else CHAT
        return self.dialects[name]

    async def _dispatch(
        self,
        request: Request,
        place: Place,
        dialect: Dialect,
        record: Record,
        headers: HeaderList,
        send: Send,
    ) -> bool:
        """Answers the request; True when it is not worth a log line."""
        if request.method == "OPTIONS":
            await send_whole(send, 204, headers + _pairs(self.guard.preflight_headers(request.headers)), b"")
            return True
        self.guard.check_host(request.headers)
        self.guard.check_origin(request.headers)
        if place.endpoint in {Endpoint.PROBE, Endpoint.HEALTH, Endpoint.READY} and request.method in {
            "GET",
            "HEAD",
        }:
            await self._probe(request, place, headers, send)
            return True
        self.guard.check_key(request.headers)
        match place.endpoint:
            case Endpoint.MESSAGES | Endpoint.CHAT | Endpoint.COMPLETIONS:
                _only(request, "POST")
                await self._answer(request, place, dialect, record, headers, send)
            case Endpoint.EMBEDDINGS:
                _only(request, "POST")
                await self._embed(request, place, dialect, record, headers, send)
            case Endpoint.COUNT_TOKENS:
                _only(request, "POST")
                await self._count(request, place, dialect, record, headers, send)
            case Endpoint.MODELS | Endpoint.MODEL:
                _only(request, "GET")
                await self._list(request, place, record, headers, send)
            case Endpoint.TELEMETRY:
                await request.body(self.max_body_bytes)
                await send_whole(send, 200, headers, b"")
                return True
            case Endpoint.VENDOR:
                raise BadRequest(
                    f"/v1/{place.rest} is not offered by this gateway: call the vendor's own API for it",
                    kind=Kind.NOT_SUPPORTED,
                    should_retry=False,
                )
            case _:
                raise BadRequest(
                    f"no such path: {request.path!r}. Try /v1/messages, /v1/chat/completions or /v1/models, "
                    "with the name of a provider in front if you like",
                    kind=Kind.NOT_FOUND,
                )
        return False

    async def _probe(self, request: Request, place: Place, headers: HeaderList, send: Send) -> None:
        status, body = 200, b""
        if place.endpoint is Endpoint.HEALTH:
            body = b'{"status":"ok"}'
        elif place.endpoint is Endpoint.READY:
            status = 503 if self.draining else 200
            body = b'{"status":"draining"}' if self.draining else b'{"status":"ready"}'
        kind = [(b"content-type", b"application/json")] if body else []
        await send_whole(send, status, kind + headers, b"" if request.method == "HEAD" else body)

    async def _answer(
        self,
        request: Request,
        place: Place,
        dialect: Dialect,
        record: Record,
        headers: HeaderList,
        send: Send,
    ) -> None:
        body = await request.body(self.max_body_bytes)
        envelope = dialect.envelope(body)
        source, target = self._choose(envelope.model, place, record)
        record.streamed = envelope.stream
        job = self._job(dialect, source, record, headers, envelope.stream)
        if dialect.name in source.provider.native:
            record.lane = "raw"
            job.restyle = lambda: self._restyle(request, dialect.parse(body, request.headers), source, job)
            exchange = source.provider.forward(_forwarded(request, place, body, envelope), target)
        else:
            record.lane = "translated"
            exchange = await self._translate(request, body, source, target, job)
        answering = Answering(job, request.receive, send)
        try:
            await answering.run(exchange)
        except GatewayError as error:
            if answering.verbatim is None:
                raise
            note_error(record, error)
            status, kind, refusal = answering.verbatim
            record.status = status
            await send_whole(send, status, [(b"content-type", kind), *headers], refusal)

    def _choose(self, asked: str, place: Place, record: Record) -> tuple[Source, Target]:
        record.model_asked = asked
        choice = self.directory.choose(asked, place.provider)
        source = self.sources[choice.provider]
        record.provider, record.model_used = source.name, choice.model
        return source, Target(choice.model, source.abilities(choice.model), source.policy)

    def _job(
        self, dialect: Dialect, source: Source, record: Record, headers: HeaderList, stream: bool
    ) -> Job:
        return Job(dialect, source.channel, record, headers, self.fetch, self._do_later, self.pace, stream)

    async def _translate(
        self, request: Request, body: bytes, source: Source, target: Target, job: Job
    ) -> Exchange:
        parsed = job.dialect.parse(body, request.headers)
        shaped = fit(parsed.conversation, target)
        conversation = shaped.conversation
        if not target.abilities.fetches_urls and needs_inlining(conversation):
            conversation = await self._inline(conversation)
        job.original_tool_names = shaped.original_tool_names
        job.losses = (*parsed.losses, *shaped.losses)
        job.record.losses = job.losses
        if job.losses:
            job.headers.append((b"x-isthmus-loss", loss_header(job.losses)))
        self._restyle(request, parsed, source, job, conversation)
        return source.provider.exchange(conversation, target)

    @staticmethod
    def _restyle(
        request: Request, parsed: Parsed, source: Source, job: Job, sent: Conversation | None = None
    ) -> None:
        """What an answer that is encoded here needs to know of the request."""
        job.style = parsed.style
        job.signing = Signing(
            model=parsed.conversation.model,
            provider=source.name,
            answer_id=request.id.removeprefix("req_"),
            created_s=int(time.time()),
            input_estimate=estimate_tokens(sent or parsed.conversation),
        )

    async def _inline(self, conversation: Conversation) -> Conversation:
        fetching = inline(conversation)
        command = next(fetching)
        try:
            while True:
                command = fetching.send(await self.fetch(command))
        except StopIteration as done:
            inlined: Conversation = done.value
            return inlined

    async def _embed(
        self,
        request: Request,
        place: Place,
        dialect: Dialect,
        record: Record,
        headers: HeaderList,
        send: Send,
    ) -> None:
        body = await request.body(self.max_body_bytes)
        envelope = dialect.envelope(body)
        source, target = self._choose(envelope.model, place, record)
        if EMBEDDINGS not in source.provider.native:
            raise BadRequest(
                f"provider {source.name!r} has no embeddings: name one that has, as /PROVIDER/v1/embeddings",
                kind=Kind.NOT_SUPPORTED,
                should_retry=False,
            )
        record.lane = "raw"
        exchange = source.provider.forward(_forwarded(request, place, body, envelope), target)
        await Answering(self._job(dialect, source, record, headers, False), request.receive, send).run(
            exchange
        )

    async def _count(
        self,
        request: Request,
        place: Place,
        dialect: Dialect,
        record: Record,
        headers: HeaderList,
        send: Send,
    ) -> None:
        body = await request.body(self.max_body_bytes)
        envelope = dialect.envelope(body)
        source, target = self._choose(envelope.model, place, record)
        exchange = source.provider.count_tokens(_forwarded(request, place, body, envelope), target)
        if exchange is not None:
            record.lane = "raw"
            await Answering(self._job(dialect, source, record, headers, False), request.receive, send).run(
                exchange
            )
            return
        record.lane = "estimated"
        tokens = estimate_tokens(
            fit(self.parse_count(body, request.headers).conversation, target).conversation
        )
        record.status = 200
        await send_whole(
            send, 200, [(b"content-type", b"application/json"), *headers], b'{"input_tokens":%d}' % tokens
        )

    async def _list(
        self, request: Request, place: Place, record: Record, headers: HeaderList, send: Send
    ) -> None:
        provider = place.provider
        if provider is not None:
            self.directory.check_provider(provider)
        if place.endpoint is Endpoint.MODEL:
            info = await self.models.one(provider, place.rest)
            if info is None:
                raise BadRequest(
                    f"model: {place.rest} is not in the list at /v1/models", kind=Kind.MODEL_NOT_FOUND
                )
            body = self.model_pages.one(info)
        else:
            found = await self.models.of(provider, for_discovery=request.is_messages_client)
            body = self.model_pages.page(
                found,
                limit=request.query_value("limit"),
                after_id=request.query_value("after_id"),
                before_id=request.query_value("before_id"),
            )
        record.status = 200
        await send_whole(send, 200, [(b"content-type", b"application/json"), *headers], body)

    async def _refuse(self, rendered: Rendered, record: Record, headers: HeaderList, send: Send) -> None:
        record.status = rendered.status
        own = [(b"content-type", b"application/json"), *_pairs(rendered.headers), *headers]
        await send_whole(send, rendered.status, own, rendered.body)

    def _do_later(self, channel: Channel, call: Call) -> None:
        async def run() -> None:
            try:
                await channel.call(call)
            except UpstreamError as error:
                log.warning("tidying up failed", error=error.message)

        task = asyncio.get_running_loop().create_task(run())
        self._later.add(task)
        task.add_done_callback(self._later.discard)


def _own_headers(request_id: str) -> HeaderList:
    """Both names: each SDK family looks for its own."""
    value = request_id.encode()
    return [(b"request-id", value), (b"x-request-id", value)]


def _pairs(headers: tuple[tuple[str, str], ...]) -> HeaderList:
    return [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]


def _only(request: Request, method: str) -> None:
    if request.method != method:
        raise BadRequest(f"{request.method} is not possible here: use {method}", kind=Kind.NOT_FOUND)


def _forwarded(request: Request, place: Place, body: bytes, envelope: Any) -> ClientRequest:
    headers = {name: value for name, value in request.headers.items() if name not in _NOT_FORWARDED}
    return ClientRequest(f"/v1/{place.endpoint.value}", body, envelope.model, envelope.stream, headers)
