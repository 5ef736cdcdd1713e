"""Runs an exchange: commands out through the transport, the answer back to the client.

Until something has been said to the client an upstream's failure is thrown back into the exchange, which may try again; then
another account may; and then it is thrown out of here, so that it becomes a true HTTP status. Afterwards it is told inside
the stream.
"""

from __future__ import annotations

import asyncio
import time
from typing import assert_never

from isthmus.core.commands import (
    Answered,
    Authorize,
    Call,
    Command,
    Errand,
    Exchange,
    Fetch,
    Forward,
    Head,
    Headers,
    Keep,
    Later,
    Pause,
    Rest,
    Say,
    Spare,
    Stream,
    Talk,
)
from isthmus.core.errors import GatewayError, Next, UpstreamError
from isthmus.core.losses import Loss, merge
from isthmus.core.programs import Program
from isthmus.server.failures import internal_error, note_error, shutting_down
from isthmus.server.job import Attempts, Delivery, Job
from isthmus.server.loss_header import tell_losses
from isthmus.server.relay import CHARACTERS_PER_TOKEN, Heard
from isthmus.server.reply import ClientLeft, Receive, Send, StreamReply, Watch
from isthmus.server.secrecy import veil, veiled, veiled_text
from isthmus.server.streamed import StreamedAnswer
from isthmus.server.verbatim import as_it_is
from isthmus.server.whole import WholeAnswer
from isthmus.transport.http import MAX_REFUSAL_BYTES, Incoming
from isthmus.transport.talking import Talking


