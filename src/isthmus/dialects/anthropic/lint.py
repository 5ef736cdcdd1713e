"""A judge of captured Messages streams, independent of the encoder: which rule is broken, on which line, and who minds.

The rules are those of Anthropic's streaming documentation. What breaks was seen by running anthropic-python 2.12,
@anthropic-ai/sdk 1.12 and Claude Code 2.1.330 against streams with just that fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from isthmus.wire.sse import NumberedFrame, numbered_frames

RULES: Final[dict[str, str]] = {
    "bom": "anthropic-python loses the first event",
    "last-blank-line": "@anthropic-ai/sdk loses the last event",
    "no-event-line": "official SDKs ignore the frame; Claude Code repeats the request without streaming",
    "event-mismatch": "SDKs go by the event line, Claude Code by the data",
    "not-json": "every client fails to read the frame",
    "done-marker": "anthropic-python raises JSONDecodeError",
    "empty": "anthropic-python: AssertionError; Claude Code repeats the request without streaming",
    "before-start": "official SDKs raise; Claude Code repeats the request without streaming",
    "second-start": "@anthropic-ai/sdk raises",
    "start-fields": "official SDKs raise on missing `content` or `usage`; Claude Code needs `model`",
    "start-usage": "SDKs raise without counts; cost displays and automatic compaction stay blind",
    "index-gap": "anthropic-python: IndexError; @anthropic-ai/sdk loses the text",
    "index-reused": "official SDKs lose the block's input",
    "overlap": "blocks one at a time are the contract; clients that draw as they read mix them up",
    "start-body": "anthropic-python: TypeError; @anthropic-ai/sdk shows `undefined`",
    "body-in-start": "Claude Code loses what stands in the start",
    "no-such-block": "anthropic-python: IndexError; Claude Code: `Content block not found`",
    "closed-block": "Claude Code: `Content block already closed`",
    "delta-fit": "official SDKs ignore the delta; Claude Code repeats the request without streaming",
    "empty-delta": "clients draw an empty piece",
    "no-delta": "an empty text block is refused when it comes back next turn",
    "signature": "a signature is whole, said once, and the last thing in its block",
    "tool-json": "@anthropic-ai/sdk raises; Claude Code runs the tool with unreadable input",
    "unstopped": "Claude Code loses the block",
    "after-delta": "content after `message_delta` comes when the answer is already counted",
    "second-delta": "official SDKs overwrite the stop reason",
    "delta-usage": "anthropic-python: AttributeError; @anthropic-ai/sdk raises",
    "stop-reason": "Claude Code takes the answer for a broken one",
    "no-message-delta": "official SDKs report no stop reason",
    "no-message-stop": "@anthropic-ai/sdk: `stream ended without producing a Message`",
    "cut": "anthropic-python takes half an answer for a whole one: end a failed stream in an `error` event",
    "error-fields": "the client cannot tell what happened",
    "after-end": "official SDKs still raise on it",
}
"""Every rule with who minds when it is broken."""

_FITS: Final[dict[str, frozenset[str]]] = {
    "text": frozenset(("text_delta", "citations_delta")),
    "thinking": frozenset(("thinking_delta", "signature_delta")),
    "tool_use": frozenset(("input_json_delta",)),
    "server_tool_use": frozenset(("input_json_delta",)),
    "redacted_thinking": frozenset(),
}
_DELTA_TEXT: Final = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "input_json_delta": "partial_json",
    "signature_delta": "signature",
}
_BODY: Final = {"text": "text", "thinking": "thinking", "tool_use": "input", "server_tool_use": "input"}
_CUT_SHORT: Final = frozenset(("max_tokens", "model_context_window_exceeded"))
"""Reasons for which the last call may be half said."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken rule (a key of `RULES`) at a line of the capture, counted from 1."""

    line: int
    rule: str
    message: str


@dataclass(slots=True)
class _Block:
    index: int
    kind: str
    line: int
    deltas: int = 0
    signed: bool = False
    json: list[str] = field(default_factory=list)


def lint(stream: bytes, *, whole: bool = True) -> list[Problem]:
    """What is wrong with the stream, in the order of its lines. Of one not `whole` the end is not judged."""
    judge = _Judge()
    if stream.startswith(b"\xef\xbb\xbf"):
        judge.blame(1, "bom", "the stream begins with a byte order mark")
    frames = list(numbered_frames(stream))
    for frame in frames:
        judge.frame(frame)
    if whole:
        last = frames[-1] if frames else None
        if last is not None and last.data is not None and not last.ended:
            judge.blame(last.line, "last-blank-line", "the last event has no blank line after it")
        judge.end(last.raw_fields[-1].line if last is not None else 1)
    return sorted(judge.problems, key=lambda problem: problem.line)


