"""From fragments in any order to a stream that obeys the grammar.

A decoder tells the composer what it heard ("some text", "arguments for call 2", "the usage is …"), in whatever order the
upstream said it, and takes legal events. Blocks are opened and closed as needed; fragments of a tool call that arrive
while another call is live wait until it ends; nothing is said after the end.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from isthmus.core.conversation import Opaque
from isthmus.core.errors import UpstreamError
from isthmus.core.events import (
    BLOCK_STOPPED,
    KEEP_ALIVE,
    TEXT_STARTED,
    THINKING_STARTED,
    ArgumentsDelta,
    BlockStarted,
    Citation,
    CitationDelta,
    Event,
    Failed,
    Finished,
    Noted,
    OpaqueDelta,
    OpaqueHead,
    Started,
    Stop,
    TextDelta,
    ThinkingDelta,
    ToolHead,
    UsageReport,
)
from isthmus.core.usage import Usage

_TEXT = "text"
_THINKING = "thinking"
_TOOL = "tool"


@dataclass(slots=True)
class _WaitingCall:
    head: ToolHead
    arguments: list[str] = field(default_factory=list)


class Composer:
    """Collects events; `take()` hands over what has been composed since the last call."""

    __slots__ = (
        "_events",
        "_live",
        "_open",
        "_waiting",
        "called_tool",
        "ended",
        "started",
        "stop_heard",
        "usage_heard",
    )

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._open: str | None = None
        self._live: Hashable = None
        self._waiting: dict[Hashable, _WaitingCall] = {}
        self.started = False
        self.ended = False
        self.called_tool = False
        self.usage_heard: Usage | None = None
        self.stop_heard: Finished | None = None

    def take(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def start(
        self,
        id: str | None = None,
        model: str | None = None,
        usage: Usage | None = None,
    ) -> None:
        """The answer began. Only the first call counts; without one, the first fragment starts it."""
        if not self.started and not self.ended:
            self.started = True
            self.usage_heard = usage
            self._events.append(Started(id, model, usage))

    def text(self, text: str) -> None:
        if text and not self.ended:
            if self._open != _TEXT:
                self._switch(_TEXT)
                self._events.append(TEXT_STARTED)
            self._events.append(TextDelta(text))

    def new_text(self) -> None:
        """The upstream began a text block of its own: what follows must not join an open one."""
        if self._open == _TEXT and not self.ended:
            self._close()

    def thinking(self, text: str) -> None:
        if text and not self.ended:
            self._think()
            self._events.append(ThinkingDelta(text))

    def new_thinking(self) -> None:
        """The upstream began a thinking block of its own, perhaps one without visible text."""
        if not self.ended:
            if self._open == _THINKING:
                self._close()
            self._think()

    def sign(self, opaque: Opaque) -> None:
        """What must return with the thinking block; opens one when none is open, since the mark must not be lost."""
        if not self.ended:
            self._think()
            self._events.append(OpaqueDelta(opaque))

    def cite(self, citation: Citation) -> None:
        if not self.ended:
            if self._open != _TEXT:
                self._switch(_TEXT)
                self._events.append(TEXT_STARTED)
            self._events.append(CitationDelta(citation))

    def opaque(self, opaque: Opaque) -> None:
        """A whole block that only its home understands."""
        if not self.ended:
            self._switch(None)
            self._events += (BlockStarted(OpaqueHead(opaque)), BLOCK_STOPPED)

    def open_tool(self, key: Hashable, id: str, name: str) -> None:
        """A tool call began. `key` tells its later fragments from those of other calls; a known key is ignored."""
        if self.ended or key in self._waiting or (self._open == _TOOL and key == self._live):
            return
        self.called_tool = True
        head = ToolHead(id, name)
        if self._open == _TOOL:
            self._waiting[key] = _WaitingCall(head)
        else:
            self._begin_call(key, head)

    def arguments(self, key: Hashable, json: str) -> None:
        """A fragment of a call's arguments. One for a call that is neither live nor waiting is noted, not said."""
        if not json or self.ended:
            return
        if self._open == _TOOL and key == self._live:
            self._events.append(ArgumentsDelta(json))
        elif (waiting := self._waiting.get(key)) is not None:
            waiting.arguments.append(json)
        else:
            self.note("stray_arguments", "arguments for a tool call that is not open")

    def close_tool(self, key: Hashable) -> None:
        """A call is complete. Closing the live one lets the next waiting call speak."""
        if self._open == _TOOL and key == self._live and not self.ended:
            self._close()
            self._next_call()

    def usage(self, usage: Usage) -> None:
        """Cumulative counts; the last ones win."""
        if not self.ended:
            self.usage_heard = usage
            self._events.append(UsageReport(usage))

    def keep_alive(self) -> None:
        if not self.ended:
            self._events.append(KEEP_ALIVE)

    def note(self, what: str, detail: str = "") -> None:
        if not self.ended:
            self._events.append(Noted(what, detail))

    def stop(
        self,
        reason: Stop,
        stop_sequence: str | None = None,
        explanation: str | None = None,
    ) -> None:
        """The model stopped; only the first reason counts. The end itself waits for `finish`, as usage may follow."""
        if self.stop_heard is None and not self.ended:
            self._switch(None)
            self.stop_heard = Finished(reason, None, stop_sequence, explanation)

    def finish(self) -> None:
        """The answer is complete. Without a stop reason it is inferred: a call was made, or the turn ended."""
        if self.ended:
            return
        self.start()
        self._switch(None)
        heard = self.stop_heard or Finished(Stop.END_TURN)
        self._events.append(
            Finished(
                self._true_reason(heard.reason),
                self.usage_heard,
                heard.stop_sequence,
                heard.explanation,
            )
        )
        self.ended = True

    def fail(self, error: UpstreamError) -> None:
        """The answer broke off. What is open stays open: a half-said thing must not look finished."""
        if not self.ended:
            self._events.append(Failed(error))
            self.ended = True

    def _true_reason(self, reason: Stop) -> Stop:
        # Vendors say "stop" after tool calls and "tool_calls" without any; clients act on this word.
        if reason is Stop.END_TURN and self.called_tool:
            return Stop.TOOL_USE
        if reason is Stop.TOOL_USE and not self.called_tool:
            return Stop.END_TURN
        return reason

    def _think(self) -> None:
        if self._open != _THINKING:
            self._switch(_THINKING)
            self._events.append(THINKING_STARTED)

    def _begin_call(self, key: Hashable, head: ToolHead) -> None:
        self._switch(_TOOL)
        self._live = key
        self._events.append(BlockStarted(head))

    def _switch(self, block: str | None) -> None:
        """Closes what is open, lets waiting calls be said, and makes `block` the open one."""
        self.start()
        if self._open is not None:
            self._close()
        while self._waiting:
            self._next_call()
            self._close()
        self._open = block

    def _close(self) -> None:
        if self._open is not None:
            self._open, self._live = None, None
            self._events.append(BLOCK_STOPPED)

    def _next_call(self) -> None:
        if not self._waiting:
            return
        key = next(iter(self._waiting))
        call = self._waiting.pop(key)
        self._open, self._live = _TOOL, key
        self._events.append(BlockStarted(call.head))
        self._events += [ArgumentsDelta(json) for json in call.arguments]
