"""The plain answer is the fold of the stream: what works in one works in both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from isthmus.core.conversation import Opaque
from isthmus.core.errors import UpstreamProtocolError
from isthmus.core.events import (
    ArgumentsDelta,
    BlockHead,
    BlockStarted,
    BlockStopped,
    Citation,
    CitationDelta,
    Event,
    Failed,
    Finished,
    OpaqueDelta,
    OpaqueHead,
    Started,
    Stop,
    TextDelta,
    TextHead,
    ThinkingDelta,
    ThinkingHead,
    ToolHead,
    UsageReport,
)
from isthmus.core.usage import Usage


@dataclass(frozen=True, slots=True)
class SaidText:
    text: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class SaidThinking:
    text: str
    opaque: Opaque | None = None


@dataclass(frozen=True, slots=True)
class SaidCall:
    id: str
    name: str
    arguments: str
    """JSON text; `{}` when the stream carried none."""


@dataclass(frozen=True, slots=True)
class SaidOpaque:
    opaque: Opaque


Said = SaidText | SaidThinking | SaidCall | SaidOpaque


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, as a plain (not streamed) reply shows it."""

    blocks: tuple[Said, ...]
    reason: Stop
    usage: Usage | None
    id: str | None = None
    model: str | None = None
    stop_sequence: str | None = None
    explanation: str | None = None


class Folder:
    """Takes events as they come; `answer()` once the stream is finished."""

    def __init__(self) -> None:
        self._blocks: list[Said] = []
        self._head: BlockHead | None = None
        self._pieces: list[str] = []
        self._citations: list[Citation] = []
        self._opaque: Opaque | None = None
        self._started = Started()
        self._usage: Usage | None = None
        self._finished: Finished | None = None

    def feed(self, events: Iterable[Event]) -> None:
        """Raises the stream's `UpstreamError` when it failed."""
        for event in events:
            match event:
                case TextDelta(piece) | ThinkingDelta(piece) | ArgumentsDelta(piece):
                    self._pieces.append(piece)
                case BlockStarted(head):
                    self._head = head
                case BlockStopped():
                    self._stop_block()
                case OpaqueDelta(opaque):
                    self._opaque = opaque
                case CitationDelta(citation):
                    self._citations.append(citation)
                case UsageReport(usage):
                    self._usage = usage
                case Started():
                    self._started = event
                    self._usage = event.usage or self._usage
                case Finished():
                    self._finished = event
                case Failed(error):
                    raise error
                case _:
                    pass

    @property
    def finished(self) -> bool:
        return self._finished is not None

    def answer(self) -> Answer:
        if (end := self._finished) is None:
            raise UpstreamProtocolError("upstream answer ended early")
        return Answer(
            blocks=tuple(self._blocks),
            reason=end.reason,
            usage=end.usage or self._usage,
            id=self._started.id,
            model=self._started.model,
            stop_sequence=end.stop_sequence,
            explanation=end.explanation,
        )

    def _stop_block(self) -> None:
        text = "".join(self._pieces)
        match self._head:
            case TextHead():
                self._blocks.append(SaidText(text, tuple(self._citations)))
            case ThinkingHead():
                self._blocks.append(SaidThinking(text, self._opaque))
            case ToolHead(id, name):
                self._blocks.append(SaidCall(id, name, text or "{}"))
            case OpaqueHead(opaque):
                self._blocks.append(SaidOpaque(opaque))
            case None:
                pass
        self._head, self._opaque = None, None
        self._pieces, self._citations = [], []


def fold(events: Iterable[Event]) -> Answer:
    """The answer that a whole stream amounts to; raises its `UpstreamError` when it failed."""
    folder = Folder()
    folder.feed(events)
    return folder.answer()


def unfold(answer: Answer) -> list[Event]:
    """The shortest stream whose fold is the answer."""
    events: list[Event] = [Started(answer.id, answer.model, answer.usage)]
    for said in answer.blocks:
        match said:
            case SaidText(text, citations):
                inside: list[Event] = [TextDelta(text), *map(CitationDelta, citations)]
                events += (BlockStarted(TextHead()), *inside, BlockStopped())
            case SaidThinking(text, opaque):
                signed = [] if opaque is None else [OpaqueDelta(opaque)]
                events += (
                    BlockStarted(ThinkingHead()),
                    ThinkingDelta(text),
                    *signed,
                    BlockStopped(),
                )
            case SaidCall(id, name, arguments):
                events += (
                    BlockStarted(ToolHead(id, name)),
                    ArgumentsDelta(arguments),
                    BlockStopped(),
                )
            case SaidOpaque(opaque):
                events += (BlockStarted(OpaqueHead(opaque)), BlockStopped())
    events.append(Finished(answer.reason, answer.usage, answer.stop_sequence, answer.explanation))
    return events
