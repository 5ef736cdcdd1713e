"""An answer in one piece: gathered to its end, then sent."""

from __future__ import annotations

from typing import Final

from isthmus.core.commands import Decoder, Forward, Head, Stream
from isthmus.core.errors import GatewayError
from isthmus.core.events import Event
from isthmus.core.fold import Answer
from isthmus.server.failures import no_answer
from isthmus.server.job import Attempts, Job
from isthmus.server.relay import CHARACTERS_PER_TOKEN, Heard, PlainRelay
from isthmus.server.reply import Send, Watch, send_whole
from isthmus.transport.http import Incoming
from isthmus.transport.talking import Talking

MAX_BYTES: Final = 256 << 20


class WholeAnswer:
    """A `Delivery`. Nothing leaves before all of it is there, so every failure is one that may still be told as its status."""

    has_begun = False
    is_bound = False

    def __init__(self, job: Job, send: Send, watch: Watch, attempts: Attempts) -> None:
        self._job = job
        self._send = send
        self._watch = watch
        self._attempts = attempts
        self._plain: PlainRelay | None = None
        self._raw: tuple[Head, bytes] | None = None

    @property
    def heard(self) -> Heard | None:
        return None if self._plain is None else self._plain.heard

    def begin(self) -> None:
        self._plain = self._raw = None

    async def take(self, command: Stream | Forward, incoming: Incoming) -> None:
        if isinstance(command, Forward):
            await self._take_raw(command, incoming)
        else:
            await self._gather(incoming, command.decode(incoming.head))

    async def take_turn(self, turn: Talking) -> None:
        await self._gather(turn, turn.decoder)

    async def say(self, events: list[Event]) -> None:
        plain = self._plain = self._plain or self._relay(None)
        plain.say(events)

    async def complete(self) -> None:
        if self._raw is None and self._plain is None:
            raise no_answer()
        job = self._job
        if job.turn is not None:
            await job.turn.keep()
        status, kind, body = self._encoded()
        await self.settle()
        job.record.status = status
        if job.tape is not None:
            job.tape.content_type = kind
            job.tape.add(body)
        await send_whole(self._send, status, [(b"content-type", kind), *job.headers], body)

    async def fail(self, error: GatewayError) -> None:
        raise error

    async def settle(self) -> None:
        """The answer is there: nothing more is waited for, and no other attempt is made."""
        await self._watch.settle()
        self._watch.close()
        self._attempts.answered()

    def answer(self) -> Answer:
        """What was gathered. Raises `UpstreamError` when that is no answer."""
        if self._plain is None:
            raise no_answer()
        answer = self._plain.answer()
        self._job.record.usage = answer.usage
        return answer

    async def _gather(self, incoming: Incoming | Talking, decoder: Decoder) -> None:
        plain = self._plain = self._relay(decoder)
        while chunk := await incoming.read():
            plain.feed(chunk)
        plain.close()

    async def _take_raw(self, command: Forward, incoming: Incoming) -> None:
        body = await incoming.read_all(MAX_BYTES)
        listener = command.listen(incoming.head)
        listener.feed(body)
        if (error := listener.close()) is not None:
            raise error
        record = self._job.record
        record.usage, record.stop = listener.usage, listener.stop
        if record.usage is None and listener.output_text_bytes:
            heard = Heard()
            heard.characters = listener.output_text_bytes
            record.usage = heard.usage_so_far(self._job.sent_bytes // CHARACTERS_PER_TOKEN)
        self._raw = (incoming.head, body)

    def _encoded(self) -> tuple[int, bytes, bytes]:
        """Status, content type and body."""
        if self._raw is not None:
            head, body = self._raw
            kind = head.headers.get("content-type", "application/json")
            return head.status, kind.encode("latin-1", "replace"), body
        job = self._job
        assert job.signing is not None
        return 200, b"application/json", job.dialect.encode_answer(self.answer(), job.style, job.signing)

    def _relay(self, decoder: Decoder | None) -> PlainRelay:
        job = self._job
        assert job.signing is not None
        hearing = None if job.turn is None else job.turn.listen()
        return PlainRelay(decoder, job.signing.input_estimate, job.original_tool_names, hearing)
