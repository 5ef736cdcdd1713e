"""An answer as a stream: what the upstream says leaves as it comes, and every end is told in the client's dialect."""

from __future__ import annotations

import asyncio

from isthmus.core.commands import Decoder, Forward, Head, Stream
from isthmus.core.errors import GatewayError
from isthmus.core.events import Event
from isthmus.server.failures import no_answer, note_error
from isthmus.server.job import Attempts, Job
from isthmus.server.relay import Heard, RawRelay, Relay, TranslatedRelay
from isthmus.server.reply import StreamReply, Watch
from isthmus.server.secrecy import veil, veiled
from isthmus.transport.http import Incoming
from isthmus.transport.talking import Talking


class StreamedAnswer:
    """A `Delivery`. What is said before anything can be shown is held, so that an early failure gets its true status."""

    def __init__(self, job: Job, reply: StreamReply, watch: Watch, attempts: Attempts) -> None:
        self._job = job
        self._reply = reply
        self._watch = watch
        self._attempts = attempts
        self._is_told = False
        self._relay: Relay | None = None

    @property
    def heard(self) -> Heard | None:
        return None if self._relay is None else self._relay.heard

    @property
    def has_begun(self) -> bool:
        return self._reply.committed

    @property
    def is_bound(self) -> bool:
        return self._reply.committed and self._relay is not None and self._relay.speaking

    def begin(self) -> None:
        self._relay = None
        self._reply.drop_held()

    async def take(self, command: Stream | Forward, incoming: Incoming) -> None:
        await self._pump(incoming, self._listen_by(self._relay_for(command, incoming.head)))

    async def take_turn(self, turn: Talking) -> None:
        relay = self._listen_by(self._translated(turn.decoder))
        await self._pump(turn, relay)
        if relay.heard.error is not None:
            turn.explain(relay.heard.error)

    async def say(self, events: list[Event]) -> None:
        relay = self._relay or self._listen_by(self._translated(None))
        assert isinstance(relay, TranslatedRelay)
        data = relay.say(events)
        if relay.failure is not None:
            raise relay.failure
        if not relay.speaking:
            self._reply.hold(data)
        elif data:
            if self._job.record.first_token_s is None:
                self._job.record.first_token_s = asyncio.get_running_loop().time()
            await self._write(data)

    async def complete(self) -> None:
        if self._relay is None:
            raise no_answer()
        if self._job.turn is not None:
            await self._job.turn.keep()
        await self._watch.settle()
        self._watch.close()
        if not self._is_told:
            self._tell()
        self._job.record.status = 200
        await self._reply.finish(b"")

    async def fail(self, error: GatewayError) -> None:
        if not self._reply.committed:
            raise error
        job = self._job
        note_error(job.record, error)
        job.record.status = 200
        relay, id = self._relay, job.record.request_id
        self._reply.drop_held()
        await self._reply.finish(job.dialect.error_frame(error, id) if relay is None else relay.fail(error))

    async def _pump(self, incoming: Incoming | Talking, relay: Relay) -> None:
        """Reads to the end. A failure before anything was said is raised."""
        watch, record = self._watch, self._job.record
        while chunk := await incoming.read():
            watch.heard()
            data = relay.feed(chunk)
            if data:
                if relay.speaking:
                    if record.first_token_s is None:
                        record.first_token_s = watch.heard_s
                    await self._write(data)
                else:
                    self._reply.hold(data)
            if relay.ended:
                break
        rest = relay.close()
        if relay.failure is not None:
            raise relay.failure
        if rest:
            await self._write(rest)

    async def _write(self, data: bytes) -> None:
        watch = self._watch
        if not self._is_told:
            self._tell()
        if self._job.turn is not None:
            await self._job.turn.keep()
        if watch.background is not None:
            await watch.settle()
        watch.writing = True
        await self._reply.write(data)
        watch.writing = False
        watch.written_s = watch.heard_s or watch.written_s

    def _tell(self) -> None:
        """From here on this is the attempt that the client sees."""
        self._is_told = True
        self._attempts.answered()

    def _listen_by(self, relay: Relay) -> Relay:
        """From here on it is this relay's answer."""
        self._relay = relay
        self._watch.attempt(self._job.channel.limits, relay)
        return relay

    def _relay_for(self, command: Stream | Forward, head: Head) -> Relay:
        if isinstance(command, Stream):
            return self._translated(command.decode(head))
        job, sent = self._job, self._job.sent
        if command.decode is not None and job.restyle is not None and head.content_type == "application/json":
            # A whole answer to a request for a stream: the client could not read it.
            job.restyle()
            job.record.notes.append("the upstream answered a stream request with a plain answer")
            return self._translated(command.decode(head))
        listener = command.listen(head)
        return RawRelay(listener, job.dialect, job.record.request_id, lambda frames: veiled(frames, sent))

    def _translated(self, decoder: Decoder | None) -> TranslatedRelay:
        job, sent = self._job, self._job.sent
        assert job.signing is not None
        return TranslatedRelay(
            decoder,
            job.dialect.stream_encoder(job.style, job.signing),
            job.dialect,
            job.record.request_id,
            job.signing.input_estimate,
            job.original_tool_names,
            lambda error: veil(error, sent),
            None if job.turn is None else job.turn.listen(),
        )
