"""Tool schemas as the service takes them.

The root must be an object (`TOOL_SCHEMA_INVALID` quotes `inputSchema.json.type`); reports disagree on which other keywords are
refused. So by default a schema gets the small repair, which changes its spelling and not its meaning: an object at the
root, `properties` an object, `required` a list of names, local references filled in, nothing null, no `$schema`.
`reduced` keeps only what every schema dialect has, for accounts and tools that are refused even so; what it leaves out
goes into the descriptions, so that the model at least reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from isthmus.wire.schema_choices import Schema, allowed_by_any, listed, mapping

MAX_DEPTH: Final = 48
MAX_NODES: Final = 5_000
"""Filling in references can make a small schema endless, or merely huge."""
_CHOICES: Final = ("allOf", "anyOf", "oneOf")
_HOLDS_ONE: Final = frozenset(
    ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
)
_HOLDS_LIST: Final = frozenset((*_CHOICES, "prefixItems"))
_HOLDS_NAMED: Final = frozenset(("properties", "patternProperties", "dependentSchemas"))
_HOLDS_VALUES: Final = frozenset(("default", "const", "enum", "examples"))
_GONE: Final = frozenset(
    ("$schema", "$id", "$ref", "$defs", "definitions", "$comment", "$anchor", "$dynamicAnchor")
)
_TYPES: Final = frozenset(("object", "array", "string", "number", "integer", "boolean"))
_TOLD: Final = frozenset(
    (
        "const",
        "default",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "multipleOf",
        "pattern",
        "uniqueItems",
    )
)


@dataclass(frozen=True, slots=True)
class Fitted:
    schema: Schema
    note: str = ""
    """For the tool's description: what the schema no longer says by itself."""
    lost: str = ""
    """What became of the schema, if more than its spelling changed."""


def repaired(text: str) -> Fitted:
    """`text` is the JSON text of a schema; anything else becomes an object without known properties."""
    try:
        root = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        root = None
    if not isinstance(root, dict):
        return Fitted(_rooted({}), lost="it was no schema")
    repair = _Repair(root)
    schema = repair.schema(root, 0, ())
    lost = "references without end are left open" if repair.cut else ""
    if not any(listed(schema.get(name)) for name in _CHOICES):
        return Fitted(_rooted(schema), lost=lost)
    note = f"The arguments must match this JSON Schema: {text}"
    return Fitted(_rooted(_merged(schema)), note, lost or "no choice at the top level")


def reduced(text: str) -> Fitted:
    """As `repaired`, with none but the plainest keywords."""
    fitted = repaired(text)
    plain = _rooted(_plain(fitted.schema))
    if plain == fitted.schema:
        return fitted
    return Fitted(plain, fitted.note, fitted.lost or "reduced to plain keywords")


def _rooted(schema: Schema) -> Schema:
    """With what the service looks for at the root, first."""
    rest = {name: value for name, value in schema.items() if name not in {"type", "properties"}}
    return {"type": "object", "properties": mapping(schema.get("properties")), **rest}


class _Repair:
    def __init__(self, root: Schema) -> None:
        self._root = root
        self._nodes = 0
        self.cut = False
        """Something had to be left open."""

    def schema(self, node: Any, depth: int, inside: tuple[str, ...]) -> Schema:
        """`inside` are the references that are being filled in: one that comes again would never end."""
        self._nodes += 1
        if not isinstance(node, dict):
            return {}
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            self.cut = True
            return _opened(node)
        ref = node.get("$ref")
        if isinstance(ref, str):
            return self._referred(node, ref, depth, inside)
        return {name: value for name, value in self._keywords(node, depth, inside) if value is not None}

    def _referred(self, node: Schema, ref: str, depth: int, inside: tuple[str, ...]) -> Schema:
        beside = self.schema({name: value for name, value in node.items() if name != "$ref"}, depth, inside)
        found = _at(self._root, ref)
        if found is None:
            return beside
        if ref in inside:
            self.cut = True
            return {**_opened(found), **beside}
        return {**self.schema(found, depth + 1, (*inside, ref)), **beside}

    def _keywords(self, node: Schema, depth: int, inside: tuple[str, ...]) -> list[tuple[str, Any]]:
        def into(value: Any) -> Any:
            return value if isinstance(value, bool) else self.schema(value, depth + 1, inside)

        return [(name, _keyword(name, value, into)) for name, value in node.items() if name not in _GONE]


