"""A small value that satisfies a JSON Schema, and arguments for a call, with what the user said where it fits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from isthmus.simulators.amazon_q.answers import Json

MOST_DEPTH: Final = 12
_SCALARS: Final[dict[str, Any]] = {
    "string": "example",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "null": None,
}
_PLACES: Final = frozenset("city location place town address country destination".split())
_WHOLE: Final = frozenset("query q question text prompt message input expression task search thought".split())
_PLACE: Final = re.compile(r"\b(?:in|at|for|of|to|near)\s+([A-Z][\w'-]*(?:,?\s+[A-Z][\w'-]*)*)")


def example(schema: Json, root: Json | None = None, depth: int = 0) -> Any:
    """Required properties (all of them when none is); the first of any choice."""
    root = schema if root is None else root
    if depth > MOST_DEPTH:
        return None
    match schema:
        case {"$ref": str(ref)}:
            return example(_resolved(ref, root), root, depth + 1)
        case {"const": value}:
            return value
        case {"enum": [first, *_]}:
            return first
        case (
            {"anyOf": [dict() as first, *_]}
            | {"oneOf": [dict() as first, *_]}
            | {"allOf": [dict() as first, *_]}
        ):
            return example(first, root, depth + 1)
        case _:
            return _typed(schema, root, depth)


def _typed(schema: Json, root: Json, depth: int) -> Any:
    kind = schema.get("type") or ("object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        properties = schema.get("properties") or {}
        return {
            name: example(properties.get(name) or {}, root, depth + 1)
            for name in schema.get("required") or properties
        }
    if kind == "array":
        return [example(schema.get("items") or {}, root, depth + 1)] * max(
            1, int(schema.get("minItems") or 1)
        )
    value = _SCALARS.get(kind, "example")
    low = schema.get("minimum")
    return low if isinstance(low, int | float) and isinstance(value, int | float) and value < low else value


def _resolved(ref: str, root: Json) -> Json:
    at: Any = root
    for step in ref.removeprefix("#").strip("/").split("/"):
        if step:
            at = at.get(step) if isinstance(at, dict) else None
    return at if isinstance(at, dict) else {}


def schema_of(tool: Json) -> Json:
    schema = (tool.get("inputSchema") or {}).get("json")
    return schema if isinstance(schema, dict) else {}


def arguments(tool: Json, request: str = "", place: str | None = None) -> Json:
    """For a call of the tool: from its schema, a place or the whole request where a property asks for such."""
    schema = schema_of(tool)
    made = example({"type": "object", **schema})
    if not isinstance(made, dict):
        return {}
    for name in made:
        if name.lower() in _PLACES and (said := place or next(places_in(request), None)):
            made[name] = said
        elif name.lower() in _WHOLE and isinstance(made[name], str) and request:
            made[name] = request
    return made


def wants_a_place(tool: Json) -> bool:
    return any(name.lower() in _PLACES for name in schema_of(tool).get("properties") or {})


def places_in(request: str) -> Iterator[str]:
    """Each once, in order: of "in Paris and in Rome" both."""
    yield from dict.fromkeys(_PLACE.findall(request))


def find_schema(text: str, decoder: Any) -> Json | None:
    """The first JSON object in a text that is a schema."""
    at = text.find("{")
    while at != -1:
        try:
            value, _ = decoder.raw_decode(text, at)
        except ValueError:
            value = None
        if isinstance(value, dict) and (
            isinstance(value.get("type"), str) or "properties" in value or "$ref" in value
        ):
            return value
        at = text.find("{", at + 1)
    return None
