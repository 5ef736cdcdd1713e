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
from isthmus.core.interfaces import Envelope, ModelInfo, Parsed, Signing, Target
from isthmus.routing.affinity import prefix_key, raw_prefix_key
from isthmus.routing.directory import Directory
from isthmus.server.admission import Admission
from isthmus.server.answering import Answering, Job, loss_header, note_error
from isthmus.server.attempts import AccountAttempts
from isthmus.server.models import ModelLists
from isthmus.server.paths import Endpoint
from isthmus.server.relay import CHARACTERS_PER_TOKEN
from isthmus.server.reply import Pace
from isthmus.server.sources import Source
from isthmus.server.suppliers import Supplier
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


@dataclass(frozen=True, slots=True)
class Offer:
    """What the gateway offers at present: replaced as a whole when an operator changes something."""

    suppliers: Mapping[str, Supplier]
    directory: Directory
    models: ModelLists
    pace: Pace

    @classmethod
    def of(cls, suppliers: Mapping[str, Supplier], directory: Directory, pace: Pace | None = None) -> Offer:
        return cls(suppliers, directory, ModelLists(directory, suppliers), pace or Pace())


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A request with the provider and model that were chosen for it."""

    visit: Visit
    supplier: Supplier
    target: Target
    body: bytes
    envelope: Envelope


@dataclass(slots=True)
class Endpoints:
    offer: Offer
    """Each request goes by the one it finds when it comes."""
    admission: Admission
    model_pages: ModelPages
    parse_count: Callable[[bytes, Mapping[str, str]], Parsed]
    """A `count_tokens` body as a conversation."""
    fetch: Callable[[Fetch], Awaitable[Fetched]]
    max_body_bytes: int = 32 << 20
    _later: set[asyncio.Task[None]] = field(init=False, default_factory=set)

    async def answer(self, visit: Visit) -> None:
        """A model's answer: raw where the provider speaks the client's dialect, else translated."""
        wanted = await self._wanted(visit)
        supplier, target, envelope = wanted.supplier, wanted.target, wanted.envelope
        visit.record.streamed = envelope.stream
        job = self._job(visit, supplier, stream=envelope.stream)
        if visit.dialect.name in supplier.face.provider.native:
            visit.record.lane = "raw"
            job.restyle = lambda: _restyle(
                job, visit.dialect.parse(wanted.body, visit.request.headers), supplier
            )
            forwarded = visit.forwarded(wanted.body, envelope)
            affinity = _raw_affinity(wanted) if supplier.keyed else None
            await _give(wanted, job, lambda source: source.provider.forward(forwarded, target), affinity)
            return
        visit.record.lane = "translated"
        conversation = await self._translated(wanted, job)
        affinity = (conversation.session or prefix_key(conversation)) if supplier.keyed else None
        await _give(wanted, job, lambda source: source.provider.exchange(conversation, target), affinity)

    async def embed(self, visit: Visit) -> None:
        """Embeddings, passed through to a vendor that has them."""
        wanted = await self._wanted(visit)
        supplier = wanted.supplier
        if EMBEDDINGS not in supplier.face.provider.native:
            raise BadRequest(
                f"provider {supplier.name!r} has no embeddings: name one that has, as /PROVIDER/v1/embeddings",
                kind=Kind.NOT_SUPPORTED,
                should_retry=False,
            )
        visit.record.lane = "raw"
        forwarded = visit.forwarded(wanted.body, wanted.envelope)
        await _give(
            wanted,
            self._job(visit, supplier),
            lambda source: source.provider.forward(forwarded, wanted.target),
        )

    async def pass_through(self, visit: Visit) -> None:
        """An endpoint of a vendor's own: of the provider in the path, of the model in the body, or of the default provider.

        What a vendor keeps (files, batches) belongs to one account, so an API key stays with one as long as it can.
        """
        request, rest = visit.request, visit.place.rest
        if {"..", "."} & set(rest.split("/")):
            raise BadRequest(f"no such path: {request.path!r}", kind=Kind.NOT_FOUND)
        body = await request.body(self.max_body_bytes)
        supplier, asked, model = self._place(visit, body)
        if asked and model != asked:
            body = replace_top_level_string(body, "model", model)
        visit.caller.check_use(supplier.name, asked, model)
        visit.record.provider, visit.record.lane = supplier.name, "raw"
        passed = ClientRequest(
            quote(f"/v1/{rest}"),
            body,
            asked,
            stream=False,
            headers=visit.forwardable_headers(),
            method=request.method,
            query=request.query.decode("latin-1"),
        )
        if supplier.face.provider.pass_through(passed) is None:
            raise BadRequest(
                f"/v1/{rest} is not offered by provider {supplier.name!r}: name one that has it in the path, "
                "or list it under the provider's `pass_through`",
                kind=Kind.NOT_SUPPORTED,
                should_retry=False,
            )
        await self.admission.reserve(visit, body)
        wanted = _Wanted(
            visit, supplier, Target(model, Abilities(), supplier.policy), body, Envelope(asked, False)
        )
        await _give(
            wanted,
            self._job(visit, supplier),
            lambda source: _offered(source.provider.pass_through(passed)),
            f"pass-through:{visit.caller.subject}",
        )

    def _place(self, visit: Visit, body: bytes) -> tuple[Supplier, str, str]:
        """Provider, model asked for and its name there; no model where the body names none."""
        offer, named = self.offer, visit.place.provider
        if named is not None:
            offer.directory.check_provider(named)
        asked = _model_of(body)
        if asked and named is None:
            supplier, target = self._choose(asked, visit)
            return supplier, asked, target.model
        return offer.suppliers[named or offer.directory.default_provider], asked, asked

    async def count(self, visit: Visit) -> None:
        """Tokens of a request: the vendor's own count where it has one, else an estimate."""
        wanted = await self._wanted(visit)
        supplier, target = wanted.supplier, wanted.target
        forwarded = visit.forwarded(wanted.body, wanted.envelope)
        if supplier.face.provider.count_tokens(forwarded, target) is not None:
            visit.record.lane = "raw"
            await _give(
                wanted,
                self._job(visit, supplier),
                lambda source: _offered(source.provider.count_tokens(forwarded, target)),
            )
            return
        visit.record.lane = "estimated"
        conversation = self.parse_count(wanted.body, visit.request.headers).conversation
        tokens = estimate_tokens(fit(conversation, target).conversation)
        await visit.reply(200, b'{"input_tokens":%d}' % tokens)

    async def list_models(self, visit: Visit) -> None:
        """All models, or one by its id; of the provider in the path, or of every one."""
        provider, request, offer = visit.place.provider, visit.request, self.offer
        if provider is not None:
            offer.directory.check_provider(provider)
        if visit.place.endpoint is Endpoint.MODEL:
            id = visit.place.rest
            info = await offer.models.one(provider, id)
            if info is None or not self._visible(visit, [info]):
                raise BadRequest(f"model: {id} is not in the list at /v1/models", kind=Kind.MODEL_NOT_FOUND)
            await visit.reply(200, self.model_pages.one(info))
            return
        page = self.model_pages.page(
            self._visible(visit, await offer.models.of(provider, for_discovery=request.is_messages_client)),
            limit=request.query_value("limit"),
            after_id=request.query_value("after_id"),
            before_id=request.query_value("before_id"),
        )
        await visit.reply(200, page)

    async def _wanted(self, visit: Visit) -> _Wanted:
        """Reads the request, chooses who serves it, and takes its place in the caller's limits."""
        body = await visit.request.body(self.max_body_bytes)
        envelope = visit.dialect.envelope(body)
        supplier, target = self._choose(envelope.model, visit)
        visit.caller.check_use(supplier.name, envelope.model, target.model)
        await self.admission.reserve(visit, body)
        return _Wanted(visit, supplier, target, body, envelope)

    def _choose(self, asked: str, visit: Visit) -> tuple[Supplier, Target]:
        offer, record = self.offer, visit.record
        record.model_asked = asked
        choice = offer.directory.choose(asked, visit.place.provider)
        supplier = offer.suppliers[choice.provider]
        record.provider, record.model_used = supplier.name, choice.model
        return supplier, Target(choice.model, supplier.face.abilities(choice.model), supplier.policy)

    def _visible(self, visit: Visit, models: list[ModelInfo]) -> list[ModelInfo]:
        """The rows of a model list that the caller may use."""
        terms = visit.caller.terms
        if terms.models is None and terms.providers is None:
            return models
        return [info for info in models if self._may_see(visit, info.id)]

    def _may_see(self, visit: Visit, id: str) -> bool:
        try:
            choice = self.offer.directory.choose(id, visit.place.provider)
        except BadRequest:
            return False
        return visit.caller.may_use(choice.provider, id, choice.model)

    def _job(self, visit: Visit, supplier: Supplier, *, stream: bool = False) -> Job:
        return Job(
            visit.dialect,
            supplier.face.channel,
            visit.record,
            visit.headers,
            self.fetch,
            self._do_later,
            self.offer.pace,
            stream,
        )

    async def _translated(self, wanted: _Wanted, job: Job) -> Conversation:
        """The request in the neutral language, fitted to its target; notes what was lost."""
        visit, target = wanted.visit, wanted.target
        parsed = visit.dialect.parse(wanted.body, visit.request.headers)
        shaped = fit(parsed.conversation, target)
        conversation = shaped.conversation
        if needs_inlining(conversation, target.abilities):
            conversation = await self._inline(conversation, target.abilities)
        job.original_tool_names = shaped.original_tool_names
        job.losses = job.record.losses = (*parsed.losses, *shaped.losses)
        if job.losses:
            job.headers.append((b"x-isthmus-loss", loss_header(job.losses)))
        _restyle(job, parsed, wanted.supplier, conversation)
        return conversation

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