def _keyword(name: str, value: Any, into: Callable[[Any], Any]) -> Any:
    """The repaired value of one keyword; None where it says nothing."""
    if name in _HOLDS_VALUES:
        return value
    if name in _HOLDS_NAMED:
        return {key: _as_schema(into(each)) for key, each in mapping(value).items()}
    if name in _HOLDS_LIST:
        return [_as_schema(into(each)) for each in listed(value)] or None
    if name in _HOLDS_ONE:
        # Lists of `items` are an older spelling, which newer schemas write as `prefixItems`.
        return (
            [_as_schema(into(each)) for each in value]
            if isinstance(value, list)
            else _unless_null(value, into)
        )
    if name == "required":
        return list(dict.fromkeys(each for each in listed(value) if isinstance(each, str))) or None
    return value


def _unless_null(value: Any, into: Callable[[Any], Any]) -> Any:
    return None if value is None else into(value)


def _as_schema(value: Any) -> Schema:
    """`true` allows anything, which an empty schema says too; `false` is too rare to be worth a keyword."""
    return value if isinstance(value, dict) else {}


def _opened(node: Mapping[str, Any]) -> Schema:
    return {name: node[name] for name in ("type", "description") if isinstance(node.get(name), str)}


def _at(root: Schema, ref: str) -> Schema | None:
    """What a reference within the schema points at."""
    if not ref.startswith("#"):
        return None
    at: Any = root
    for step in ref.removeprefix("#").split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(at, list):
            at = at[int(key)] if key.isdecimal() and int(key) < len(at) else None
        else:
            at = at.get(key) if isinstance(at, dict) else None
    return at if isinstance(at, dict) else None


def _merged(schema: Schema) -> Schema:
    """One object that allows what any branch allows, at any depth."""
    merged = {name: value for name, value in schema.items() if name not in _CHOICES}
    branches = {
        name: [_merged(each) for each in listed(schema.get(name)) if each.get("type") != "null"]
        for name in _CHOICES
    }
    properties, required = allowed_by_any(schema, branches)
    if properties:
        merged["properties"] = properties
    if required:
        merged["required"] = required
    return merged


def _plain(schema: Schema) -> Schema:
    schema = _one_branch(schema)
    kept: Schema = {}
    if (kind := _kind(schema)) is not None:
        kept["type"] = kind
    if description := _description(schema):
        kept["description"] = description
    if values := [each for each in listed(schema.get("enum")) if isinstance(each, str | int | float)]:
        kept["enum"] = values
    if kind == "object" and (properties := mapping(schema.get("properties"))):
        kept["properties"] = {name: _plain(_as_schema(each)) for name, each in properties.items()}
        if required := [name for name in listed(schema.get("required")) if name in properties]:
            kept["required"] = required
    if kind == "array":
        items = schema.get("items", schema.get("prefixItems"))
        kept["items"] = _plain(_as_schema(items[0] if isinstance(items, list) and items else items))
    return kept


def _one_branch(schema: Schema) -> Schema:
    """A choice among objects becomes one object that allows them all; among other things, the first that is not null."""
    branches = [
        each
        for name in _CHOICES
        for each in listed(schema.get(name))
        if isinstance(each, dict) and each.get("type") != "null"
    ]
    if not branches:
        return schema
    rest = {name: value for name, value in schema.items() if name not in _CHOICES}
    if all(_kind(_one_branch(each)) == "object" for each in branches):
        return {"type": "object", **_merged(schema)}
    first = _one_branch(branches[0])
    others = list(
        dict.fromkeys(kind for each in branches[1:] if (kind := _kind(_one_branch(each))) is not None)
    )
    one = {**first, **rest}
    if said := [
        text for text in (rest.get("description"), first.get("description")) if isinstance(text, str)
    ]:
        one["description"] = "\n".join(dict.fromkeys(said))
    if different := [kind for kind in others if kind != _kind(first)]:
        one["description"] = f"{one.get('description', '')} (or {', '.join(different)})".strip()
    return one


def _kind(schema: Schema) -> str | None:
    said = schema.get("type")
    for kind in said if isinstance(said, list) else [said]:
        if isinstance(kind, str) and kind in _TYPES:
            return kind
    if "properties" in schema:
        return "object"
    return "array" if "items" in schema or "prefixItems" in schema else None


def _description(schema: Schema) -> str:
    said = schema.get("description")
    told = [f"{name}: {_json(schema[name])}" for name in schema if name in _TOLD]
    aside = f"({'; '.join(told)})" if told else ""
    return " ".join(text for text in (said if isinstance(said, str) else "", aside) if text)


def _json(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode("utf-8", "replace")
