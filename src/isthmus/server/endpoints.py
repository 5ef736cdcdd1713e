"""What the gateway does for a client: answers in either lane, embeddings, token counts, model lists."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

import msgspec
import structlog

from isthmus.core.abilities import Abilities
from isthmus.core.commands import Call, ClientRequest, Exchange, Fetch, Fetched
from isthmus.core.conversation import Conversation
from isthmus.core.errors import BadRequest, GatewayError, Kind, UpstreamError
from isthmus.core.interfaces import ModelInfo, Parsed, Signing, Target
from isthmus.routing.directory import Directory
from isthmus.server.answering import Answering, Job, loss_header, note_error
from isthmus.server.models import ModelLists
from isthmus.server.paths import Endpoint
from isthmus.server.reply import Pace
from isthmus.server.sources import Source
from isthmus.server.visit import Visit
from isthmus.shaping.estimate import estimate_tokens
from isthmus.shaping.fit import fit
from isthmus.shaping.inline_images import inline, needs_inlining
from isthmus.transport.http import Channel
from isthmus.wire.json_splice import replace_top_level_string

log = structlog.get_logger("isthmus")

EMBEDDINGS: Final = "openai_embeddings"


class _Asked(msgspec.Struct):
    model: str = ""


@dataclass(frozen=True, slots=True)
class ModelPages:
    """How the model list is written, in the one shape all official SDKs read."""

    page: Callable[..., bytes]
    one: Callable[[ModelInfo], bytes]


@dataclass(slots=True)
class Endpoints:
    sources: dict[str, Source]
    directory: Directory
    model_pages: ModelPages
    parse_count: Callable[[bytes, Mapping[str, str]], Parsed]
    """A `count_tokens` body as a conversation."""
    fetch: Callable[[Fetch], Awaitable[Fetched]]
    pace: Pace = field(default_factory=Pace)
    max_body_bytes: int = 32 << 20
    models: ModelLists = field(init=False)
    _later: set[asyncio.Task[None]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.models = ModelLists(self.directory, self.sources)

    async def answer(self, visit: Visit) -> None:
        """A model's answer: raw where the provider speaks the client's dialect, else translated."""
        body = await visit.request.body(self.max_body_bytes)
        envelope = visit.dialect.envelope(body)
        source, target = self._choose(envelope.model, visit)
        visit.record.streamed = envelope.stream
        job = self._job(visit, source, stream=envelope.stream)
        if visit.dialect.name in source.provider.native:
            visit.record.lane = "raw"
            job.restyle = lambda: _restyle(job, visit.dialect.parse(body, visit.request.headers), source)
            exchange = source.provider.forward(visit.forwarded(body, envelope), target)
        else:
            visit.record.lane = "translated"
            exchange = await self._translate(visit, body, source, target, job)
        await _give(visit, job, exchange)

    async def embed(self, visit: Visit) -> None:
        """Embeddings, passed through to a vendor that has them."""
        body = await visit.request.body(self.max_body_bytes)
        envelope = visit.dialect.envelope(body)
        source, target = self._choose(envelope.model, visit)
        if EMBEDDINGS not in source.provider.native:
            raise BadRequest(
                f"provider {source.name!r} has no embeddings: name one that has, as /PROVIDER/v1/embeddings",
                kind=Kind.NOT_SUPPORTED,
                should_retry=False,
            )
        visit.record.lane = "raw"
        exchange = source.provider.forward(visit.forwarded(body, envelope), target)
        await _give(visit, self._job(visit, source), exchange)

    async def pass_through(self, visit: Visit) -> None:
        """An endpoint of a vendor's own: of the provider in the path, of the model in the body, or of the default provider."""
        request, rest = visit.request, visit.place.rest
        if {"..", "."} & set(rest.split("/")):
            raise BadRequest(f"no such path: {request.path!r}", kind=Kind.NOT_FOUND)
        if visit.place.provider is not None:
            self.directory.check_provider(visit.place.provider)
        body = await request.body(self.max_body_bytes)
        source = self.sources[visit.place.provider or self.directory.default_provider]
        asked = _model_of(body)
        if asked and visit.place.provider is None:
            source, target = self._choose(asked, visit)
            body = body if target.model == asked else replace_top_level_string(body, "model", target.model)
        visit.record.provider, visit.record.lane = source.name, "raw"
        exchange = source.provider.pass_through(
            ClientRequest(
                quote(f"/v1/{rest}"),
                body,
                asked,
                stream=False,
                headers=visit.forwardable_headers(),
                method=request.method,
                query=request.query.decode("latin-1"),
            )
        )
        if exchange is None:
            raise BadRequest(
                f"/v1/{rest} is not offered by provider {source.name!r}: name one that has it in the path, "
                "or list it under the provider's `pass_through`",
                kind=Kind.NOT_SUPPORTED,
                should_retry=False,
            )
        await _give(visit, self._job(visit, source), exchange)

    async def count(self, visit: Visit) -> None:
        """Tokens of a request: the vendor's own count where it has one, else an estimate."""
        body = await visit.request.body(self.max_body_bytes)
        envelope = visit.dialect.envelope(body)
        source, target = self._choose(envelope.model, visit)
        exchange = source.provider.count_tokens(visit.forwarded(body, envelope), target)
        if exchange is not None:
            visit.record.lane = "raw"
            await _give(visit, self._job(visit, source), exchange)
            return
        visit.record.lane = "estimated"
        conversation = self.parse_count(body, visit.request.headers).conversation
        tokens = estimate_tokens(fit(conversation, target).conversation)
        await visit.reply(200, b'{"input_tokens":%d}' % tokens)

    async def list_models(self, visit: Visit) -> None:
        """All models, or one by its id; of the provider in the path, or of every one."""
        provider, request = visit.place.provider, visit.request
        if provider is not None:
            self.directory.check_provider(provider)
        if visit.place.endpoint is Endpoint.MODEL:
            id = visit.place.rest
            info = await self.models.one(provider, id)
            if info is None:
                raise BadRequest(f"model: {id} is not in the list at /v1/models", kind=Kind.MODEL_NOT_FOUND)
            await visit.reply(200, self.model_pages.one(info))
            return
        page = self.model_pages.page(
            await self.models.of(provider, for_discovery=request.is_messages_client),
            limit=request.query_value("limit"),
            after_id=request.query_value("after_id"),
            before_id=request.query_value("before_id"),
        )
        await visit.reply(200, page)

    def _choose(self, asked: str, visit: Visit) -> tuple[Source, Target]:
        record = visit.record
        record.model_asked = asked
        choice = self.directory.choose(asked, visit.place.provider)
        source = self.sources[choice.provider]
        record.provider, record.model_used = source.name, choice.model
        return source, Target(choice.model, source.abilities(choice.model), source.policy)

    def _job(self, visit: Visit, source: Source, *, stream: bool = False) -> Job:
        return Job(
            visit.dialect,
            source.channel,
            visit.record,
            visit.headers,
            self.fetch,
            self._do_later,
            self.pace,
            stream,
        )

    async def _translate(
        self, visit: Visit, body: bytes, source: Source, target: Target, job: Job
    ) -> Exchange:
        parsed = visit.dialect.parse(body, visit.request.headers)
        shaped = fit(parsed.conversation, target)
        conversation = shaped.conversation
        if needs_inlining(conversation, target.abilities):
            conversation = await self._inline(conversation, target.abilities)
        job.original_tool_names = shaped.original_tool_names
        job.losses = job.record.losses = (*parsed.losses, *shaped.losses)
        if job.losses:
            job.headers.append((b"x-isthmus-loss", loss_header(job.losses)))
        _restyle(job, parsed, source, conversation)
        return source.provider.exchange(conversation, target)

    async def _inline(self, conversation: Conversation, able: Abilities) -> Conversation:
        fetching = inline(conversation, able)
        command = next(fetching)
        try:
            while True:
                command = fetching.send(await self.fetch(command))
        except StopIteration as done:
            inlined: Conversation = done.value
            return inlined

    def _do_later(self, channel: Channel, call: Call) -> None:
        async def run() -> None:
            try:
                await channel.call(call)
            except UpstreamError as error:
                log.warning("tidying up failed", error=error.message)

        task = asyncio.get_running_loop().create_task(run())
        self._later.add(task)
        task.add_done_callback(self._later.discard)


def _model_of(body: bytes) -> str:
    """The model that a JSON body names; empty when it names none or is something else."""
    try:
        return msgspec.json.decode(body, type=_Asked).model
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


async def _give(visit: Visit, job: Job, exchange: Exchange) -> None:
    """Runs the exchange for the client. A refusal that was meant for the client is passed on as it is."""
    answering = Answering(job, visit.request.receive, visit.send)
    try:
        await answering.run(exchange)
    except GatewayError as error:
        if answering.verbatim is None:
            raise
        note_error(visit.record, error)
        status, kind, refusal = answering.verbatim
        await visit.reply(status, refusal, kind)


def _restyle(job: Job, parsed: Parsed, source: Source, sent: Conversation | None = None) -> None:
    """What an answer that is encoded here needs to know of the request."""
    job.style = parsed.style
    job.signing = Signing(
        model=parsed.conversation.model,
        provider=source.name,
        answer_id=job.record.request_id.removeprefix("req_"),
        created_s=int(time.time()),
        input_estimate=estimate_tokens(sent or parsed.conversation),
    )
