"""The messages of one turn, as the CLI passes on their stream, told as one answer.

Each is read by the decoder of the Messages API, since that is what they are. What the CLI does between them with tools of its own
is not the client's: their calls are left out, and the next message goes on where the last one stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Final

import msgspec

from isthmus.core.errors import UpstreamProtocolError
from isthmus.core.events import (
    BLOCK_STOPPED,
    KEEP_ALIVE,
    TEXT_STARTED,
    BlockStarted,
    BlockStopped,
    Event,
    Failed,
    Finished,
    Noted,
    Started,
    Stop,
    TextDelta,
    ToolHead,
    UsageReport,
)
from isthmus.core.usage import Usage
from isthmus.providers.anthropic.decode import StreamDecoder
from isthmus.providers.anthropic.listen import Told

ASKED_AGAIN: Final = "the Claude Code CLI began its answer anew in the middle of it"
_BEGINNING: Final = b'{"type":"message_start"'
_GOES_ON: Final = frozenset((Stop.MAX_TOKENS, Stop.REFUSAL, Stop.CONTEXT_WINDOW))
"""Upon these the CLI asks its model for more by itself, which nobody wants here."""


@dataclass(slots=True)
class _Message:
    decoder: StreamDecoder
    begun: bool = False
    hiding: bool = False
    """The open block is a call of one of the CLI's own tools."""
    spoke: bool = False
    handed_out: bool = False
    ran: bool = False


@dataclass(slots=True)
class Answer:
    """`hear` takes the events of the stream one by one. The answer is complete when `stop` is there; whether something may
    still follow that belongs to it (a `result`) is `settled`."""

    told: Told
    is_own: Callable[[str], bool]
    """Whether the CLI runs the tool of this name itself."""
    original_names: Mapping[str, str]
    unfenced: bool = False
    usage: Usage | None = None
    """Of all messages so far."""
    stop: Finished | None = None
    settled: bool = False
    failed: bool = False
    _message: _Message | None = None
    _started: bool = False
    _words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that was said in words."""
        return "".join(self._words)

    def hear(self, event: msgspec.Raw) -> list[Event]:
        """Nothing, once it has stopped."""
        raw = bytes(event)
        if self.stop is not None or self.failed:
            return []
        message = self._message
        if message is None:
            message = self._message = _Message(StreamDecoder(self.told, unfenced=self.unfenced))
        if raw.startswith(_BEGINNING):
            if message.begun:
                self.failed = True
                return [Failed(UpstreamProtocolError(ASKED_AGAIN))]
            message.begun = True
        said: list[Event] = []
        for each in message.decoder.feed(b"data: " + raw + b"\n\n"):
            said += self._of(each, message)
        return said

    def close(self) -> list[Event]:
        """No more of the stream will come. A message that has begun and not said why it stopped has failed."""
        message = self._message
        if message is None or self.failed:
            return []
        return [said for each in message.decoder.close() for said in self._of(each, message)]

    def whole(self, text: str) -> list[Event]:
        """The words of an answer that came without its stream."""
        begin: list[Event] = [] if self._started else [Started()]
        self._started = True
        self._words.append(text)
        return [*begin, TEXT_STARTED, TextDelta(text), BLOCK_STOPPED]

    def finish(self, usage: Usage | None = None) -> list[Event]:
        """The end, with better counts if somebody has them."""
        begin: list[Event] = [] if self._started else [Started()]
        stop = self.stop or Finished(Stop.END_TURN)
        return [*begin, replace(stop, usage=usage or self.usage)]

    def _of(self, event: Event, message: _Message) -> list[Event]:
        match event:
            case Started():
                if self._started:
                    return []
                self._started = True
                return [event]
            case BlockStarted(ToolHead(id, name)):
                return self._call(id, name, message)
            case BlockStopped() if message.hiding:
                message.hiding = False
                return []
            case UsageReport():
                return []  # of this message alone
            case Finished():
                return self._end(event, message)
            case Failed():
                self.failed = True
                return [event]
            case Noted():
                return [event]
            case _ if message.hiding:
                return [KEEP_ALIVE]
            case TextDelta(text):
                message.spoke = message.spoke or bool(text.strip())
                self._words.append(text)
                return [event]
            case _:
                return [event]

    def _call(self, id: str, name: str, message: _Message) -> list[Event]:
        if name not in self.original_names and self.is_own(name):
            message.hiding = message.ran = True
            return [Noted("ran_tool", name)]
        message.handed_out = True
        return [BlockStarted(ToolHead(id, self.original_names.get(name, name)))]

    def _end(self, end: Finished, message: _Message) -> list[Event]:
        self._message = None
        self.usage = end.usage if self.usage is None else _sum(self.usage, end.usage or Usage())
        if message.ran and not message.handed_out and end.reason is Stop.TOOL_USE:
            return []
        if message.ran and message.handed_out:
            note: list[Event] = [Noted("calls_of_both", "what the CLI's own tools said is lost")]
        else:
            note = []
        self.stop = end
        self.settled = message.handed_out or end.reason in _GOES_ON or not message.spoke
        return note


def _sum(one: Usage, other: Usage) -> Usage:
    counts = {
        each.name: getattr(one, each.name) + getattr(other, each.name)
        for each in fields(Usage)
        if each.type == "int"
    }
    return replace(other, **counts)
