"""Calls of the client's tools, read out of the model's text: claude.ai runs no tools but its own.

The prompt asks for `<tool_call>{"name": …, "arguments": {…}}</tool_call>`. The form is that of wosa1402/claude2api
(tool_parser.go); the rules below are ours:

- Tags in a fenced block of code are text: a model that explains them calls nothing.
- What is between the tags must be a JSON object with the name of a tool that was offered; otherwise all of it is text.
- A closing tag within a JSON string ends nothing, so that files may be written which speak of tags.
- White space around a call belongs to the call. A result that the model makes up behind its call is dropped, and what follows it.

Where the text is cut into pieces does not matter; no more of it is held back than could be, or belong to, a call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import msgspec

CALL: Final = "<tool_call>"
CALL_END: Final = "</tool_call>"
RESULT: Final = "<tool_result"
RESULT_END: Final = "</tool_result>"
_ARGUMENTS: Final = ("arguments", "input", "parameters")
_START: Final = re.compile(r"\s*(\S)")
_MARK: Final = re.compile(rf'"|{re.escape(CALL_END)}')
_STRING_MARK: Final = re.compile(r'["\\]')
_FENCED: Final = re.compile(r"\s*```[a-z]*\n(.*)\n\s*```\s*", re.DOTALL)
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


@dataclass(frozen=True, slots=True)
class TextPiece:
    text: str


@dataclass(frozen=True, slots=True)
class CallPiece:
    """`arguments` is the text of one JSON object."""

    name: str
    arguments: str


Piece = TextPiece | CallPiece


class TagReader:
    """Tells calls from text as an answer streams."""

    __slots__ = (
        "_at",
        "_behind",
        "_buffer",
        "_called",
        "_fences",
        "_in_call",
        "_in_string",
        "_names",
        "_over",
        "_single",
        "_space",
        "dropped",
    )

    def __init__(self, names: Collection[str] = (), *, single: bool = False) -> None:
        """`names` of the tools that were offered; empty: any. `single`: the client takes one call at a time."""
        self._names = frozenset(names)
        self._single = single
        self._buffer = ""
        """Text that is not told apart yet; within a call, all that stands behind its tag."""
        self._space: list[str] = []
        """White space that is the model's if text follows, and the call's if a call does."""
        self._fences = _Fences()
        self._in_call = False
        self._in_string = False
        self._at = 0
        """How far a call has been looked through for its end."""
        self._called = False
        self._behind = False
        """Nothing has been said since the last call."""
        self._over = False
        self.dropped = 0
        """Characters behind the calls that nobody is shown."""

    def feed(self, text: str) -> list[Piece]:
        """What is certain by now."""
        if self._over:
            self.dropped += len(text)
            return []
        self._buffer += text
        return self._read()

    def close(self) -> list[Piece]:
        """What was held back. A call whose end never came is one all the same if it can be read."""
        pieces: list[Piece] = []
        while self._in_call:
            body, tag, rest = self._buffer.partition(CALL_END)
            self._buffer = rest
            self._end_call(body, tag, pieces)
            pieces += self._read()
        self._say(self._buffer, pieces)
        if self._space and not self._behind:
            pieces.append(TextPiece("".join(self._space)))
        self._buffer = ""
        self._space.clear()
        return pieces

    def _read(self) -> list[Piece]:
        pieces: list[Piece] = []
        while self._call(pieces) if self._in_call else self._text(pieces):
            pass
        return pieces

    def _text(self, pieces: list[Piece]) -> bool:
        """Reads up to the next tag. False: more is needed to go on."""
        tags = (CALL, RESULT) if self._called else (CALL,)
        at, tag = min(
            ((found, tag) for tag in tags if (found := self._buffer.find(tag)) >= 0), default=(-1, "")
        )
        if not tag:
            certain = len(self._buffer) - max(_possible(self._buffer, tag) for tag in tags)
            self._say(self._buffer[:certain], pieces)
            self._buffer = self._buffer[certain:]
            return False
        self._say(self._buffer[:at], pieces)
        self._buffer = self._buffer[at + len(tag) :]
        if self._fences.open:
            self._say(tag, pieces)
        elif tag == RESULT:
            self._end(RESULT)
        else:
            self._in_call, self._in_string, self._at = True, False, 0
        return bool(self._buffer)

    def _call(self, pieces: list[Piece]) -> bool:
        """Reads up to the call's end. False: more is needed to go on."""
        start = _START.match(self._buffer)
        if start is None:
            return False
        if start[1] not in "{`":
            self._in_call = False
            self._say(CALL, pieces)
            return True
        if not self._found_end():
            return False
        body, self._buffer = self._buffer[: self._at], self._buffer[self._at + len(CALL_END) :]
        self._end_call(body, CALL_END, pieces)
        return bool(self._buffer)

    def _found_end(self) -> bool:
        """Looks on for the closing tag, past strings. If there, `_at` is where it begins."""
        while True:
            found = (_STRING_MARK if self._in_string else _MARK).search(self._buffer, self._at)
            if found is None:
                held = 0 if self._in_string else len(CALL_END) - 1
                self._at = max(self._at, len(self._buffer) - held)
                return False
            if found[0] == "\\":
                if found.end() == len(self._buffer):
                    self._at = found.start()
                    return False
                self._at = found.end() + 1
            elif found[0] == '"':
                self._in_string = not self._in_string
                self._at = found.end()
            else:
                self._at = found.start()
                return True

    def _end_call(self, body: str, tag: str, pieces: list[Piece]) -> None:
        self._in_call = False
        call = _read_call(body)
        if call is None or (self._names and call.name not in self._names):
            self._say(CALL + body + tag, pieces)
            return
        self._space.clear()
        self._called = self._behind = True
        pieces.append(call)
        if self._single:
            self._end("")

    def _end(self, read: str) -> None:
        self._over = True
        self.dropped += len(read + self._buffer)
        self._buffer = ""

    def _say(self, text: str, pieces: list[Piece]) -> None:
        self._fences.read(text)
        said = text.rstrip()
        if said:
            shown = "".join((*self._space, said))
            pieces.append(TextPiece(shown.lstrip() if self._behind else shown))
            self._behind = False
            self._space.clear()
        if rest := text[len(said) :]:
            self._space.append(rest)


