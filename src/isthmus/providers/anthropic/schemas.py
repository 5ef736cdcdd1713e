"""JSON Schemas as the Messages API takes them.

For the parameters of a tool: an object at the top, without a choice there. For strict tools and structured output: the
subset that the API compiles to a grammar (Anthropic docs, structured outputs); what is outside it goes into the
description, so that the model at least reads it, as Anthropic's own client library does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from isthmus.wire.schema_choices import Schema, allowed_by_any, listed, mapping

EMPTY: Final = b'{"type":"object","properties":{}}'
FORMATS: Final = frozenset(
    ("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid")
)
MAX_DEPTH: Final = 64
_CHOICES: Final = ("oneOf", "anyOf", "allOf")
_OUTERMOST: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def parameters(text: str) -> tuple[msgspec.Raw, str]:
    """A tool's schema with an object at the top, and a note for the description when that lost something.

    A schema that is fine already keeps its bytes.
    """
    try:
        outermost = _OUTERMOST.decode(text)
    except (ValueError, RecursionError):
        return msgspec.Raw(EMPTY), ""
    is_object = bytes(outermost.get("type", msgspec.Raw(b"null"))) == b'"object"'
    if is_object and not any(name in outermost for name in _CHOICES):
        return msgspec.Raw(text.encode("utf-8", "replace")), ""
    schema: Schema = msgspec.json.decode(text)
    merged = _merged(schema, schema)
    note = f"The arguments must match this JSON Schema: {text}" if _chooses(schema) else ""
    return msgspec.Raw(msgspec.json.encode(merged)), note


def _chooses(schema: Schema) -> bool:
    return any(name in schema for name in _CHOICES)


def _merged(schema: Schema, root: Schema) -> Schema:
    """One object that allows what any branch allows."""
    merged = {name: value for name, value in schema.items() if name not in _CHOICES}
    branches = {name: [_resolved(branch, root) for branch in listed(schema.get(name))] for name in _CHOICES}
    properties, required = allowed_by_any(schema, branches)
    merged |= {"type": "object", "properties": properties}
    if required:
        merged["required"] = required
    return merged


def _resolved(branch: Any, root: Schema) -> Mapping[str, Any]:
    at: Any = branch
    if isinstance(branch, dict) and isinstance(ref := branch.get("$ref"), str):
        at = root
        for step in ref.removeprefix("#").strip("/").split("/"):
            at = at.get(step) if isinstance(at, dict) else None
    return mapping(at)


def strict(text: str) -> msgspec.Raw | None:
    """The schema within the compiled subset; None when it is none or says nothing that could be compiled."""
    try:
        schema = msgspec.json.decode(text)
        return msgspec.Raw(msgspec.json.encode(_strict(schema, 0))) if isinstance(schema, dict) else None
    except (ValueError, RecursionError):
        return None


def _strict(schema: Any, depth: int) -> Schema:
    """Raises `ValueError` for a schema that allows anything, or never ends."""
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        raise ValueError("no schema")
    rest = dict(schema)
    kept: Schema = {}
    if isinstance(defs := rest.pop("$defs", None), dict):
        kept["$defs"] = {name: _strict(each, depth + 1) for name, each in defs.items()}
    if "$ref" in rest:
        return kept | {"$ref": rest["$ref"]}
    kind = _kind(rest, kept, depth)
    for name in ("description", "title"):
        if isinstance(rest.get(name), str):
            kept[name] = rest.pop(name)
    for name in ("$schema", "$id", "$comment"):
        rest.pop(name, None)
    _BY_KIND.get(kind, _nothing)(rest, kept, depth)
    if rest:
        leftover = ", ".join(f"{name}: {_shown(value)}" for name, value in rest.items())
        described = kept.get("description")
        kept["description"] = (f"{described}\n\n" if described else "") + f"{{{leftover}}}"
    return kept


def _kind(rest: Schema, kept: Schema, depth: int) -> str:
    """Moves what says the type from `rest` to `kept`."""
    kind = rest.pop("type", None)
    for name in ("enum", "const"):
        if name in rest and _primitive(rest[name] if name == "const" else None, rest[name]):
            kept[name] = rest.pop(name)
    if "enum" in kept or "const" in kept:
        return ""
    for name in _CHOICES:
        if isinstance(branches := rest.get(name), list):
            del rest[name]
            spelled = "allOf" if name == "allOf" else "anyOf"
            kept[spelled] = [_strict(each, depth + 1) for each in branches]
            return kind if isinstance(kind, str) and kind == "object" and "properties" in rest else ""
    if kind is None and "properties" in rest:
        kind = "object"
    if kind is None:
        raise ValueError("a schema that allows anything")
    kept["type"] = kind
    return kind if isinstance(kind, str) else next((each for each in kind if each != "null"), "")


def _object(rest: Schema, kept: Schema, depth: int) -> None:
    properties = mapping(rest.pop("properties", None))
    kept["properties"] = {name: _strict(each, depth + 1) for name, each in properties.items()}
    rest.pop("additionalProperties", None)
    kept["additionalProperties"] = False
    if isinstance(required := rest.pop("required", None), list):
        kept["required"] = required


def _array(rest: Schema, kept: Schema, depth: int) -> None:
    if isinstance(items := rest.pop("items", None), dict):
        kept["items"] = _strict(items, depth + 1)
    if rest.get("minItems") in (0, 1):
        kept["minItems"] = rest.pop("minItems")


def _string(rest: Schema, kept: Schema, depth: int) -> None:
    if rest.get("format") in FORMATS:
        kept["format"] = rest.pop("format")


def _nothing(rest: Schema, kept: Schema, depth: int) -> None:
    return


_BY_KIND: Final = {"object": _object, "array": _array, "string": _string}


def _primitive(one: Any, value: Any) -> bool:
    values = value if isinstance(value, list) and one is None else [value]
    return bool(values) and all(each is None or isinstance(each, str | int | float) for each in values)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
