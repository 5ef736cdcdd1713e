"""Runs an exchange: commands out through the transport, the answer back to the client.

Until something has been said to the client an upstream's failure is thrown back into the exchange, which may try again; then
another account may; and then it is thrown out of here, so that it becomes a true HTTP status. Afterwards it is told inside
the stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, assert_never

import structlog

from isthmus.core.commands import (
    Answered,
    Authorize,
    Call,
    Command,
    Errand,
    Exchange,
    Fetch,
    Fetched,
    Forward,
    Head,
    Headers,
    Keep,
    Later,
    Pause,
    Rest,
    Say,
    Stream,
    Talk,
)
from isthmus.core.errors import GatewayError, Kind, Next, UpstreamError
from isthmus.core.interfaces import Dialect, Signing
from isthmus.core.losses import Loss, merge
from isthmus.core.programs import Program
from isthmus.server.cache import Tape
from isthmus.server.records import Record
from isthmus.server.relay import CHARACTERS_PER_TOKEN, Heard, PlainRelay, RawRelay, Relay, TranslatedRelay
from isthmus.server.remembering import RememberedTurn
from isthmus.server.reply import (
    ClientLeft,
    HeaderList,
    Pace,
    Receive,
    Send,
    StreamReply,
    Watch,
    send_whole,
)
from isthmus.server.secrecy import veil, veiled, veiled_text
from isthmus.server.sources import Authorizing, Keeping, nothing_kept
from isthmus.server.verbatim import as_it_is
from isthmus.transport.crew import Crew
from isthmus.transport.http import MAX_REFUSAL_BYTES, Channel, Incoming
from isthmus.transport.talking import Talking

log = structlog.get_logger("isthmus")

MAX_PLAIN_BYTES: Final = 256 << 20
MAX_LOSS_HEADER: Final = 2000


class Attempts(Protocol):
    """The exchanges that may be tried for one answer, one after another."""

    async def begin(self, failure: UpstreamError | None) -> Exchange:
        """The first exchange, or after a failure the next. Raises `GatewayError` when there is none."""
        ...

    def answered(self) -> None:
        """The answer has begun to be said: there will be no other attempt."""
        ...


@dataclass(slots=True)
class Once:
    """One exchange and no other."""

    exchange: Exchange

    async def begin(self, failure: UpstreamError | None) -> Exchange:
        if failure is not None:
            raise failure
        return self.exchange

    def answered(self) -> None:
        pass


@dataclass(slots=True)
class Job:
    """One answer to give: what the two lanes have in common."""

    dialect: Dialect
    channel: Channel
    """The way to the account that is being asked; attempts change it."""
    record: Record
    headers: HeaderList
    authorize: Authorizing
    """The access of that account."""
    fetch: Callable[[Fetch], Awaitable[Fetched]]
    later: Callable[[Channel, Errand], None]
    """Begins something in the background."""
    pace: Pace
    stream: bool
    style: Any = None
    signing: Signing | None = None
    """None in the raw lane."""
    restyle: Callable[[], None] | None = None
    """In the raw lane: fills in style and signing, for an answer that must be encoded here after all."""
    original_tool_names: Mapping[str, str] = field(default_factory=dict)
    losses: tuple[Loss, ...] = ()
    keep: Keeping = nothing_kept
    """Keeps what is told of that account."""
    crew: Crew | None = None
    """The processes of that account's provider, where it has any."""
    rest: UpstreamError | None = None
    """Why the account rests after this attempt, although it did not fail."""
    turn: RememberedTurn | None = None
    """Where the answer belongs to a conversation that is remembered."""
    tape: Tape | None = None
    """Records what the client is given, where that may be kept."""


