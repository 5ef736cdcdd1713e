"""What a model did, said once, for every dialect.

    stream = Started block* (Finished | Failed)      UsageReport, KeepAlive and Noted may stand anywhere before the end
    block  = BlockStarted delta* BlockStopped        one open block at a time; the deltas fit the block

`Failed` may also come before `Started` or inside an open block: a failure does not pretend that a half-said thing was
finished, so an aborted block is never stopped. After `Finished` or `Failed` nothing follows.

Decoders emit only streams of this grammar, whatever the upstream sends (`compose.Composer` sees to it); encoders may rely
on it. One block at a time because every client can draw that and not every client can draw more: interleaved tool calls
wait their turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from isthmus.core.conversation import Opaque
from isthmus.core.errors import UpstreamError
from isthmus.core.usage import Usage


class Stop(StrEnum):
    """Why the model stopped."""

    END_TURN = "end_turn"
    MAX_TOKENS = "max_tokens"
    STOP_SEQUENCE = "stop_sequence"
    TOOL_USE = "tool_use"
    REFUSAL = "refusal"
    PAUSE_TURN = "pause_turn"
    CONTEXT_WINDOW = "context_window"


@dataclass(frozen=True, slots=True)
class TextHead:
    pass


@dataclass(frozen=True, slots=True)
class ThinkingHead:
    pass


@dataclass(frozen=True, slots=True)
class ToolHead:
    """A call of one of the client's tools; its arguments follow as JSON text in `ArgumentsDelta`s (none means `{}`)."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class OpaqueHead:
    """A whole block that only its home dialect understands; no deltas follow."""

    opaque: Opaque


BlockHead = TextHead | ThinkingHead | ToolHead | OpaqueHead


@dataclass(frozen=True, slots=True)
class Started:
    """The upstream began to answer. `model` is what it says it runs; `usage` what it knows so far, an estimate perhaps."""

    id: str | None = None
    model: str | None = None
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class BlockStarted:
    head: BlockHead


@dataclass(slots=True)
class TextDelta:
    text: str


@dataclass(slots=True)
class ThinkingDelta:
    text: str


@dataclass(slots=True)
class ArgumentsDelta:
    json: str


@dataclass(frozen=True, slots=True)
class OpaqueDelta:
    """What must come back with the open thinking block next turn: its signature."""

    opaque: Opaque


@dataclass(frozen=True, slots=True)
class Citation:
    """A source for the text of the open block. `data` is the home dialect's own JSON text, when it had one."""

    url: str
    title: str = ""
    cited_text: str = ""
    data: str | None = None


@dataclass(frozen=True, slots=True)
class CitationDelta:
    citation: Citation


@dataclass(frozen=True, slots=True)
class BlockStopped:
    pass


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Cumulative counts so far; the last one wins."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """The upstream lives but has nothing to say yet."""


@dataclass(frozen=True, slots=True)
class Noted:
    """Something the operator may want to know: an unknown frame, a repaired call. For the log only."""

    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    reason: Stop
    usage: Usage | None = None
    """None when the upstream never said; whoever answers the client fills in an estimate and marks it."""
    stop_sequence: str | None = None
    explanation: str | None = None
    """With `Stop.REFUSAL`: the reason given."""
    session: bytes | None = field(default=None, repr=False)
    """What the provider wants to find again (`Conversation.session_kept`) when this conversation goes on with it. For nobody to see."""


@dataclass(frozen=True, slots=True)
class Failed:
    error: UpstreamError


Delta = TextDelta | ThinkingDelta | ArgumentsDelta | OpaqueDelta | CitationDelta
Event = (
    Started
    | BlockStarted
    | TextDelta
    | ThinkingDelta
    | ArgumentsDelta
    | OpaqueDelta
    | CitationDelta
    | BlockStopped
    | UsageReport
    | KeepAlive
    | Noted
    | Finished
    | Failed
)

BLOCK_STOPPED: Final = BlockStopped()
KEEP_ALIVE: Final = KeepAlive()
TEXT_STARTED: Final = BlockStarted(TextHead())
THINKING_STARTED: Final = BlockStarted(ThinkingHead())
