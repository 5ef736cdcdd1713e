"""A small value that satisfies a JSON Schema: what the simulated model writes into calls and structured answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]
MAX_DEPTH: Final = 12
_FORMATS: Final = {
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "someone@example.com",
    "hostname": "example.com",
    "uri": "https://example.com/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def example(schema: Schema, root: Schema | None = None, depth: int = 0) -> Any:
    """Required properties (all of them when none is), first choices, lower bounds. `pattern` is not looked at."""
    root = schema if root is None else root
    if depth > MAX_DEPTH:
        return None
    match schema:
        case {"$ref": str(ref)}:
            return example(_resolved(ref, root), root, depth + 1)
        case {"const": value}:
            return value
        case {"enum": [first, *_]} | {"examples": [first, *_]}:
            return first
        case {"anyOf": [Mapping() as first, *_]} | {"oneOf": [Mapping() as first, *_]}:
            return example({**_without_choices(schema), **first}, root, depth + 1)
        case {"allOf": [_, *_] as all_of}:
            return example(_merged(schema, all_of, root), root, depth + 1)
        case _:
            return _typed(schema, root, depth)


def _typed(schema: Schema, root: Schema, depth: int) -> Any:
    match kind_of(schema):
        case "object":
            properties = schema.get("properties")
            properties = properties if isinstance(properties, Mapping) else {}
            required = schema.get("required")
            names = required if isinstance(required, list) and required else list(properties)
            return {str(name): example(_as_schema(properties.get(name)), root, depth + 1) for name in names}
        case "array":
            size = 0 if schema.get("maxItems") == 0 else max(1, _number(schema, "minItems", 1))
            return [example(_as_schema(schema.get("items")), root, depth + 1) for _ in range(min(size, 20))]
        case "integer":
            return int(_bounded(schema))
        case "number":
            return _bounded(schema)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return _string(schema)


def kind_of(schema: Schema) -> str:
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if isinstance(kind, str):
        return kind
    return "object" if "properties" in schema else "string"


def _string(schema: Schema) -> str:
    text = _FORMATS.get(str(schema.get("format")), "example")
    text = text.ljust(min(_number(schema, "minLength", 0), 1000), "x")
    return text[: _number(schema, "maxLength", len(text))]


def _bounded(schema: Schema) -> int | float:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    value: int | float = 1
    if isinstance(low, int | float) and (value < low or ("exclusiveMinimum" in schema and value <= low)):
        value = low + ("exclusiveMinimum" in schema)
    if isinstance(high, int | float) and (value > high or ("exclusiveMaximum" in schema and value >= high)):
        value = high - ("exclusiveMaximum" in schema)
    step = schema.get("multipleOf")
    if isinstance(step, int | float) and step > 0 and value % step:
        value = (value // step + 1) * step
    return value


def _number(schema: Schema, name: str, default: int) -> int:
    value = schema.get(name, default)
    return value if isinstance(value, int) and value >= 0 else default


def _as_schema(value: object) -> Schema:
    return value if isinstance(value, Mapping) else {}


def _without_choices(schema: Schema) -> Schema:
    return {name: value for name, value in schema.items() if name not in ("anyOf", "oneOf")}


def _merged(schema: Schema, all_of: list[Any], root: Schema) -> Schema:
    """One schema that asks for what every branch asks for, as far as properties go."""
    merged: dict[str, Any] = {name: value for name, value in schema.items() if name != "allOf"}
    for branch in map(_as_schema, all_of):
        resolved = _resolved(branch["$ref"], root) if isinstance(branch.get("$ref"), str) else branch
        properties = {**_as_schema(merged.get("properties")), **_as_schema(resolved.get("properties"))}
        required = [*(merged.get("required") or []), *(resolved.get("required") or [])]
        merged |= resolved
        if properties:
            merged |= {"properties": properties, "required": required}
    return merged


def _resolved(ref: str, root: Schema) -> Schema:
    """What a reference within the same schema leads to; anything goes when it leads nowhere."""
    at: Any = root
    for step in ref.removeprefix("#").strip("/").split("/"):
        if step:
            at = at.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(at, Mapping) else None
    return _as_schema(at)