class _Judge:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._line = 1
        self._open: dict[int, _Block] = {}
        self._closed: set[int] = set()
        self._next_index = 0
        self._events = 0
        self._started = False
        self._delta_seen = False
        self._ended = False
        self._half_said: list[_Block] = []
        self._rooms: dict[str, Callable[[dict[str, Any]], None]] = {
            "message_start": self._message_start,
            "content_block_start": self._block_start,
            "content_block_delta": self._block_delta,
            "content_block_stop": self._block_stop,
            "message_delta": self._message_delta,
            "message_stop": self._message_stop,
            "error": self._error,
        }

    def blame(self, line: int, rule: str, what: str) -> None:
        self.problems.append(Problem(line, rule, f"{what} ({RULES[rule]})"))

    def frame(self, frame: NumberedFrame) -> None:
        self._line = frame.line
        if not frame.data:
            return
        if frame.data.strip() == b"[DONE]":
            # Without an event line every client ignores it.
            if frame.event:
                self._wrong("done-marker", "`[DONE]` belongs to another protocol")
            return
        if (data := self._decode(frame.data)) is None:
            return
        name = frame.event.decode(errors="replace")
        if not name:
            self._wrong("no-event-line", "the frame has no `event:` line")
        elif data.get("type") != name:
            self._wrong("event-mismatch", f"event `{name}` carries data of type `{data.get('type')}`")
        self._event(name or str(data.get("type")), data)

    def end(self, line: int) -> None:
        self._line = line
        if not self._events:
            self._wrong("empty", "the stream holds no event")
        elif not self._ended:
            self._wrong_end()
        self._judge_half_said()

    def _wrong(self, rule: str, what: str) -> None:
        self.blame(self._line, rule, what)

    def _wrong_end(self) -> None:
        if self._delta_seen:
            self._wrong("no-message-stop", "the stream ends without `message_stop`")
        else:
            self._wrong("cut", "the stream ends in the middle of the answer, without `error`")

    def _decode(self, data: bytes) -> dict[str, Any] | None:
        try:
            decoded = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            decoded = None
        if isinstance(decoded, dict):
            return decoded
        self._wrong("not-json", "the data is not a JSON object on one line")
        return None

    def _event(self, name: str, data: dict[str, Any]) -> None:
        room = self._rooms.get(name)
        if room is None:
            # Pings, and events of a later day: clients skip what they do not know.
            return
        self._events += 1
        if self._ended:
            self._wrong("after-end", f"`{name}` after the end")
        elif not self._started and name not in ("message_start", "error"):
            self._wrong("before-start", f"`{name}` before `message_start`")
        else:
            room(data)

    def _message_start(self, data: dict[str, Any]) -> None:
        if self._started:
            self._wrong("second-start", "a second `message_start`")
            return
        self._started = True
        message = data.get("message")
        if not isinstance(message, dict):
            self._wrong("start-fields", "`message_start` has no message")
            return
        wanted = {"type": "message", "role": "assistant", "content": []}
        wrong = [name for name, value in wanted.items() if message.get(name) != value]
        wrong += [name for name in ("id", "model") if not message.get(name)]
        wrong += [name for name in ("stop_reason", "stop_sequence") if message.get(name) is not None]
        if wrong:
            self._wrong("start-fields", f"`message_start` lacks or misstates {', '.join(wrong)}")
        if not _counts(message.get("usage"), "input_tokens", "output_tokens"):
            self._wrong("start-usage", "`message_start` has no usage with input_tokens and output_tokens")

    def _block_start(self, data: dict[str, Any]) -> None:
        if self._delta_seen:
            self._wrong("after-delta", "a block begins after `message_delta`")
        index, body = data.get("index"), data.get("content_block")
        if not isinstance(index, int) or not isinstance(body, dict):
            self._wrong("start-body", "`content_block_start` needs an index and a content_block")
            return
        if self._open:
            self._wrong("overlap", f"block {index} begins while block {max(self._open)} is open")
        if index in self._open or index in self._closed:
            self._wrong("index-reused", f"index {index} was used before")
        elif index != self._next_index:
            self._wrong("index-gap", f"block {index} begins where block {self._next_index} was due")
        self._next_index = max(self._next_index, index + 1)
        self._closed.discard(index)
        self._open[index] = _Block(index, str(body.get("type")), self._line)
        self._body(body)

    def _body(self, body: dict[str, Any]) -> None:
        kind = str(body.get("type"))
        missing = [name for name in ("id", "name") if kind == "tool_use" and not body.get(name)]
        if (name := _BODY.get(kind)) is not None:
            missing += [] if name in body else [name]
            if body.get(name):
                self._wrong("body-in-start", f"the start of a {kind} block already has {name}")
        if missing:
            self._wrong("start-body", f"the start of a {kind} block has no {', '.join(missing)}")

    def _find(self, data: dict[str, Any], what: str) -> _Block | None:
        index = data.get("index")
        block = self._open.get(index) if isinstance(index, int) else None
        if block is None:
            known = isinstance(index, int) and index in self._closed
            rule = "closed-block" if known else "no-such-block"
            self._wrong(rule, f"a {what} for block {index}, which is {'closed' if known else 'not there'}")
        return block

    def _block_delta(self, data: dict[str, Any]) -> None:
        if (block := self._find(data, "delta")) is None:
            return
        delta = data.get("delta")
        kind = str(delta.get("type")) if isinstance(delta, dict) else ""
        if not isinstance(delta, dict) or (_is_known(kind) and kind not in _FITS.get(block.kind, (kind,))):
            self._wrong("delta-fit", f"`{kind}` in a {block.kind} block")
            return
        block.deltas += 1
        if block.signed:
            self._wrong("signature", f"`{kind}` after the block's signature")
        if (name := _DELTA_TEXT.get(kind)) is not None:
            self._delta_text(block, kind, delta.get(name))

    def _delta_text(self, block: _Block, kind: str, text: object) -> None:
        if not isinstance(text, str):
            self._wrong("delta-fit", f"`{kind}` without its text")
        elif kind == "signature_delta":
            block.signed = True
        elif kind == "input_json_delta":
            block.json.append(text)
        elif not text:
            self._wrong("empty-delta", f"an empty `{kind}`")

    def _block_stop(self, data: dict[str, Any]) -> None:
        if (block := self._find(data, "stop")) is None:
            return
        del self._open[block.index]
        self._closed.add(block.index)
        if block.kind in ("text", "thinking") and not block.deltas:
            self._wrong("no-delta", f"{block.kind} block {block.index} has no delta")
        if not _is_object("".join(block.json) or "{}"):
            self._half_said.append(block)

    def _message_delta(self, data: dict[str, Any]) -> None:
        for block in self._open.values():
            self._wrong("unstopped", f"{block.kind} block {block.index} of line {block.line} is still open")
        self._open.clear()
        if self._delta_seen:
            self._wrong("second-delta", "a second `message_delta`")
        self._delta_seen = True
        delta = data.get("delta")
        reason = delta.get("stop_reason") if isinstance(delta, dict) else None
        if not isinstance(reason, str):
            self._wrong("stop-reason", "`message_delta` has no stop_reason")
        if not _counts(data.get("usage"), "output_tokens"):
            self._wrong("delta-usage", "`message_delta` has no usage with output_tokens")
        if reason in _CUT_SHORT and self._half_said and self._half_said[-1].index == self._next_index - 1:
            self._half_said.pop()

    def _message_stop(self, data: dict[str, Any]) -> None:
        self._ended = True
        for block in self._open.values():
            self._wrong("unstopped", f"{block.kind} block {block.index} of line {block.line} is still open")
        if not self._delta_seen:
            self._wrong("no-message-delta", f"`{data.get('type')}` without a `message_delta` before it")

    def _error(self, data: dict[str, Any]) -> None:
        self._ended = True
        match data.get("error"):
            case {"type": str(), "message": str()}:
                pass
            case _:
                self._wrong("error-fields", "the error has no type and message")

    def _judge_half_said(self) -> None:
        for block in self._half_said:
            what = f"the input of {block.kind} block {block.index} is not one JSON object"
            self.blame(block.line, "tool-json", what)


def _is_known(delta: str) -> bool:
    return any(delta in fits for fits in _FITS.values())


def _counts(usage: object, *names: str) -> bool:
    return isinstance(usage, dict) and all(isinstance(usage.get(name), int) for name in names)


def _is_object(text: str) -> bool:
    try:
        return isinstance(msgspec.json.decode(text), dict)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
