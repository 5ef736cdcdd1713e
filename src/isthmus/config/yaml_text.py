"""YAML for settings: the safe, small part of it, with a line number for every value.

Plain words follow YAML 1.2: only `true` and `false` are booleans, and no date or base-60 number appears by accident where
a model is called `2024-08-06` or `no`. Names of mappings are always text. Anchors, aliases and `<<` work.
"""

from __future__ import annotations

import re
from typing import Final

import yaml

from isthmus.config.jsonc import MAX_DEPTH, SyntaxProblem
from isthmus.config.problems import Key

_TAG: Final = "tag:yaml.org,2002:"
_MAX_NODES: Final = 100_000
"""Aliases of aliases can stand for billions of values; a configuration has some hundreds."""


_UNKNOWN_TAG: Final = (
    "a value that starts with `!` is read as a tag, and this tag is unknown: quote the value"
)


class _Loader(yaml.SafeLoader):
    """Only its own table of plain words; nothing is constructed from a tag."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's interface


for _name, _pattern, _first in (
    ("null", r"(?:~|null|Null|NULL|)\Z", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)\Z", list("tTfF")),
    ("int", r"(?:[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+)\Z", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z", list("-+.0123456789")),
    ("merge", r"<<\Z", ["<"]),
):
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(_pattern), _first)


class Reader:
    """Reads one text. `lines` and `duplicates` are filled while reading."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._nodes = 0
        self.lines: dict[Key, int] = {}
        self.duplicates: list[tuple[Key, int]] = []

    def read(self) -> object:
        """The document as one value, None when it is empty. Raises `SyntaxProblem`."""
        try:
            node = yaml.compose(self._text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise SyntaxProblem(
                mark.line + 1 if mark else 1, _complaint(error.problem or "not YAML")
            ) from None
        except yaml.reader.ReaderError as error:
            line = self._text.count("\n", 0, error.position) + 1
            raise SyntaxProblem(line, "a character that YAML does not allow") from None
        except RecursionError:
            raise SyntaxProblem(1, f"nested deeper than {MAX_DEPTH} levels") from None
        return None if node is None else self._value(node, ())

    def _value(self, node: yaml.Node, key: Key) -> object:
        self._nodes += 1
        if len(key) > MAX_DEPTH:
            raise SyntaxProblem(_line(node), f"nested deeper than {MAX_DEPTH} levels")
        if self._nodes > _MAX_NODES:
            raise SyntaxProblem(_line(node), f"more than {_MAX_NODES} values")
        self.lines.setdefault(key, _line(node))
        if isinstance(node, yaml.CollectionNode) and node.tag not in (f"{_TAG}map", f"{_TAG}seq"):
            raise SyntaxProblem(_line(node), _UNKNOWN_TAG)
        match node:
            case yaml.MappingNode():
                return self._mapping(node, key)
            case yaml.SequenceNode():
                return [self._value(child, (*key, at)) for at, child in enumerate(node.value)]
            case yaml.ScalarNode():
                return _scalar(node)
            case _:
                raise SyntaxProblem(_line(node), "not a value")

    def _mapping(self, node: yaml.MappingNode, key: Key) -> dict[str, object]:
        entries: dict[str, object] = {}
        merged: list[yaml.Node] = []
        for name_node, value_node in node.value:
            if name_node.tag == f"{_TAG}merge":
                merged.append(value_node)
                continue
            if not isinstance(name_node, yaml.ScalarNode):
                raise SyntaxProblem(_line(name_node), "a name must be plain text")
            name = _joined(name_node.value)
            child = (*key, name)
            if name in entries:
                self.duplicates.append((child, _line(name_node)))
            self.lines[child] = _line(name_node)
            entries[name] = self._value(value_node, child)
        for source in merged:
            self._merge(source, key, entries)
        return entries

    def _merge(self, node: yaml.Node, key: Key, into: dict[str, object]) -> None:
        """`<<`: what stands beside it wins over what it brings."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for source in sources:
            if not isinstance(source, yaml.MappingNode):
                raise SyntaxProblem(_line(node), "`<<` takes a mapping or a list of mappings")
            if len(key) >= MAX_DEPTH:
                raise SyntaxProblem(_line(node), f"nested deeper than {MAX_DEPTH} levels")
            # One level deeper than it will stand, so that a mapping merged into itself is found out.
            brought = self._mapping(source, (*key, "<<"))
            for name, value in brought.items():
                into.setdefault(name, value)


def _complaint(problem: str) -> str:
    """PyYAML's words without what they quote: an unquoted password may well begin with `*` or `!`."""
    if "alias" in problem or "anchor" in problem:
        return "a value that starts with `*` or `&` is read as an alias or anchor, and this one is unknown: quote the value"
    if r"'\t'" in problem:
        return "a tab where YAML allows none: indent with spaces"
    return re.sub(r"'[^'\s,]{4,}'", "…", problem)


def _line(node: yaml.Node) -> int:
    line: int = node.start_mark.line
    return line + 1


def _joined(text: str) -> str:
    """JSON writes a character beyond U+FFFF as two escapes; PyYAML leaves them apart. A half alone stays as it is."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _scalar(node: yaml.ScalarNode) -> object:
    text = _joined(str(node.value))
    try:
        match node.tag.removeprefix(_TAG):
            case "str" | "merge":
                return text
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
            case "float":
                return float(text)
            case _:
                raise SyntaxProblem(_line(node), _UNKNOWN_TAG)
    except ValueError:
        raise SyntaxProblem(_line(node), "not a usable number") from None
