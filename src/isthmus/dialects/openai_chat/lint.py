"""A judge of captured Chat Completions streams, independent of the encoder: which rule is broken, on which line, and who
minds.

The rules are those of OpenAI's API reference for chunks. What breaks was seen by running openai-python 3.54 and
openai-node 7.57 against streams with just that fault; "tolerated" says that both read on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec

from isthmus.wire.sse import NumberedFrame, numbered_frames

RULES: Final[dict[str, str]] = {
    "bom": "some clients lose the first chunk",
    "last-blank-line": "openai-node loses the last event",
    "event-line": "openai-python ignores an error told under an event name; chunks have none",
    "empty-data": "both official clients fail on a frame with empty data: send a comment to keep alive",
    "not-json": "every client fails to read the frame",
    "not-a-chunk": "openai-node: `chunk.choices is not iterable`; openai-python fails at the end",
    "chunk-fields": "strict clients refuse a chunk without id, object, created and model",
    "identity": "clients that tell answers apart by id, created or model see two of them",
    "choice-index": "openai-python: IndexError",
    "no-role": "openai-python has no role; openai-node: `missing role for choice 0`",
    "second-role": "openai-python: the role becomes `assistantassistant`",
    "delta-null": "openai-python: AttributeError",
    "delta-fields": "clients add strings up and fail on anything else",
    "call-index": "openai-python: TypeError without an index, IndexError when it does not count from 0",
    "call-id": "openai-python has no id, openai-node makes one up",
    "call-type": "openai-node: `tool call snapshot missing type`",
    "call-name": "the client cannot tell which tool to run",
    "call-repeated": "openai-python adds them up: `call_1call_1`",
    "call-null": "openai-python: AssertionError on a later delta with null id, type or name",
    "call-arguments": "arguments that are no string end up as null or `[object Object]`",
    "no-finish": "openai-node: `missing finish_reason for choice 0`; openai-python takes half an answer for a whole one",
    "second-finish": "tolerated by official clients, which keep the last one",
    "finish-reason": "tolerated by official clients, but agents act on the word",
    "after-finish": "content after the finish comes when the answer already counts as complete",
    "empty-choices": "tolerated by official clients where it is no usage chunk",
    "usage-place": "tolerated by official clients; usage belongs into one last chunk without choices",
    "usage-lost": "both official clients forget the usage when a chunk with `usage: null` follows",
    "error-fields": "clients look for `error.message`",
    "after-error": "nothing follows an error",
    "no-done": "tolerated by official clients; others wait for `data: [DONE]` until they time out",
    "after-done": "clients have stopped reading",
    "empty": "openai-python and openai-node report an answer without choices",
}
"""Every rule with who minds when it is broken."""

_FINISH_REASONS: Final = frozenset(("stop", "length", "tool_calls", "content_filter", "function_call"))
_STRINGS: Final = ("content", "reasoning_content", "reasoning", "refusal")
_IDENTITY: Final = ("id", "created", "model")
_KINDS: Final = {"function": "arguments", "custom": "input"}


class Problem(NamedTuple):
    """A broken rule (a key of `RULES`) at a line of the capture, counted from 1."""

    line: int
    rule: str
    message: str


@dataclass(slots=True)
class _Call:
    line: int
    id: bool = False
    type: bool = False
    name: bool = False
    arguments: bool = False


@dataclass(slots=True)
class _Choice:
    line: int
    role: bool = False
    finished: bool = False
    calls: list[_Call] = field(default_factory=list)


def lint(stream: bytes, *, whole: bool = True) -> list[Problem]:
    """What is wrong with the stream, in the order of its lines. Of one not `whole` the end is not judged."""
    judge = _Judge()
    if stream.startswith(b"\xef\xbb\xbf"):
        judge.blame("bom", "the stream begins with a byte order mark")
    frames = list(numbered_frames(stream))
    for frame in frames:
        judge.frame(frame)
    if whole:
        judge.end(frames[-1] if frames else None)
    return sorted(judge.problems, key=lambda problem: problem.line)


class _Judge:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._line = 1
        self._identity: dict[str, Any] = {}
        self._choices: dict[int, _Choice] = {}
        self._chunks = 0
        self._usage_line: int | None = None
        self._failed = False
        self._done = False

    def blame(self, rule: str, message: str, line: int | None = None) -> None:
        self.problems.append(
            Problem(self._line if line is None else line, rule, f"{message} ({RULES[rule]})")
        )

    def frame(self, frame: NumberedFrame) -> None:
        self._line = frame.line
        if frame.event:
            name = frame.event.decode("utf-8", "replace")
            self.blame("event-line", f"the frame has the event name {name!r}")
        if frame.data is None:
            return
        if self._done or self._failed:
            after = "after-done" if self._done else "after-error"
            self.blame(after, "a frame stands after the end")
        elif frame.data.strip() == b"[DONE]":
            self._done = True
        elif not frame.data.strip():
            self.blame("empty-data", "the frame has no data")
        else:
            self._json(frame.data)

    def end(self, last: NumberedFrame | None) -> None:
        if last is not None:
            self._line = last.raw_fields[-1].line
            if last.data is not None and not last.ended:
                self.blame("last-blank-line", "the last event has no blank line after it")
        if self._failed:
            return
        if not self._chunks:
            self.blame("empty", "the stream has no chunk")
        for index, choice in sorted(self._choices.items()):
            if not choice.role:
                self.blame("no-role", f"choice {index} never says its role", choice.line)
            if not choice.finished:
                self.blame("no-finish", f"choice {index} has no finish_reason")
            for number, call in enumerate(choice.calls):
                self._judge_call(number, call)
        if not self._done:
            self.blame("no-done", "the stream does not end in [DONE]")

    def _judge_call(self, number: int, call: _Call) -> None:
        lacks = {
            "call-id": ("id", call.id),
            "call-type": ("type", call.type),
            "call-name": ("name", call.name),
            "call-arguments": ("arguments", call.arguments),
        }
        for rule, (name, there) in lacks.items():
            if not there:
                self.blame(rule, f"call {number} has no {name}", call.line)

    def _json(self, data: bytes) -> None:
        try:
            chunk = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self.blame("not-json", f"the data is not JSON: {error}")
            return
        if isinstance(chunk, dict) and "error" in chunk:
            self._error(chunk["error"])
        elif not isinstance(chunk, dict) or not isinstance(chunk.get("choices"), list):
            self.blame("not-a-chunk", "the frame is JSON without `choices`")
        else:
            self._chunk(chunk)

    def _error(self, error: object) -> None:
        self._failed = True
        if not isinstance(error, dict) or not isinstance(error.get("message"), str):
            self.blame("error-fields", "the error has no message")

    def _chunk(self, chunk: dict[str, Any]) -> None:
        self._chunks += 1
        self._envelope(chunk)
        choices, usage = chunk["choices"], chunk.get("usage")
        for choice in choices:
            self._choice(choice)
        if usage is not None:
            if choices or self._usage_line is not None:
                self.blame("usage-place", "usage stands in a chunk with choices, or more than once")
            self._usage_line = self._line
        elif self._usage_line is not None:
            self.blame("usage-lost", f"a chunk without usage follows the usage of line {self._usage_line}")
        elif not choices:
            self.blame("empty-choices", "the chunk has neither choices nor usage")

    def _envelope(self, chunk: dict[str, Any]) -> None:
        if chunk.get("object") != "chat.completion.chunk":
            self.blame("chunk-fields", f"object is {chunk.get('object')!r}, not 'chat.completion.chunk'")
        for name in _IDENTITY:
            value = chunk.get(name)
            if not isinstance(value, int if name == "created" else str):
                self.blame("chunk-fields", f"{name} is {value!r}")
            elif self._identity.setdefault(name, value) != value:
                self.blame("identity", f"{name} was {self._identity[name]!r} and is now {value!r}")

    def _choice(self, fields: object) -> None:
        index = fields.get("index") if isinstance(fields, dict) else None
        if not isinstance(fields, dict) or not isinstance(index, int) or index < 0:
            self.blame("choice-index", f"a choice has the index {index!r}")
            return
        choice = self._choices.setdefault(index, _Choice(self._line))
        delta = fields.get("delta")
        if not isinstance(delta, dict):
            self.blame("delta-null", f"delta is {delta!r}")
        else:
            if choice.finished and any(delta.values()):
                self.blame("after-finish", f"choice {index} says more after its finish_reason")
            self._delta(delta, choice)
        self._finish(fields.get("finish_reason"), choice, index)

    def _finish(self, reason: object, choice: _Choice, index: int) -> None:
        if reason is None:
            return
        if choice.finished:
            self.blame("second-finish", f"choice {index} finishes twice")
        if reason not in _FINISH_REASONS:
            self.blame("finish-reason", f"finish_reason {reason!r} is none of the known ones")
        choice.finished = True

    def _delta(self, delta: dict[str, Any], choice: _Choice) -> None:
        if (role := delta.get("role")) is not None:
            if choice.role:
                self.blame("second-role", f"the role is said again: {role!r}")
            choice.role = True
        for name in _STRINGS:
            if not isinstance(delta.get(name), str | None):
                self.blame("delta-fields", f"{name} is {delta[name]!r}")
        calls = delta.get("tool_calls")
        if not isinstance(calls, list | None):
            self.blame("delta-fields", f"tool_calls is {calls!r}")
            return
        for call in calls or ():
            self._call(call, choice)

    def _call(self, fields: object, choice: _Choice) -> None:
        index = fields.get("index") if isinstance(fields, dict) else None
        if not isinstance(fields, dict) or not isinstance(index, int) or not 0 <= index <= len(choice.calls):
            self.blame("call-index", f"a call has the index {index!r} after {len(choice.calls)} calls")
            return
        first = index == len(choice.calls)
        if first:
            choice.calls.append(_Call(self._line))
        call = choice.calls[index]
        kind = next((name for name in _KINDS if isinstance(fields.get(name), dict)), "function")
        inside = fields.get(kind) or {}
        for name, where in (("id", fields), ("type", fields), ("name", inside)):
            self._once(name, where, call, first=first)
        self._arguments(inside, _KINDS[kind], call)

    def _once(self, name: str, where: dict[str, Any], call: _Call, *, first: bool) -> None:
        """Names are said in the first delta of a call, and not again; an empty string later is tolerated by all."""
        if name not in where:
            return
        value = where[name]
        if value is None and not first:
            self.blame("call-null", f"{name} of a call is null in a later delta")
        elif value and getattr(call, name) and name != "type":
            self.blame("call-repeated", f"{name} of a call is said again: {value!r}")
        elif value:
            setattr(call, name, True)

    def _arguments(self, inside: dict[str, Any], name: str, call: _Call) -> None:
        if name not in inside:
            return
        if not isinstance(inside[name], str):
            self.blame("call-arguments", f"{name} of a call is {inside[name]!r}")
        call.arguments = True