class Answering:
    """One client's answer. `run` returns when it has been given, and raises what must still be told as an HTTP error."""

    def __init__(self, job: Job, receive: Receive, send: Send) -> None:
        self._job = job
        self._send = send
        self._receive = receive
        self._watch: Watch
        self._delivery: Delivery
        self._put_off: list[Errand] = []
        self.verbatim: tuple[int, bytes, bytes] | None = None
        """Status, content type and body of an upstream's refusal in the client's own dialect, to be passed on as it is."""
        self.failure: UpstreamError | None = None
        """What ended the last attempt, also when its answer had begun; None when it ended well or the client left."""

    async def run(self, attempts: Attempts) -> None:
        job = self._job
        reply = StreamReply(self._send, job.headers, job.tape) if job.stream else None
        self._watch = Watch(self._receive, job.channel.limits, job.pace, reply, job.dialect.keep_alive())
        self._delivery = self._deliver(reply, attempts)
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
                job.record.client_left = True
                raise why from None
            assert isinstance(why, GatewayError)
            await self._fail(why)
        except GatewayError as error:
            veil(error, job.sent)
            await self._fail(error)
        except Exception as bug:
            if not self._delivery.has_begun:
                raise
            await self._fail(internal_error(job.record, bug))
        finally:
            self._watch.close()
            heard = self._delivery.heard
            if heard is not None:
                _note_heard(job, heard)
                self.failure = self.failure or heard.error

    def _deliver(self, reply: StreamReply | None, attempts: Attempts) -> Delivery:
        """The way in which this answer is given. Nothing of it may refer to `self`: all of the request would stay until the
        garbage collector comes."""
        if reply is None:
            return WholeAnswer(self._job, self._send, self._watch, attempts)
        return StreamedAnswer(self._job, reply, self._watch, attempts)

    async def _fail(self, error: GatewayError) -> None:
        await self._watch.settle()
        self._watch.close()
        await self._delivery.fail(error)

    async def _run(self, attempts: Attempts) -> None:
        while True:
            self._watch.queue()
            exchange = await attempts.begin(self.failure)
            self._watch.attempt(self._job.channel.limits, None)
            self.failure = None
            try:
                await self._try(exchange)
            except UpstreamError as error:
                veil(error, self._job.sent)
                self.failure = error
                if self._delivery.is_bound or error.next is Next.NOTHING:
                    raise
            else:
                return
            finally:
                exchange.close()
                self._begin_errands()

    async def _try(self, exchange: Exchange) -> None:
        """One attempt, to the end of the answer. An upstream that is silent for too long is a failure like any other."""
        self._delivery.begin()
        try:
            await self._converse(exchange)
            await self._delivery.complete()
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
                    if self._delivery.is_bound:
                        raise
                    command = exchange.throw(error)
                    if isinstance(command, Pause) and self._is_too_late(command):
                        command = exchange.throw(error)
                else:
                    command = exchange.send(reply)
        except StopIteration:
            return

    def _is_too_late(self, pause: Pause) -> bool:
        """To ask the same account once more after it."""
        return time.monotonic() + pause.seconds > self._job.repeated_until_s

    async def _perform(self, command: Command) -> Answered:
        match command:
            case Stream() | Forward():
                await self._exchange(command)
            case Talk():
                await self._talk(command)
            case Call():
                self._job.sent = command.headers
                return await self._job.channel.call(command)
            case Authorize(refused):
                return await self._job.authorize(refused)
            case Fetch():
                return await self._job.fetch(command)
            case Say(events):
                self._watch.heard()
                await self._delivery.say(list(events))
            case Pause(seconds):
                await asyncio.sleep(seconds)
                self._watch.heard()
            case Later(errand):
                self._put_off.append(errand)
            case Keep():
                self._job.keep(command)
            case Rest(failure):
                veil(failure, self._job.sent)
                self._job.rest = failure
            case Spare():
                self._job.spare = command
            case _:
                assert_never(command)
        return None

    def _begin_errands(self) -> None:
        """Of the attempt that is over; the next one may go another way."""
        errands, self._put_off = self._put_off, []
        for errand in errands:
            self._job.later(self._job.channel, errand, self._job.keep)

    async def _exchange(self, command: Stream | Forward) -> None:
        job, record = self._job, self._job.record
        self._begin_request(command.headers, len(command.body), command.losses)
        self._watch.attempt(job.channel.limits, None)
        incoming = await job.channel.open(command)
        try:
            record.upstream_status = incoming.head.status
            record.upstream_request_id = _upstream_id(incoming.head, command.headers)
            if incoming.head.status >= 400:
                raise await self._refusal(command, incoming)
            await self._delivery.take(command, incoming)
        except BaseException:
            incoming.close()
            raise
        job.channel.retire(incoming)

    async def _talk(self, command: Talk) -> None:
        """As `_exchange`, with a process. The line for one is no silence of the upstream."""
        job = self._job
        assert job.crew is not None, "a provider that talks with programs needs a crew"
        self._begin_request(_told(command.program), 0, command.losses)
        self._watch.queue()
        try:
            turn = await Talking.begin(job.crew, command, job.record.key or "")
        finally:
            self._watch.attempt(job.channel.limits, None)
        try:
            await self._delivery.take_turn(turn)
        except BaseException as error:
            if isinstance(error, UpstreamError):
                turn.explain(error)
            turn.close()
            raise
        turn.retire()

    def _begin_request(self, sent: Headers, sent_bytes: int, losses: tuple[Loss, ...]) -> None:
        job = self._job
        job.record.attempts += 1
        job.sent, job.sent_bytes = sent, sent_bytes
        if losses:
            job.losses = job.record.losses = merge((*job.losses, *losses))
            tell_losses(job.headers, job.losses)
        self.verbatim = None
        self._delivery.begin()

    async def _refusal(self, command: Stream | Forward, incoming: Incoming) -> UpstreamError:
        body = veiled(await incoming.read_all(MAX_REFUSAL_BYTES), command.headers)
        error = command.classify(incoming.head, body)
        if isinstance(command, Forward):
            told = as_it_is(self._job.dialect, error, incoming.head.status, body, self._job.record.request_id)
            self.verbatim = None if told is None else (incoming.head.status, b"application/json", told)
        return error


def _note_heard(job: Job, heard: Heard) -> None:
    """What was said and used, also by an answer that was cut short."""
    record = job.record
    record.notes += heard.notes
    record.stop = record.stop or heard.stop
    if heard.error is not None and record.error is None:
        note_error(record, heard.error)
    if record.usage is None and (heard.usage is not None or heard.characters):
        # In the raw lane nobody has read the request: its length has to do.
        signing = job.signing
        estimate = job.sent_bytes // CHARACTERS_PER_TOKEN if signing is None else signing.input_estimate
        record.usage = heard.usage_so_far(estimate)


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
