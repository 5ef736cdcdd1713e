"""LiteLLM's files as one mapping, and the pointers to the environment in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from isthmus.migrate.haul import Line, Report
from isthmus.migrate.source import Unreadable, read_yaml

_POINTER: Final = "os.environ/"
_MAX_FILES: Final = 50


@dataclass(frozen=True, slots=True)
class Meant:
    """What a text of the file stands for."""

    text: str | None
    """None: there is no value, and `problem` says why."""
    variable: str | None = None
    """The environment variable it was taken from."""
    problem: str | None = None


def meaning(text: str, env: Mapping[str, str]) -> Meant:
    """`os.environ/NAME` is a text as a whole, never a part of one."""
    if text.startswith("oidc/"):
        return Meant(None, problem="points to another store of secrets: add an account with the key itself")
    if not text.startswith(_POINTER):
        return Meant(text)
    name = text.removeprefix(_POINTER)
    if env.get(name):
        return Meant(env[name], name)
    return Meant(None, name, f"environment variable {name} is not set: set it and run again")


def with_includes(path: Path, value: dict[str, Any], report: Report) -> dict[str, Any]:
    """The file with those that it includes: lists are added up, of mappings the including file wins."""
    merged = {name: each for name, each in value.items() if name != "include"}
    waiting = [(path, each) for each in _included(value)]
    seen = {path.resolve()}
    while waiting and len(seen) < _MAX_FILES:
        parent, name = waiting.pop(0)
        file = parent.parent / name
        if file.resolve() in seen:
            continue
        seen.add(file.resolve())
        found = _part(file, name, report)
        waiting += [(file, each) for each in _included(found)]
        _merge(merged, found)
    return merged


def _included(value: dict[str, Any]) -> list[str]:
    names = value.get("include")
    return [each for each in names if isinstance(each, str)] if isinstance(names, list) else []


def _part(file: Path, name: str, report: Report) -> dict[str, Any]:
    try:
        found = read_yaml(file)
    except Unreadable as error:
        report.left_out.append(Line(f"include {name}", str(error)))
        return {}
    report.carried.append(Line(f"include {name}", "read with the rest"))
    return found if isinstance(found, dict) else {}


def _merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for name, value in more.items():
        if name == "include":
            continue
        there = into.get(name)
        if isinstance(there, list) and isinstance(value, list):
            into[name] = [*there, *value]
        elif isinstance(there, dict) and isinstance(value, dict):
            into[name] = {**value, **there}
        else:
            into.setdefault(name, value)
