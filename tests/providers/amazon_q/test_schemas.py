"""Schemas as clients write them → schemas as the service takes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.providers.amazon_q.schemas import MAX_NODES, reduced, repaired

OPEN = {"type": "object", "properties": {}}
PLAIN_KEYWORDS = {"type", "description", "enum", "properties", "required", "items"}


def small(schema: Any) -> Any:
    return repaired(json.dumps(schema)).schema


def plain(schema: Any) -> Any:
    return reduced(json.dumps(schema)).schema


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        (OPEN, OPEN),
        ({}, OPEN),
        ({"type": ["object", "null"]}, OPEN),
        ({"properties": None, "required": None, "additionalProperties": None}, OPEN),
        ({"type": "object", "required": []}, OPEN),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "x", "type": "object"}, OPEN),
        ({"type": "object", "additionalProperties": False}, {**OPEN, "additionalProperties": False}),
        ({"required": ["a", 1, "a"]}, {**OPEN, "required": ["a"]}),
        (
            {"properties": {"a": True, "b": None, "$schema": {"type": "string"}}},
            {"type": "object", "properties": {"a": {}, "b": {}, "$schema": {"type": "string"}}},
        ),
        (
            {"properties": {"a": {"enum": ["x", None], "default": None, "minLength": 1}}},
            {"type": "object", "properties": {"a": {"enum": ["x", None], "minLength": 1}}},
        ),
    ],
)
def test_the_small_repair(schema: Any, sent: Any) -> None:
    fitted = repaired(json.dumps(schema))
    assert (fitted.schema, fitted.note, fitted.lost) == (sent, "", "")


@pytest.mark.parametrize("text", ["", "[]", "null", "true", '"object"', "{", "[" * 100_000])
def test_what_is_no_schema_allows_any_object(text: str) -> None:
    fitted = repaired(text)
    assert (fitted.schema, fitted.lost) == (OPEN, "it was no schema")


def test_local_references_are_filled_in() -> None:
    schema = {
        "type": "object",
        "properties": {
            "from": {"$ref": "#/$defs/place", "description": "Where from"},
            "to": {"$ref": "#/$defs/place"},
            "all": {"type": "array", "items": {"$ref": "#/$defs/place"}},
            "nowhere": {"$ref": "#/$defs/missing", "type": "string"},
            "far": {"$ref": "https://example.org/place.json"},
            "odd~1name": {"$ref": "#/properties/a~1b"},
            "a/b": {"type": "integer"},
        },
        "$defs": {"place": {"type": "string", "description": "A town"}},
    }
    assert small(schema)["properties"] == {
        "from": {"type": "string", "description": "Where from"},
        "to": {"type": "string", "description": "A town"},
        "all": {"type": "array", "items": {"type": "string", "description": "A town"}},
        "nowhere": {"type": "string"},
        "far": {},
        "odd~1name": {"type": "integer"},
        "a/b": {"type": "integer"},
    }
    assert "$defs" not in small(schema)


def test_a_reference_without_end_is_left_open_and_said() -> None:
    tree = {
        "type": "object",
        "properties": {"root": {"$ref": "#/$defs/node"}},
        "$defs": {
            "node": {
                "type": "object",
                "description": "A node",
                "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
            }
        },
    }
    fitted = repaired(json.dumps(tree))
    node = fitted.schema["properties"]["root"]
    assert node["properties"]["children"]["items"] == {"type": "object", "description": "A node"}
    assert fitted.lost == "references without end are left open"


def test_references_cannot_make_a_schema_huge() -> None:
    doubling = {
        f"d{n}": {"type": "object", "properties": {side: {"$ref": f"#/$defs/d{n + 1}"} for side in "ab"}}
        for n in range(30)
    }
    fitted = repaired(json.dumps({"properties": {"x": {"$ref": "#/$defs/d0"}}, "$defs": doubling}))
    assert len(json.dumps(fitted.schema)) < 200 * MAX_NODES
    assert fitted.lost
    chain = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(3_000)}
    assert repaired(json.dumps({"$ref": "#/$defs/d0", "$defs": chain})).lost


def test_choices_at_the_root_become_one_object_and_stay_readable() -> None:
    schema = {
        "oneOf": [
            {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a", "b"]},
            {"properties": {"b": {"type": "integer"}}, "required": ["b"]},
        ]
    }
    fitted = repaired(json.dumps(schema))
    assert fitted.schema == {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
        "required": ["b"],
    }
    assert json.dumps(schema) in fitted.note
    assert fitted.lost == "no choice at the top level"


def test_parts_that_must_all_hold_are_joined() -> None:
    schema = {
        "allOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": {}}, "required": ["b"]}]
    }
    assert small(schema) == {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a", "b"]}


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        ({"type": ["string", "null"]}, {"type": "string"}),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, {"type": "integer"}),
        (
            {"type": "string", "format": "date", "minLength": 1, "description": "Day"},
            {"type": "string", "description": "Day (format: date; minLength: 1)"},
        ),
        ({"const": "x", "type": "string"}, {"type": "string", "description": "(const: x)"}),
        ({"enum": ["a", None, 1]}, {"enum": ["a", 1]}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        (
            {"type": "array", "prefixItems": [{"type": "string"}]},
            {"type": "array", "items": {"type": "string"}},
        ),
        (
            {
                "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
                "description": "One or more",
            },
            {"type": "string", "description": "One or more (or array)"},
        ),
        (
            {
                "anyOf": [
                    {"type": "object", "properties": {"a": {}}},
                    {"properties": {"b": {}}, "type": "object"},
                ]
            },
            {"type": "object", "properties": {"a": {}, "b": {}}},
        ),
        ({"type": "object", "additionalProperties": {"type": "string"}, "title": "T"}, {"type": "object"}),
    ],
)
def test_the_strict_cleaner_leaves_plain_keywords(schema: Any, sent: Any) -> None:
    fitted = reduced(json.dumps({"type": "object", "properties": {"p": schema}, "required": ["p", "gone"]}))
    assert fitted.schema == {"type": "object", "properties": {"p": sent}, "required": ["p"]}
    assert fitted.lost == "reduced to plain keywords"


def test_a_schema_that_is_plain_already_loses_nothing() -> None:
    schema = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}
    assert reduced(json.dumps(schema)).schema == schema
    assert reduced(json.dumps(schema)).lost == ""


KEYWORDS = [
    *("type", "properties", "required", "items", "anyOf", "oneOf", "allOf", "$ref", "$defs", "enum", "const"),
    *("additionalProperties", "description", "not", "prefixItems", "format", "default", "a"),
]
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["object", "array", "null", "#/$defs/a", "#", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=4),
    max_leaves=25,
)


def nodes(schema: Any) -> list[Any]:
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    return [schema, *(node for each in inner for node in nodes(each))]


@given(st.dictionaries(st.sampled_from(KEYWORDS), values, max_size=5))
def test_every_schema_comes_out_with_an_object_at_the_root(schema: Any) -> None:
    for sent in (small(schema), plain(schema)):
        assert sent["type"] == "object"
        assert isinstance(sent["properties"], dict)
        assert "$ref" not in sent
    for node in nodes(plain(schema)):
        assert set(node) <= PLAIN_KEYWORDS


@given(st.dictionaries(st.sampled_from(KEYWORDS), values, max_size=5))
def test_a_repaired_schema_needs_no_repair(schema: Any) -> None:
    once = small(schema)
    assert small(once) == once
