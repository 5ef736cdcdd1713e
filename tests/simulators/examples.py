"""A small value that satisfies a JSON Schema: what a simulated model writes into a call or a structured answer."""

from __future__ import annotations

from typing import Any

from .answers import Json

_SCALARS: dict[str, object] = {"string": "sim", "integer": 1, "number": 1.5, "boolean": True, "null": None}


def example(schema: Json, root: Json | None = None) -> Any:
    """Required properties only; the first of any choice; references within the same schema are followed."""
    root = schema if root is None else root
    match schema:
        case {"$ref": str(ref)}:
            return example(_resolved(ref, root), root)
        case {"const": value}:
            return value
        case {"enum": [first, *_]}:
            return first
        case {"anyOf": [first, *_]} | {"oneOf": [first, *_]} | {"allOf": [first, *_]}:
            return example(first, root)
        case _:
            pass
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        return {name: example(properties.get(name, {}), root) for name in schema.get("required", ())}
    if kind == "array":
        return [example(schema.get("items", {}), root)] * int(schema.get("minItems", 1))
    return _SCALARS.get(kind or "string", "sim")


def _resolved(ref: str, root: Json) -> Json:
    at: Any = root
    for step in ref.removeprefix("#/").split("/"):
        at = at[step]
    found: Json = at
    return found
