"""The grammar of `events`, as a machine that refuses the first event that breaks it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from isthmus.core.events import (
    ArgumentsDelta,
    BlockHead,
    BlockStarted,
    BlockStopped,
    CitationDelta,
    Event,
    Failed,
    Finished,
    KeepAlive,
    Noted,
    OpaqueDelta,
    OpaqueHead,
    Started,
    TextDelta,
    TextHead,
    ThinkingDelta,
    ThinkingHead,
    ToolHead,
    UsageReport,
)

_FITS: dict[type[BlockHead], tuple[type[Event], ...]] = {
    TextHead: (TextDelta, CitationDelta),
    ThinkingHead: (ThinkingDelta, OpaqueDelta),
    ToolHead: (ArgumentsDelta,),
    OpaqueHead: (),
}


class IllegalOrder(Exception):
    """An event stands where the grammar has no place for it."""


class _At(Enum):
    BEFORE = "before the start"
    BETWEEN = "between blocks"
    INSIDE = "inside a block"
    ENDED = "after the end"


class Grammar:
    """Accepts the events of one stream in turn; `check` raises `IllegalOrder` at the first misplaced one."""

    def __init__(self) -> None:
        self._at = _At.BEFORE
        self._head: BlockHead | None = None

    @property
    def ended(self) -> bool:
        return self._at is _At.ENDED

    def check(self, event: Event) -> None:
        match self._at, event:
            case (_At.ENDED, _):
                raise IllegalOrder(f"{event} after the end")
            case (_, KeepAlive() | Noted() | UsageReport()):
                return
            case (_, Failed()):
                self._at = _At.ENDED
            case (_At.BEFORE, Started()):
                self._at = _At.BETWEEN
            case (_At.BETWEEN, BlockStarted(head)):
                self._at, self._head = _At.INSIDE, head
            case (_At.BETWEEN, Finished()):
                self._at = _At.ENDED
            case (_At.INSIDE, BlockStopped()):
                self._at, self._head = _At.BETWEEN, None
            case (_At.INSIDE, _) if self._head is not None and isinstance(event, _FITS[type(self._head)]):
                return
            case _:
                raise IllegalOrder(f"{event} {self._at.value}")


def check(events: Iterable[Event]) -> None:
    """Raises `IllegalOrder` unless the events are one whole, legal stream."""
    grammar = Grammar()
    for event in events:
        grammar.check(event)
    if not grammar.ended:
        raise IllegalOrder("the stream has no end")
