"""What the gateway does for a client: answers in either lane, embeddings, token counts, model lists."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

import msgspec

from isthmus.core.abilities import Abilities
from isthmus.core.commands import ClientRequest, Exchange, Fetch, Fetched
from isthmus.core.conversation import Conversation, Turn
from isthmus.core.errors import BadRequest, GatewayError, Kind
from isthmus.core.interfaces import Envelope, Parsed, Shaped, Signing, Target
from isthmus.core.losses import merge
from isthmus.core.remembered import Memory
from isthmus.routing.affinity import prefix_key, raw_prefix_key
from isthmus.server.admission import Admission
from isthmus.server.answering import Answering
from isthmus.server.asking import ask
from isthmus.server.attempts import AccountAttempts
from isthmus.server.cache import Tape
from isthmus.server.caching import answer_once
from isthmus.server.compressing import compressed, may_outgrow, outgrown
from isthmus.server.errands import Errands
from isthmus.server.failures import note_error
from isthmus.server.job import Job
from isthmus.server.loss_header import tell_losses
from isthmus.server.model_pages import ModelPages, list_models
from isthmus.server.offer import Offer
from isthmus.server.relay import CHARACTERS_PER_TOKEN
from isthmus.server.remembering import Active, RememberedTurn, conversation_named, remembered_turn
from isthmus.server.sources import Reading, Source
from isthmus.server.summaries import Summaries
from isthmus.server.suppliers import Supplier
from isthmus.server.visit import Visit
from isthmus.shaping.compression import Plan
from isthmus.shaping.estimate import estimate_tokens
from isthmus.shaping.fit import fit
from isthmus.shaping.inline_images import inline, needs_inlining
from isthmus.shaping.summary import request
from isthmus.wire.json_splice import replace_top_level_string
from isthmus.wire.local_path import is_local

EMBEDDINGS: Final = "openai_embeddings"


class _Asked(msgspec.Struct):
    model: str = ""


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
    summaries: Summaries = field(default_factory=Summaries)
    errands: Errands = field(default_factory=Errands)
    memory: Memory | None = None
    """Conversations that callers go on with by their id."""
    active: Active = field(default_factory=set)

    async def answer(self, visit: Visit) -> None:
        """A model's answer, or the same as before where the provider's answers are kept."""
        wanted = await self._wanted(visit)
        visit.record.streamed = wanted.envelope.stream
        memory = self.memory
        if (
            memory is not None
            and (id := conversation_named(wanted.envelope, visit)) is not None
            and memory.enabled
        ):
            provider, size = wanted.supplier.name, len(wanted.body)
            async with remembered_turn(memory, self.active, visit, id, provider, size) as turn:
                await self._answer(wanted, turn=turn)
            return
        if (cache := wanted.supplier.cache) is None:
            await self._answer(wanted)
        else:
            await answer_once(
                cache, visit, wanted.target.model, wanted.body, lambda tape: self._answer(wanted, tape)
            )

    async def _answer(
        self, wanted: _Wanted, tape: Tape | None = None, turn: RememberedTurn | None = None
    ) -> None:
        """Raw where the provider speaks the client's dialect and nothing is remembered, else translated."""
        visit, supplier, target, envelope = wanted.visit, wanted.supplier, wanted.target, wanted.envelope
        job = self._job(visit, supplier, stream=envelope.stream)
        job.tape, job.turn = tape, turn
        plan = self.offer.plans.get(supplier.name)
        is_native = turn is None and visit.dialect.name in supplier.face.provider.native
        parsed = _outgrown(wanted, plan) if is_native and plan is not None else None
        if is_native and parsed is None:
            visit.record.lane = "raw"
            job.restyle = lambda: _restyle(
                job, visit.dialect.parse(wanted.body, visit.request.headers), supplier
            )
            forwarded = visit.forwarded(wanted.body, envelope)
            affinity = _raw_affinity(wanted) if supplier.keyed else None
            await _give(wanted, job, lambda source: source.provider.forward(forwarded, target), affinity)
            return
        visit.record.lane = "translated"
        conversation = await self._translated(wanted, job, plan, parsed)
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
        tokens = estimate_tokens(fit(conversation, target).conversation, target.model)
        await visit.reply(200, b'{"input_tokens":%d}' % tokens)

    async def list_models(self, visit: Visit) -> None:
        """All models, or one by its id; of the provider in the path, or of every one."""
        await list_models(visit, self.offer, self.model_pages)

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
        abilities, terms = supplier.face.abilities(choice.model), visit.caller.terms
        return supplier, Target(choice.model, abilities, supplier.policy, terms.mcp)

    def _job(self, visit: Visit, supplier: Supplier, *, stream: bool = False) -> Job:
        return Job(
            visit.dialect,
            supplier.face.channel,
            visit.record,
            visit.headers,
            supplier.face.authorize,
            self.fetch,
            self.errands.begin,
            self.offer.pace,
            stream,
        )

    async def _translated(
        self, wanted: _Wanted, job: Job, plan: Plan | None, parsed: Parsed | None = None
    ) -> Conversation:
        """The request in the neutral language, fitted to its target; notes what was lost."""
        visit, target = wanted.visit, wanted.target
        parsed = parsed or visit.dialect.parse(wanted.body, visit.request.headers)
        if job.turn is not None:
            parsed = job.turn.joined(parsed)
        shaped = fit(parsed.conversation, target)
        if plan is not None and (job.turn is not None or may_outgrow(target, plan, len(wanted.body))):
            shaped = await self._compressed(shaped, wanted, plan)
        conversation = shaped.conversation
        if needs_inlining(conversation, target.abilities):
            conversation = await self._inline(conversation, target.abilities, wanted.supplier.face.read_file)
        job.original_tool_names = shaped.original_tool_names
        job.losses = job.record.losses = merge((*parsed.losses, *shaped.losses))
        tell_losses(job.headers, job.losses)
        _restyle(job, parsed, wanted.supplier, conversation)
        return conversation

    async def _compressed(self, shaped: Shaped, wanted: _Wanted, plan: Plan) -> Shaped:
        who = plan.model or f"{wanted.supplier.name}/{wanted.target.model}"

        async def summarise(turns: Sequence[Turn], before: str | None) -> str:
            supplier, model = wanted.supplier, wanted.target.model
            if plan.model is not None:  # the operator's choice, whatever models the caller may use
                choice = self.offer.directory.choose(plan.model, None)
                supplier, model = self.offer.suppliers[choice.provider], choice.model
            target = Target(model, supplier.face.abilities(model), mcp=())
            conversation = request(turns, before, model, target.abilities.context_window)
            return await ask(conversation, supplier, target, self._job(wanted.visit, supplier), wanted.visit)

        return await compressed(shaped, wanted.target, plan, self.summaries, who, summarise)

    async def _inline(
        self, conversation: Conversation, able: Abilities, read_file: Reading | None
    ) -> Conversation:
        fetching = inline(conversation, able)
        command = next(fetching)
        try:
            while True:
                fetch = self.fetch if read_file is None or not is_local(command.url) else read_file
                command = fetching.send(await fetch(command))
        except StopIteration as done:
            inlined: Conversation = done.value
            return inlined


def _model_of(body: bytes) -> str:
    """The model that a JSON body names; empty when it names none or is something else."""
    try:
        return msgspec.json.decode(body, type=_Asked).model
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _outgrown(wanted: _Wanted, plan: Plan) -> Parsed | None:
    """The request, if it must be shortened and so cannot go through as it is."""
    visit, target = wanted.visit, wanted.target
    if not may_outgrow(target, plan, len(wanted.body)):
        return None
    try:
        parsed = visit.dialect.parse(wanted.body, visit.request.headers)
    except BadRequest:
        return None  # what is wrong with it is for its vendor to say
    return parsed if outgrown(parsed.conversation, target, plan) else None


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
        input_estimate=estimate_tokens(sent or parsed.conversation, job.record.model_used or ""),
        conversation=None if job.turn is None else job.turn.id,
    )
