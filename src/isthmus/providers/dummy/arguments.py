"""Arguments for a call, made from the tool's schema and, where it can be guessed, from what the user said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from isthmus.core.conversation import Tool
from isthmus.providers.dummy.example import example, kind_of
from isthmus.providers.dummy.scene import schema_of

_PLACE: Final = re.compile(r"\b(?:in|at|for|of|to|near)\s+([A-Z][\w'-]*(?:,?\s+[A-Z][\w'-]*)*)")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
_PLACE_NAMES: Final = frozenset(("location", "city", "place", "town", "address", "country", "destination"))
_WHOLE_NAMES: Final = frozenset(
    (
        "query",
        "q",
        "question",
        "text",
        "prompt",
        "message",
        "input",
        "expression",
        "task",
        "search",
        "thought",
    )
)


def arguments_for(tool: Tool, request: str = "") -> dict[str, Any]:
    """Values that satisfy the schema; those of the required properties are taken from the request where one fits."""
    schema = schema_of(tool)
    made = example(schema)
    if not isinstance(made, dict):
        return {}
    properties = schema.get("properties")
    numbers = iter(_NUMBER.findall(request))
    for name, wanted in (properties if isinstance(properties, dict) else {}).items():
        if name in made and isinstance(wanted, dict):
            guess = _guess(name.lower(), wanted, request, numbers)
            made[name] = made[name] if guess is None else guess
    return made


def call_text(arguments: Mapping[str, Any]) -> str:
    return msgspec.json.encode(arguments).decode()


def _guess(name: str, wanted: Mapping[str, Any], request: str, numbers: Iterator[str]) -> Any:
    choices = wanted.get("enum")
    if isinstance(choices, list):
        low = request.lower()
        return next((each for each in choices if isinstance(each, str) and each.lower() in low), None)
    match kind_of(wanted):
        case "integer":
            return next((int(each) for each in numbers if "." not in each), None)
        case "number":
            return next((float(each) for each in numbers), None)
        case "string" if name in _PLACE_NAMES and (found := _PLACE.search(request)):
            return found[1]
        case "string" if name in _WHOLE_NAMES and request and "maxLength" not in wanted:
            return request
        case _:
            return None
