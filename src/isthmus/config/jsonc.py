"""JSON as people write it in files: with comments and trailing commas, and with a line number for every value."""

from __future__ import annotations

import re
from collections.abc import Callable
from json import JSONDecodeError, JSONDecoder
from typing import Final, NoReturn

from isthmus.config.problems import Key

MAX_DEPTH: Final = 32
_GAP: Final = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)


class SyntaxProblem(Exception):
    """The text cannot be read; `line` counts from 1."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


_SCALARS: Final = JSONDecoder(parse_constant=_refuse_constant)


class Reader:
    """Reads one text. `lines` and `duplicates` are filled while reading."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line_at = (0, 1)
        self.lines: dict[Key, int] = {}
        self.duplicates: list[tuple[Key, int]] = []

    def read(self) -> object:
        """The whole text as one value, None when it holds nothing but comments. Raises `SyntaxProblem`."""
        if self._peek() == "":
            return None
        value = self._value(())
        if self._peek():
            self._fail("expected the end of the file")
        return value

    def _value(self, key: Key) -> object:
        if len(key) > MAX_DEPTH:
            self._fail(f"nested deeper than {MAX_DEPTH} levels")
        opening = self._peek()
        self.lines.setdefault(key, self._line())
        if opening == "{":
            return self._mapping(key)
        if opening == "[":
            return self._list(key)
        return self._scalar()

    def _mapping(self, key: Key) -> dict[str, object]:
        entries: dict[str, object] = {}

        def entry() -> None:
            line = self._name_line()
            name = self._scalar()
            assert isinstance(name, str)
            child = (*key, name)
            if name in entries:
                self.duplicates.append((child, line))
            self._expect(":")
            self.lines[child] = line
            entries[name] = self._value(child)

        self._until("}", entry)
        return entries

    def _name_line(self) -> int:
        if self._peek() != '"':
            self._fail('expected a name in double quotes or "}"')
        return self._line()

    def _list(self, key: Key) -> list[object]:
        items: list[object] = []
        self._until("]", lambda: items.append(self._value((*key, len(items)))))
        return items

    def _until(self, closing: str, entry: Callable[[], None]) -> None:
        """Entries between commas; one comma too many before the end is allowed."""
        self._at += 1
        while self._peek() != closing:
            entry()
            if self._peek() != closing:
                self._expect(",", f'expected "," or "{closing}"')
        self._at += 1

    def _scalar(self) -> object:
        try:
            value, self._at = _SCALARS.raw_decode(self._text, self._at)
        except JSONDecodeError as error:
            self._at = min(error.pos, len(self._text))
            self._fail(error.msg[:1].lower() + error.msg[1:])
        except ValueError:
            self._fail("not a usable number")
        return value

    def _peek(self) -> str:
        """The next character that is neither white space nor comment; empty at the end."""
        gap = _GAP.match(self._text, self._at)
        self._at = gap.end() if gap else self._at
        return self._text[self._at : self._at + 1]

    def _expect(self, character: str, otherwise: str | None = None) -> None:
        if self._peek() != character:
            self._fail(otherwise or f'expected "{character}"')
        self._at += 1

    def _line(self) -> int:
        """Counted on from the last time, so that a large file is not counted over and over."""
        position, line = self._line_at
        if self._at < position:
            position, line = 0, 1
        line += self._text.count("\n", position, self._at)
        self._line_at = (self._at, line)
        return line

    def _fail(self, what: str) -> NoReturn:
        raise SyntaxProblem(self._line(), what)
