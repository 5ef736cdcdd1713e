"""`$NAME` and `${NAME}` in claude-code-router's files stand for environment variables; one that is not set stays as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

KEYS: Final = ("api_key", "apiKey", "apikey")
_KEPT: Final = frozenset((*KEYS, "APIKEY"))
_REFERENCE: Final = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))", re.ASCII)


@dataclass(frozen=True, slots=True)
class Expanded:
    text: str
    used: str | None = None
    """A variable that it was made with."""
    unset: str | None = None
    """The first that is not set; the text is as it was then."""


def expanded(text: str, env: Mapping[str, str]) -> Expanded:
    names = [one or other for one, other in _REFERENCE.findall(text)]
    for name in names:
        if not env.get(name):
            return Expanded(text, unset=name)
    filled = _REFERENCE.sub(lambda found: env[found[1] or found[2]], text)
    return Expanded(filled, names[-1] if names else None)


def filled(value: Any, env: Mapping[str, str]) -> Any:
    """Every text of a value but keys, whose variables are reported."""
    match value:
        case str():
            return expanded(value, env).text
        case list():
            return [filled(each, env) for each in value]
        case dict():
            return {name: each if name in _KEPT else filled(each, env) for name, each in value.items()}
        case _:
            return value
