"""Tool calls as the service says them: an id and a name in every event, the input in fragments of JSON text, then `stop`.

Calls without parameters may have neither input nor `stop` (Servoy/opencode-kiro-auth). One whose input began and never became a
JSON object was cut short by the model's limit (aws/language-servers, `finalize`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from isthmus.core.compose import Composer
from isthmus.providers.amazon_q.payloads import ToolUse
from isthmus.wire.json_repair import as_object, is_complete
from isthmus.wire.json_text import to_json


@dataclass(slots=True)
class _Call:
    id: str
    name: str
    said: list[str] = field(default_factory=list)
    stopped: bool = False

    @property
    def arguments(self) -> str:
        return "".join(self.said)

    @property
    def is_whole(self) -> bool:
        """Whether it could be made: its arguments are there, or there are none."""
        arguments = self.arguments
        return not arguments or arguments.isspace() or is_complete(arguments)


class Calls:
    """The calls of one answer, said through a `Composer`, which keeps interleaved ones apart.

    `whole`: each call is held back until it is complete, for clients that get their answer in one piece: one that is cut short
    is not said at all, and arguments that are no JSON object are made one. Else fragments are said as they come.
    """

    def __init__(self, composer: Composer, *, whole: bool) -> None:
        self._composer = composer
        self._whole = whole
        self._calls: dict[str, _Call] = {}
        self.cut_short = False
        """A call began that was never finished."""
        self.made = False
        """A call was said that a client can make."""

    def __bool__(self) -> bool:
        return bool(self._calls)

    def feed(self, event: ToolUse) -> int:
        """How many characters of arguments came."""
        call = self._calls.get(event.tool_use_id)
        if call is None:
            call = self._calls[event.tool_use_id] = _Call(event.tool_use_id, event.name or "")
            if not self._whole:
                self._composer.open_tool(call.id, call.id, call.name)
        if call.stopped:
            if event.input:
                self._composer.note("input_after_stop", call.name)
            return 0
        text = event.input if isinstance(event.input, str) else _written(event.input)
        if text:
            call.said.append(text)
            if not self._whole:
                self._composer.arguments(call.id, text)
        if event.stop:
            self._stop(call)
        return len(text)

    def finish(self) -> None:
        """The answer is over: what has no `stop` is judged by its arguments."""
        for call in self._calls.values():
            if call.stopped:
                continue
            if call.is_whole:
                self._stop(call)
            else:
                self.cut_short = True
                self._composer.note("cut_tool_call", call.name)

    def _stop(self, call: _Call) -> None:
        call.stopped = True
        self.made = True
        if not call.is_whole:
            self._composer.note("invalid_arguments", call.name)
        if self._whole:
            self._composer.open_tool(call.id, call.id, call.name)
            self._composer.arguments(call.id, as_object(call.arguments))
        self._composer.close_tool(call.id)


def _written(input: dict[str, object] | None) -> str:
    """An object instead of text is the whole input. An empty one says nothing: the first event of a call may bring it."""
    return to_json(input).decode() if input else ""
