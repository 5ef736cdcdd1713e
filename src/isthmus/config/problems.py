"""What is wrong with a configuration, said so that it can be put right: where, what, what was found, and the way out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

Key = tuple[str | int, ...]
"""Where a value stands in the settings: names of mappings, positions in lists."""

_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_*-][A-Za-z0-9_*:/@-]*\Z")
_MAX_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right. Never holds the value of a secret."""

    place: str
    """`isthmus.yaml:12`, the name of an environment variable, or the command line."""
    path: str
    """Dotted name of the setting; empty when the whole file is meant."""
    what: str
    found: str | None = None
    way_out: str | None = None

    def __str__(self) -> str:
        text = ": ".join(part for part in (self.place, self.path, self.what) if part)
        if self.found is not None:
            text += f" (found {self.found})"
        return f"{text}; {self.way_out}" if self.way_out else text


class ConfigError(Exception):
    """The configuration cannot be used. Lists every problem that was found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__(
            "\n".join([f"the configuration has {count}:", *(f"  {each}" for each in self.problems)])
        )


def dotted(key: Key) -> str:
    """`providers.local.models[0]`; names that could be misread are quoted."""
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if _PLAIN_NAME.match(part) else repr(part[:_MAX_SHOWN])
            text += f".{name}" if text else name
    return text


def show(value: object) -> str:
    """A value as it may be printed: scalars short and escaped, structures by kind, addresses with credentials not at all."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str() if "://" in value and ("@" in value or "?" in value):
            return "an address that may hold credentials"
        case str() if len(value) > _MAX_SHOWN:
            return repr(value[:_MAX_SHOWN] + "…")
        case int() if value.bit_length() > _MAX_SHOWN:
            return "a very large number"
        case str() | int() | float():
            return repr(value)
        case _:
            return kind(value)


def kind(value: object) -> str:
    """What sort of thing a value is, for messages that must not or need not show it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case str():
            return "text"
        case int() | float():
            return "a number"
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return "something else"


def suggest(wrong: str, known: Sequence[str]) -> str | None:
    """The known name that was probably meant."""
    lowered = {name.lower(): name for name in reversed(known)}
    near = get_close_matches(wrong.lower(), list(lowered), n=1, cutoff=0.6)
    return lowered[near[0]] if near else None


def way_out_among(wrong: str, known: Sequence[str]) -> str:
    """`did you mean 'x'?` for a near miss, the choices otherwise."""
    near = suggest(wrong, known)
    return (
        f"did you mean {near!r}?" if near else f"choose one of {', '.join(dotted((name,)) for name in known)}"
    )
