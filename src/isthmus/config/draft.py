"""A configuration before it is judged: plain values, and where each of them was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from isthmus.config import jsonc, yaml_text
from isthmus.config.problems import ConfigError, Key, Problem, dotted, kind


@dataclass(slots=True)
class Draft:
    """Filled by a file, then by the environment, then by the command line; each says where its values stand."""

    values: dict[str, object] = field(default_factory=dict)
    places: dict[Key, str] = field(default_factory=dict)
    templates: dict[Key, str] = field(default_factory=dict)
    """Texts as they were before `${NAME}` was replaced; messages show these, never what came in."""
    unfilled: set[Key] = field(default_factory=set)
    """Texts whose variable is missing: that is said once, and their content is not judged."""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def place(self, key: Key) -> str:
        """The nearest known place of a setting."""
        for length in range(len(key), -1, -1):
            if (place := self.places.get(key[:length])) is not None:
                return place
        return ""

    def value(self, key: Key) -> object:
        """What was written there; None when nothing was."""
        found: object = self.values
        for part in key:
            if isinstance(found, dict):
                found = found.get(part)
            elif isinstance(found, list | tuple) and isinstance(part, int) and part < len(found):
                found = found[part]
            else:
                return None
        return found

    def problem(self, key: Key, what: str, way_out: str | None = None, *, found: str | None = None) -> None:
        self.problems.append(Problem(self.place(key), dotted(key), what, found, way_out))

    def rename(self, key: Key, name: str) -> None:
        """What was written under `key` counts as written under `name` beside it."""
        parent, own = self.value(key[:-1]), (*key[:-1], name)
        if isinstance(parent, dict):
            parent[name] = parent.pop(str(key[-1]))
            self.places[own] = self.place(key)
            if key in self.templates:
                self.templates[own] = self.templates[key]
            if key in self.unfilled:
                self.unfilled.add(own)

    def put(self, key: Key, value: object, place: str) -> None:
        """A later source's value. Mappings are merged name by name, everything else gives way."""
        parent = self.values
        for part in key[:-1]:
            child = parent.get(str(part))
            if child is None:
                child = parent[str(part)] = {}
            if not isinstance(child, dict):
                what, way_out = "stands inside something that is not a mapping", "write a mapping there"
                self.problems.append(Problem(place, dotted(key), what, kind(child), way_out))
                return
            parent = child
        name = str(key[-1])
        if isinstance(value, Mapping) and isinstance(parent.get(name), dict):
            for inner, each in value.items():
                self.put((*key, str(inner)), each, place)
            return
        parent[name] = dict(value) if isinstance(value, Mapping) else value
        for table in (self.places, self.templates):
            for stale in [each for each in table if each[: len(key)] == key]:
                del table[stale]
        self.unfilled = {each for each in self.unfilled if each[: len(key)] != key}
        self.places[key] = place


def read_draft(path: Path) -> Draft:
    """The file as a draft. Raises `ConfigError` when it cannot be read at all; duplicate names are among its problems."""
    text = _read_text(path)
    reader = jsonc.Reader(text) if _is_json(path, text) else yaml_text.Reader(text)
    try:
        root = reader.read()
    except jsonc.SyntaxProblem as error:
        way_out = "correct the syntax there or just above"
        raise ConfigError([Problem(f"{path}:{error.line}", "", error.what, way_out=way_out)]) from None
    if root is not None and not isinstance(root, dict):
        what = "expected settings by name, such as `server:` or `providers:`"
        raise ConfigError([Problem(f"{path}:1", "", what, way_out="see docs/configuration.md")])
    draft = Draft(root or {}, {key: f"{path}:{line}" for key, line in reader.lines.items()})
    draft.places[()] = str(path)
    for key, line in reader.duplicates:
        problem = Problem(f"{path}:{line}", dotted(key), "written twice", way_out="remove one of them")
        draft.problems.append(problem)
    return draft


def _is_json(path: Path, text: str) -> bool:
    if path.suffix.lower() in (".json", ".jsonc", ".json5"):
        return True
    return path.suffix.lower() not in (".yaml", ".yml") and text.lstrip().startswith(("{", "//", "/*"))


def _read_text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise ConfigError(
            [Problem(str(path), "", reason, way_out="give the path of a readable file")]
        ) from None
    except ValueError:
        raise ConfigError([Problem(repr(str(path)), "", "not a path of a file")]) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            [Problem(f"{path}:{line}", "", "not UTF-8", way_out="save the file as UTF-8")]
        ) from None
