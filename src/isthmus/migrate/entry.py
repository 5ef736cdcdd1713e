"""A mapping of another program, read key by key, so that no key is lost: what nobody asked for is reported as unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar

from isthmus.config.problems import kind
from isthmus.core.figures import number_of
from isthmus.migrate.haul import Line, Report

_TRUE: Final = frozenset(("true", "yes", "on", "y", "1"))
_FALSE: Final = frozenset(("false", "no", "off", "n", "0"))
Value = TypeVar("Value")


class Entry:
    """One mapping and where it stands. A value of the wrong kind is reported as left out and counts as absent."""

    def __init__(self, values: Mapping[str, object], report: Report, path: str = "") -> None:
        self.path = path
        self.report = report
        self._values = values
        self._taken: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def at(self, name: str) -> str:
        """The dotted path of a key, as the report names it; of the mapping itself for an empty name."""
        if not name:
            return self.path
        return f"{self.path}.{name}" if self.path else name

    def take(self, *names: str) -> object:
        """The value as it is, of the first of these names that has one; all count as read."""
        self._taken.update(names)
        return next((self._values[name] for name in names if self._values.get(name) is not None), None)

    def text(self, *names: str) -> str | None:
        """Numbers are text too: nobody quotes a key made of digits."""
        return self._as("text", _text, names)

    def integer(self, *names: str) -> int | None:
        return self._as("a whole number", _integer, names)

    def number(self, *names: str) -> float | None:
        return self._as("a number", number_of, names)

    def flag(self, *names: str, words: bool = False) -> bool | None:
        """`words`: `yes`, `on`, `1` and their opposites count, as YAML 1.1 and environment variables have them."""
        return self._as("true or false", _word if words else _flag, names)

    def texts(self, *names: str) -> list[str]:
        """A list of texts; a text alone is a list of one."""
        match self.take(*names):
            case None:
                return []
            case str(text):
                return [text]
            case list(items):
                found = [
                    str(each) for each in items if isinstance(each, str | int) and not isinstance(each, bool)
                ]
                if len(found) < len(items):
                    self._wrong(names, items, "a list of texts alone: the other entries are left out")
                return found
            case other:
                self._wrong(names, other, "a list of texts")
                return []

    def below(self, *names: str) -> Entry:
        """The mapping under a key; an empty one when there is none."""
        match self.take(*names):
            case None:
                values: Mapping[str, object] = {}
            case dict(found):
                values = found
            case other:
                self._wrong(names, other, "a mapping")
                values = {}
        return Entry(values, self.report, self.at(self._named(names)))

    def each_below(self, *names: str) -> list[Entry]:
        """The mappings of a list, each with its place in it."""
        path = self.at(self._named(names))
        match self.take(*names):
            case None:
                return []
            case list(items):
                pass
            case other:
                self._wrong(names, other, "a list")
                return []
        found = []
        for place, item in enumerate(items):
            if isinstance(item, dict):
                found.append(Entry(item, self.report, f"{path}[{place}]"))
            else:
                self.report.left_out.append(
                    Line(f"{path}[{place}]", f"expected a mapping, found {kind(item)}")
                )
        return found

    def names(self) -> list[str]:
        return [str(name) for name in self._values]

    def given(self) -> Iterator[tuple[str, object]]:
        """Every key with a value; all count as read."""
        self._taken.update(self.names())
        return ((str(name), value) for name, value in self._values.items() if value is not None)

    def all_texts(self) -> dict[str, str]:
        """Every key whose value is text; the others are reported."""
        found = {name: self.text(name) for name, _ in self.given()}
        return {name: text for name, text in found.items() if text is not None}

    def carried(self, name: str, text: str = "") -> None:
        self.report.carried.append(Line(self.at(name), text))

    def changed(self, name: str, text: str) -> None:
        self.report.changed.append(Line(self.at(name), text))

    def left_out(self, name: str, text: str) -> None:
        self.report.left_out.append(Line(self.at(name), text))

    def leave_out(self, reasons: Mapping[str, str]) -> None:
        """Reports the keys among these that are there, each with its reason and way out. Their values are not shown."""
        for name, reason in reasons.items():
            if name in self:
                self.left_out(name, reason)
            self._taken.add(name)

    def rest_is_unknown(self) -> None:
        """Call it last: every key that nobody asked for."""
        for name in self.names():
            if name not in self._taken:
                self.report.unknown.append(Line(self.at(name)))

    def _as(
        self, wanted: str, convert: Callable[[object], Value | None], names: tuple[str, ...]
    ) -> Value | None:
        value = self.take(*names)
        if value is None:
            return None
        found = convert(value)
        if found is None:
            self._wrong(names, value, wanted)
        return found

    def _named(self, names: tuple[str, ...]) -> str:
        return next((name for name in names if self._values.get(name) is not None), names[0])

    def _wrong(self, names: tuple[str, ...], value: object, wanted: str) -> None:
        self.left_out(
            self._named(names), f"expected {wanted}, found {kind(value)}: put it right there and run again"
        )


def _text(value: object) -> str | None:
    match value:
        case bool():
            return None
        case str() | int():
            return str(value)
        case _:
            return None


def _integer(value: object) -> int | None:
    found = number_of(value)
    return int(found) if found is not None and found.is_integer() else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _word(value: object) -> bool | None:
    word = str(value).strip().lower()
    return word in _TRUE if word in _TRUE | _FALSE else None