class Answering:
    """One client's answer. `run` returns when it has been given, and raises what must still be told as an HTTP error."""

    def __init__(self, job: Job, receive: Receive, send: Send) -> None:
        self._job = job
        self._send = send
        self._reply = StreamReply(send, job.headers, job.tape) if job.stream else None
        self._receive = receive
        self._watch: Watch
        self._relay: Relay | None = None
        self._plain: PlainRelay | None = None
        self._raw: tuple[Head, bytes] | None = None
        self._sent: Headers = ()
        """The headers of the last request to the upstream."""
        self._sent_bytes = 0
        self._attempts: Attempts
        self._is_told = False
        self._put_off: list[Errand] = []
        self.verbatim: tuple[int, bytes, bytes] | None = None
        """Status, content type and body of an upstream's refusal in the client's own dialect, to be passed on as it is."""
        self.failure: UpstreamError | None = None
        """What ended the last attempt, also when its answer had begun; None when it ended well or the client left."""

    async def run(self, attempts: Attempts) -> None:
        job = self._job
        self._attempts = attempts
        self._watch = Watch(
            self._receive, job.channel.limits, job.pace, self._reply, job.dialect.keep_alive()
        )
        try:
            await self._run(attempts)
        except asyncio.CancelledError:
            why = self._watch.interruption
            if why is None:
                # The process ends. Shielded, as it does not wait for long and says so by cancelling once more.
                await asyncio.shield(self._fail(shutting_down()))
                return
            _uncancel()
            if isinstance(why, ClientLeft):
                self._job.record.client_left = True
                raise why from None
            assert isinstance(why, GatewayError)
            await self._fail(why)
        except GatewayError as error:
            veil(error, self._sent)
            await self._fail(error)
        except Exception as bug:
            if self._reply is None or not self._reply.committed:
                raise
            await self._fail(internal_error(self._job.record, bug))
        finally:
            self._watch.close()
            self._note_usage()
            if self.failure is None and self._relay is not None:
                self.failure = self._relay.heard.error

    async def _run(self, attempts: Attempts) -> None:
        while True:
            self._watch.queue()
            exchange = await attempts.begin(self.failure)
            self._watch.attempt(self._job.channel.limits, None)
            self.failure = None
            try:
                await self._try(exchange)
            except UpstreamError as error:
                veil(error, self._sent)
                self.failure = error
                if self._committed or error.next is Next.NOTHING:
                    raise
            else:
                return
            finally:
                exchange.close()
                self._begin_errands()

    async def _try(self, exchange: Exchange) -> None:
        """One attempt, to the end of the answer. An upstream that is silent for too long is a failure like any other."""
        self._relay = self._plain = self._raw = None
        try:
            await self._converse(exchange)
            await self._complete()
        except asyncio.CancelledError:
            late = self._watch.interruption
            if not isinstance(late, UpstreamError):
                raise
            _uncancel()
            self._watch.resume()
            raise late from None

    async def _converse(self, exchange: Exchange) -> None:
        try:
            command = next(exchange)
            while True:
                try:
                    reply = await self._perform(command)
                except UpstreamError as error:
                    if self._committed:
                        raise
                    command = exchange.throw(error)
                else:
                    command = exchange.send(reply)
        except StopIteration:
            return

    @property
    def _committed(self) -> bool:
        """Something of the answer itself has left; a mere keep-alive does not bind anybody to it."""
        return (
            self._reply is not None
            and self._reply.committed
            and self._relay is not None
            and self._relay.speaking
        )

    async def _perform(self, command: Command) -> Answered:
        match command:
            case Stream() | Forward():
                await self._exchange(command)
            case Talk():
                await self._talk(command)
            case Call():
                self._sent = command.headers
                return await self._job.channel.call(command)
            case Authorize(refused):
                return await self._job.authorize(refused)
            case Fetch():
                return await self._job.fetch(command)
            case Say(events):
                await self._say(list(events))
            case Pause(seconds):
                await asyncio.sleep(seconds)
                self._watch.heard()
            case Later(errand):
                self._put_off.append(errand)
            case Keep():
                self._job.keep(command)
            case Rest(failure):
                veil(failure, self._sent)
                self._job.rest = failure
            case _:
                assert_never(command)
        return None

    def _begin_errands(self) -> None:
        """Of the attempt that is over; the next one may go another way."""
        errands, self._put_off = self._put_off, []
        for errand in errands:
            self._job.later(self._job.channel, errand)

    async def _exchange(self, command: Stream | Forward) -> None:
        job = self._job
        self._sent_bytes = len(command.body)
        self._begin_request(command.headers, command.losses)
        self._watch.attempt(job.channel.limits, None)
        incoming = await job.channel.open(command)
        try:
            job.record.upstream_status = incoming.head.status
            job.record.upstream_request_id = _upstream_id(incoming.head, command.headers)
            if incoming.head.status >= 400:
                raise await self._refusal(command, incoming)
            await self._take(command, incoming)
        except BaseException:
            incoming.close()
            raise
        job.channel.retire(incoming)

    def _begin_request(self, sent: Headers, losses: tuple[Loss, ...]) -> None:
        self._job.record.attempts += 1
        self.verbatim = None
        self._sent = sent
        self._add_losses(losses)
        self._relay = None
        if self._reply is not None:
            self._reply.drop_held()

    async def _talk(self, command: Talk) -> None:
        """As `_exchange`, with a process. The line for one is no silence of the upstream."""
        job = self._job
        assert job.crew is not None, "a provider that talks with programs needs a crew"
        self._begin_request(_told(command.program), command.losses)
        self._watch.queue()
        try:
            turn = await Talking.begin(job.crew, command, job.record.key or "")
        finally:
            self._watch.attempt(job.channel.limits, None)
        try:
            await self._take_turn(turn)
        except BaseException as error:
            if isinstance(error, UpstreamError):
                turn.explain(error)
            turn.close()
            raise
        turn.retire()

    async def _take_turn(self, turn: Talking) -> None:
        if self._reply is not None:
            relay = self._relay = self._translated_relay(turn.decoder)
            self._watch.attempt(self._job.channel.limits, relay)
            await self._pump(turn, relay, self._reply)
            if relay.heard.error is not None:
                turn.explain(relay.heard.error)
        else:
            plain = self._plain = self._plain_relay(turn.decoder)
            while chunk := await turn.read():
                plain.feed(chunk)
            plain.close()

    async def _refusal(self, command: Stream | Forward, incoming: Incoming) -> UpstreamError:
        body = veiled(await incoming.read_all(MAX_REFUSAL_BYTES), command.headers)
        error = command.classify(incoming.head, body)
        if isinstance(command, Forward):
            told = as_it_is(self._job.dialect, error, incoming.head.status, body, self._job.record.request_id)
            self.verbatim = None if told is None else (incoming.head.status, b"application/json", told)
        return error

    async def _take(self, command: Stream | Forward, incoming: Incoming) -> None:
        """Reads the answer to its end. A failure before anything was said is raised."""
        if self._reply is not None:
            relay = self._relay = self._relay_for(command, incoming.head)
            self._watch.attempt(self._job.channel.limits, relay)
            await self._pump(incoming, relay, self._reply)
        elif isinstance(command, Forward):
            await self._take_raw(command, incoming)
        else:
            plain = self._plain = self._plain_relay(command.decode(incoming.head))
            while chunk := await incoming.read():
                plain.feed(chunk)
            plain.close()

    async def _pump(self, incoming: Incoming | Talking, relay: Relay, reply: StreamReply) -> None:
        watch, record = self._watch, self._job.record
        while chunk := await incoming.read():
            watch.heard()
            data = relay.feed(chunk)
            if data:
                if relay.speaking:
                    if record.first_token_s is None:
                        record.first_token_s = watch.heard_s
                    await self._write(reply, data)
                else:
                    reply.hold(data)
            if relay.ended:
                break
        rest = relay.close()
        if relay.failure is not None:
            raise relay.failure
        if rest:
            await self._write(reply, rest)

    async def _write(self, reply: StreamReply, data: bytes) -> None:
        watch = self._watch
        if not self._is_told:
            self._tell()
        if self._job.turn is not None:
            await self._job.turn.keep()
        if watch.background is not None:
            await watch.settle()
        watch.writing = True
        await reply.write(data)
        watch.writing = False
        watch.written_s = watch.heard_s or watch.written_s

    async def _take_raw(self, command: Forward, incoming: Incoming) -> None:
        body = await incoming.read_all(MAX_PLAIN_BYTES)
        listener = command.listen(incoming.head)
        listener.feed(body)
        if (error := listener.close()) is not None:
            raise error
        record = self._job.record
        record.usage, record.stop = listener.usage, listener.stop
        if record.usage is None and listener.output_text_bytes:
            heard = Heard()
            heard.characters = listener.output_text_bytes
            record.usage = heard.usage_so_far(self._sent_bytes // CHARACTERS_PER_TOKEN)
        self._raw = (incoming.head, body)

    async def _say(self, events: list[Any]) -> None:
        self._watch.heard()
        if self._reply is None:
            self._plain = self._plain or self._plain_relay(None)
            self._plain.say(events)
            return
        if self._relay is None:
            self._relay = self._translated_relay(None)
            self._watch.attempt(self._job.channel.limits, self._relay)
        relay = self._relay
        assert isinstance(relay, TranslatedRelay)
        data = relay.say(events)
        if relay.failure is not None:
            raise relay.failure
        if not relay.speaking:
            self._reply.hold(data)
        elif data:
            if self._job.record.first_token_s is None:
                self._job.record.first_token_s = asyncio.get_running_loop().time()
            await self._write(self._reply, data)

    async def _complete(self) -> None:
        """The exchange is over: the client gets the end of its answer."""
        if self._relay is None and self._raw is None and self._plain is None:
            raise UpstreamError("the provider gave no answer", next=Next.OTHER_ACCOUNT)
        if self._job.turn is not None:
            await self._job.turn.keep()
        status, kind, body = (200, b"", b"") if self._reply is not None else self._whole()
        await self._watch.settle()
        self._watch.close()
        self._tell()
        self._job.record.status = status
        if self._reply is not None:
            await self._reply.finish(b"")
        else:
            if (tape := self._job.tape) is not None:
                tape.content_type = kind
                tape.add(body)
            await send_whole(self._send, status, [(b"content-type", kind), *self._job.headers], body)

    def _whole(self) -> tuple[int, bytes, bytes]:
        """Status, content type and body of a plain answer."""
        job = self._job
        if self._raw is not None:
            head, body = self._raw
            return (
                head.status,
                head.headers.get("content-type", "application/json").encode("latin-1", "replace"),
                body,
            )
        assert self._plain is not None
        assert job.signing is not None
        answer = self._plain.answer()
        job.record.usage = answer.usage
        return 200, b"application/json", job.dialect.encode_answer(answer, job.style, job.signing)

    def _tell(self) -> None:
        """From here on this is the attempt that the client sees."""
        if not self._is_told:
            self._is_told = True
            self._attempts.answered()

    async def _fail(self, error: GatewayError) -> None:
        """Tells the client inside its stream if that has begun; else leaves it to the caller."""
        reply = self._reply
        await self._watch.settle()
        self._watch.close()
        if reply is None or not reply.committed:
            raise error
        note_error(self._job.record, error)
        self._job.record.status = 200
        relay = self._relay
        frame = (
            self._job.dialect.error_frame(error, self._job.record.request_id)
            if relay is None
            else relay.fail(error)
        )
        reply.drop_held()
        await reply.finish(frame)

    def _relay_for(self, command: Stream | Forward, head: Head) -> Relay:
        job, sent = self._job, self._sent
        if isinstance(command, Forward):
            if (
                command.decode is not None
                and job.restyle is not None
                and head.content_type == "application/json"
            ):
                # A whole answer to a request for a stream: the client could not read it.
                job.restyle()
                job.record.notes.append("the upstream answered a stream request with a plain answer")
                return self._translated_relay(command.decode(head))
            return RawRelay(
                command.listen(head),
                job.dialect,
                job.record.request_id,
                lambda frames: veiled(frames, sent),
            )
        return self._translated_relay(command.decode(head))

    def _translated_relay(self, decoder: Any) -> TranslatedRelay:
        job, sent = self._job, self._sent
        assert job.signing is not None
        encoder = job.dialect.stream_encoder(job.style, job.signing)
        return TranslatedRelay(
            decoder,
            encoder,
            job.dialect,
            job.record.request_id,
            job.signing.input_estimate,
            job.original_tool_names,
            lambda error: veil(error, sent),
            None if job.turn is None else job.turn.listen(),
        )

    def _plain_relay(self, decoder: Any) -> PlainRelay:
        assert self._job.signing is not None
        turn = self._job.turn
        return PlainRelay(
            decoder,
            self._job.signing.input_estimate,
            self._job.original_tool_names,
            None if turn is None else turn.listen(),
        )

    def _add_losses(self, losses: tuple[Loss, ...]) -> None:
        job = self._job
        job.losses = merge((*job.losses, *losses))
        job.record.losses = job.losses
        job.headers[:] = [pair for pair in job.headers if pair[0] != b"x-isthmus-loss"]
        if job.losses:
            job.headers.append((b"x-isthmus-loss", loss_header(job.losses)))

    def _note_usage(self) -> None:
        """What was used, also by an answer that was cut short."""
        record = self._job.record
        heard: Heard | None = None
        if self._relay is not None:
            heard = self._relay.heard
        elif self._plain is not None:
            heard = self._plain.heard
        if heard is None:
            return
        record.notes += heard.notes
        record.stop = record.stop or heard.stop
        if heard.error is not None and record.error is None:
            note_error(record, heard.error)
        if record.usage is None and (heard.usage is not None or heard.characters):
            signing = self._job.signing
            # In the raw lane nobody has read the request: its length has to do.
            estimate = self._sent_bytes // CHARACTERS_PER_TOKEN if signing is None else signing.input_estimate
            record.usage = heard.usage_so_far(estimate)


def shutting_down() -> GatewayError:
    """For whoever asks, or still waits for an answer, while the gateway ends."""
    return GatewayError("the gateway is shutting down: ask again in a moment", kind=Kind.OVERLOADED)


def internal_error(record: Record, bug: Exception) -> GatewayError:
    """For an exception that nobody expected: the log gets all of it, the client only where to look."""
    log.error("bug", request_id=record.request_id, exc_info=bug)
    error = GatewayError(
        f"internal error of the gateway; its log says more under request id {record.request_id}",
        kind=Kind.INTERNAL,
    )
    note_error(record, error)
    return error


def note_error(record: Record, error: GatewayError) -> None:
    record.error = error.kind.value
    record.error_text = error.message
    if isinstance(error, UpstreamError):
        record.upstream_status = error.status or record.upstream_status
        record.error_detail = error.detail or None


def loss_header(losses: tuple[Loss, ...]) -> bytes:
    """`seed=dropped, max_tokens=clamped(128000->8192)`, cut at an entry when it grows too long for a header."""
    shown: list[str] = []
    size = 0
    for loss in losses:
        text = str(loss).replace("→", "->").encode("ascii", "replace").decode()
        text = "".join(each for each in text if each.isprintable() and each != ",")
        size += len(text) + 2
        if size > MAX_LOSS_HEADER:
            shown.append("...")
            break
        shown.append(text)
    return ", ".join(shown).encode()


def _told(program: Program) -> Headers:
    """The secrets that a program was given, as if they had been sent in headers."""
    return tuple(("authorization", secret.reveal()) for secret in program.secrets)


def _uncancel() -> None:
    """The cancellation was our own watch's and has done its work."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()


def _upstream_id(head: Head, sent: Headers) -> str | None:
    headers = head.headers
    id = headers.get("request-id") or headers.get("x-request-id") or headers.get("x-amzn-requestid")
    return None if id is None else veiled_text(id, sent)
