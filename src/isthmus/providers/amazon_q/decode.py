"""An answer's event stream → events.

The service says no end: a body that ends where a frame does is one (aws/amazon-q-developer-cli, `parser.rs`), and whether the
answer was whole is judged by what it held. Anything else that ends it, from an exception to a missing byte, is a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from isthmus.core.commands import Decoder, Head
from isthmus.core.compose import Composer
from isthmus.core.cutting import Cut
from isthmus.core.errors import Next, UpstreamError, UpstreamProtocolError
from isthmus.core.events import Event, Failed, Stop
from isthmus.providers.amazon_q import payloads
from isthmus.providers.amazon_q.calls import Calls
from isthmus.providers.amazon_q.errors import EmptyAnswer, Refusals
from isthmus.providers.amazon_q.payloads import NotThisPayload, read
from isthmus.providers.amazon_q.signatures import pack_redacted, pack_signature
from isthmus.providers.amazon_q.speech import Speech
from isthmus.providers.amazon_q.tally import Tally
from isthmus.wire.aws_eventstream import CONTENT_TYPE, EventStreamDamaged, Frame, FrameReader
from isthmus.wire.json_text import to_json

STOPS: Final[Mapping[str, Stop]] = {
    "END_TURN": Stop.END_TURN,
    "TOOL_USE": Stop.TOOL_USE,
    "MAX_TOKENS": Stop.MAX_TOKENS,
    "STOP_SEQUENCE": Stop.STOP_SEQUENCE,
    "CONTENT_FILTERED": Stop.REFUSAL,
    "PAUSE_TURN": Stop.PAUSE_TURN,
    "MODEL_CONTEXT_WINDOW_EXCEEDED": Stop.CONTEXT_WINDOW,
}
"""Newer hosts say why a model stopped (mikeyobrien/pi-provider-kiro, `stop-reason.ts`)."""
IGNORED: Final = frozenset(
    (
        "initial-response",
        "messageMetadataEvent",
        "supplementaryWebLinksEvent",
        "followupPromptEvent",
        "citationEvent",
        "documentCitationEvent",
        "codeEvent",
        "intentsEvent",
        "interactionComponentsEvent",
        "toolResultEvent",
        "dryRunSucceedEvent",
    )
)
"""Events that hold nothing of the answer."""
_READABLE: Final = frozenset((CONTENT_TYPE, "application/octet-stream", ""))
MAX_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Expected:
    """What the request asked for that the answer must be read by."""

    refusals: Refusals
    model: str
    """The id that the service was asked for: signatures belong to it."""
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    """None: the service enforces it, or nobody set one."""
    window: int | None = None
    whole: bool = False
    """The client gets its answer in one piece."""
    is_last: bool = False
    """The service has been asked before, and answered with thoughts alone: now they will have to do."""


def decoder_for(head: Head, expected: Expected) -> Decoder:
    if head.content_type in _READABLE:
        return EventDecoder(expected)
    return NoStream(expected.refusals.provider, head.content_type)


class EventDecoder:
    """Implements `core.commands.Decoder`."""

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        self._reader = FrameReader()
        self._composer = Composer()
        self._calls = Calls(self._composer, whole=expected.whole)
        self._speech = Speech(self._composer, expected.stop, expected.max_tokens)
        self._tally = Tally(expected.window)
        self._stop_reason: str | None = None
        self._signed = False
        self._noted: set[str] = set()
        self._hear: Mapping[str, Callable[[bytes], None]] = {
            "assistantResponseEvent": self._text,
            "reasoningContentEvent": self._reasoning,
            "toolUseEvent": self._tool_use,
            "metadataEvent": self._metadata,
            "meteringEvent": self._metering,
            "contextUsageEvent": self._context_usage,
            "codeReferenceEvent": self._code_reference,
        }

    def feed(self, chunk: bytes) -> list[Event]:
        try:
            self._frames(self._reader.feed(chunk))
        except EventStreamDamaged as damage:
            self._frames(damage.before)
            self._fail("the upstream's answer was damaged on its way", str(damage))
        return self._composer.take()

    def close(self) -> list[Event]:
        if not self._composer.ended:
            if left := self._reader.close():
                self._fail("the upstream's answer broke off", f"{left} bytes of an unfinished frame")
            else:
                self._end()
        return self._composer.take()

    def _frames(self, frames: list[Frame]) -> None:
        for frame in frames:
            if self._composer.ended:
                return
            try:
                self._frame(frame)
            except NotThisPayload as error:
                self._fail("the upstream sent an event that cannot be read", str(error))
            if self._speech.cut is not None:
                self._end()

    def _frame(self, frame: Frame) -> None:
        headers = frame.headers
        match headers.get(":message-type"):
            case "event":
                name = headers.get(":event-type", "")
                if (hear := self._hear.get(name)) is not None:
                    hear(frame.payload)
                else:
                    self._other(name, frame.payload)
            case "exception":
                self._refused(headers.get(":exception-type", ""), frame.payload)
            case "error":
                message = headers.get(":error-message", "")
                told = to_json({"message": message}) if message else frame.payload
                self._refused(headers.get(":error-code", ""), told)
            case other:
                self._note_once("unknown_message_type", other or "")

    def _other(self, name: str, payload: bytes) -> None:
        if name == "invalidStateEvent":
            self._refused("InvalidState", payload)
        elif name not in IGNORED:
            self._note_once("unknown_event", name)

    def _text(self, payload: bytes) -> None:
        event = read(payloads.ASSISTANT_RESPONSE, payload)
        if not self._composer.started:
            self._composer.start(model=event.model_id or None)
        if event.content:
            self._speech.text(event.content)

    def _reasoning(self, payload: bytes) -> None:
        event = read(payloads.REASONING_CONTENT, payload)
        self._speech.flush()
        if event.text:
            if self._signed:
                # A signature closes its block: what follows is another thought.
                self._signed = False
                self._composer.new_thinking()
            self._speech.thinking(event.text)
        if event.signature:
            self._signed = True
            self._composer.sign(pack_signature(self._expected.model, event.signature))
        if event.redacted_content:
            self._composer.opaque(pack_redacted(self._expected.model, event.redacted_content))

    def _tool_use(self, payload: bytes) -> None:
        self._speech.flush()
        self._speech.arguments(self._calls.feed(read(payloads.TOOL_USE, payload)))

    def _metadata(self, payload: bytes) -> None:
        event = read(payloads.METADATA, payload)
        self._stop_reason = event.stop_reason or self._stop_reason
        if event.token_usage is not None:
            self._tally.tokens(event.token_usage)

    def _metering(self, payload: bytes) -> None:
        self._tally.credits(read(payloads.METERING, payload).usage)

    def _context_usage(self, payload: bytes) -> None:
        self._tally.share(read(payloads.CONTEXT_USAGE, payload).context_usage_percentage)

    def _code_reference(self, payload: bytes) -> None:
        """The licence of code the model knows from somewhere: for the operator, as no dialect has a place for it."""
        for each in read(payloads.CODE_REFERENCE, payload).references or ():
            words = (each.license_name, each.repository, each.url)
            self._composer.note("code_reference", " ".join(word for word in words if word))

    def _end(self) -> None:
        """The answer is over, by itself or by a cut of ours."""
        self._speech.flush()
        self._calls.finish()
        is_empty = not (self._speech.has_text or self._calls or self._speech.cut or self._stop_reason)
        if is_empty and not self._will_do():
            self._composer.fail(EmptyAnswer("the upstream sent an empty answer"))
            return
        stop = self._stop()
        if self._speech.cut is Cut.LENGTH:
            self._composer.note("max_tokens", "enforced by an estimate")
        self._composer.stop(stop, self._speech.stop_string if stop is Stop.STOP_SEQUENCE else None)
        if (usage := self._tally.usage(self._speech.characters)) is not None:
            self._composer.usage(usage)
        self._composer.finish()

    def _will_do(self) -> bool:
        """Thoughts alone are an answer once they have been shown, or when asking again has not helped."""
        return self._composer.started and (self._expected.is_last or not self._expected.whole)

    def _stop(self) -> Stop:
        match self._speech.cut:
            case Cut.STOP_STRING:
                return Stop.STOP_SEQUENCE
            case Cut.LENGTH:
                return Stop.MAX_TOKENS
            case None:
                pass
        if self._calls.cut_short:
            return Stop.MAX_TOKENS
        if self._calls.made:
            return Stop.TOOL_USE
        said = self._stop_reason
        if said is not None and said in STOPS:
            return STOPS[said]
        if said is not None and said != "UNKNOWN":
            self._note_once("unknown_stop_reason", said)
        return Stop.CONTEXT_WINDOW if self._tally.window_is_full else Stop.END_TURN

    def _refused(self, name: str, payload: bytes) -> None:
        self._composer.fail(self._expected.refusals.told(name, payload))

    def _fail(self, message: str, detail: str = "") -> None:
        self._composer.fail(UpstreamProtocolError(message, detail=detail))

    def _note_once(self, what: str, detail: str) -> None:
        if detail not in self._noted and len(self._noted) < MAX_SHOWN:
            self._noted.add(detail)
            self._composer.note(what, detail)


class NoStream:
    """Implements `core.commands.Decoder`: for a body that says itself that it is something else."""

    def __init__(self, provider: str, content_type: str) -> None:
        self._provider = provider
        self._content_type = content_type
        self._body = b""

    def feed(self, chunk: bytes) -> list[Event]:
        if len(self._body) < MAX_SHOWN:
            self._body += chunk[:MAX_SHOWN]
        return []

    def close(self) -> list[Event]:
        shown = " ".join(self._body[:MAX_SHOWN].decode("utf-8", "replace").split())
        text = f"provider {self._provider!r} answered with {self._content_type}, not with an event stream: check chat_url"
        return [Failed(UpstreamError(text, status=200, next=Next.OTHER_ACCOUNT, detail=shown))]