class _Fences:
    """Whether a text, as far as it was read, stands within a fenced block of code."""

    __slots__ = ("_line", "_mark")

    def __init__(self) -> None:
        self._mark = ""
        self._line = ""

    @property
    def open(self) -> bool:
        return bool(self._mark)

    def read(self, text: str) -> None:
        *lines, rest = text.split("\n")
        for line in lines:
            self._end_line(self._line + line)
            self._line = ""
        self._line += rest

    def _end_line(self, line: str) -> None:
        found = _FENCE.match(line)
        if found is None:
            return
        mark, info = found[1], found[2]
        if not self._mark:
            # A backtick in the rest of the line makes it a span of code, not the beginning of a block.
            self._mark = "" if mark[0] == "`" and "`" in info else mark
        elif mark.startswith(self._mark) and not info.strip():
            self._mark = ""


def _read_call(body: str) -> CallPiece | None:
    if (fenced := _FENCED.fullmatch(body)) is not None:
        body = fenced[1]
    value = _object(body)
    if value is None or not isinstance(value.get("name"), str) or not value["name"]:
        return None
    arguments = next((value[name] for name in _ARGUMENTS if name in value), msgspec.Raw(b"{}"))
    text = _arguments(arguments)
    return None if text is None else CallPiece(value["name"], text)


def _object(body: str) -> dict[str, Any] | None:
    """The members; those that hold arguments as they were written, where that is JSON."""
    try:
        value = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        name = msgspec.json.decode(value.get("name", b"null"))
    except (ValueError, RecursionError):
        return _lenient(body)
    return {**value, "name": name}


def _lenient(body: str) -> dict[str, Any] | None:
    """Models break lines within strings, which JSON forbids."""
    try:
        value = json.loads(body, strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _arguments(value: Any) -> str | None:
    """The text of an object. Given as a string, it is the text itself."""
    if isinstance(value, msgspec.Raw):
        text = bytes(value).decode().strip()
        value = _plain(text)
        if isinstance(value, dict):
            return text
    if isinstance(value, str):
        text = value.strip() or "{}"
        return text if isinstance(_plain(text), dict) else None
    if value is None:
        return "{}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else None


def _plain(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return False


def _possible(text: str, tag: str) -> int:
    """How many of the last characters could begin the tag."""
    for size in range(min(len(tag) - 1, len(text)), 0, -1):
        if tag.startswith(text[-size:]):
            return size
    return 0