def _raw_affinity(wanted: _Wanted) -> str | None:
    return wanted.envelope.session or raw_prefix_key(wanted.body)


def _offered(exchange: Exchange | None) -> Exchange:
    """Accounts of one provider offer the same."""
    assert exchange is not None
    return exchange


async def _give(
    wanted: _Wanted, job: Job, make: Callable[[Source], Exchange], affinity: str | None = None
) -> None:
    """Runs the request's exchange, with one account after another until one answers. A refusal that was meant for the client
    is passed on as it is."""
    visit = wanted.visit
    tokens = len(wanted.body) // CHARACTERS_PER_TOKEN
    attempts = AccountAttempts(wanted.supplier, wanted.target.model, job, make, affinity, tokens)
    answering = Answering(job, visit.request.receive, visit.send)
    try:
        await answering.run(attempts)
    except GatewayError as error:
        if answering.verbatim is None:
            raise
        note_error(visit.record, error)
        status, kind, refusal = answering.verbatim
        await visit.reply(status, refusal, kind)
    finally:
        attempts.end(answering.failure)
        # It refers to the job, and so the job to itself: all of the request would stay until the garbage collector comes.
        job.restyle = None


def _restyle(job: Job, parsed: Parsed, supplier: Supplier, sent: Conversation | None = None) -> None:
    """What an answer that is encoded here needs to know of the request."""
    job.style = parsed.style
    job.signing = Signing(
        model=parsed.conversation.model,
        provider=supplier.name,
        answer_id=job.record.request_id.removeprefix("req_"),
        created_s=int(time.time()),
        input_estimate=estimate_tokens(sent or parsed.conversation),
    )
