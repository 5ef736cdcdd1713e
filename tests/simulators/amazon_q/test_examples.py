"""Values made from schemas."""

import json

import pytest

from isthmus.simulators.amazon_q.examples import arguments, example, find_schema, places_in
from simulators.amazon_q.asking import CITY, Json, tool


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "example"),
        ({"type": ["integer", "null"], "minimum": 5}, 5),
        ({"enum": ["b", "a"]}, "b"),
        ({"const": 7}, 7),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [True, True]),
        ({"type": "object", "properties": {"a": {}, "b": {}}, "required": ["b"]}, {"b": "example"}),
        ({"properties": {"a": {"anyOf": [{"type": "null"}]}}}, {"a": None}),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"type": "number"}}}, 1.5),
        ({"$ref": "#"}, None),
        ({"$ref": "#/nowhere"}, "example"),
    ],
)
def test_a_small_value(schema: Json, value: object) -> None:
    assert example(schema) == value


def test_arguments_come_from_what_was_said() -> None:
    weather, search = (
        tool()["toolSpecification"],
        tool(schema={"properties": {"query": {"type": "string"}}})["toolSpecification"],
    )
    assert arguments(weather, "What is the weather in New York?") == {"city": "New York"}
    assert arguments(weather, "in Paris", "Rome") == {"city": "Rome"}
    assert arguments(search, "Find it") == {"query": "Find it"}
    assert list(places_in("in Paris and in Rome, or in Paris")) == ["Paris", "Rome"]


def test_a_schema_is_found_in_words() -> None:
    text = f'Answer like {{"a": 1}} or {{ so, by this schema: {json.dumps(CITY)} and no other.'
    assert find_schema(text, json.JSONDecoder()) == CITY
    assert find_schema("no {schema}", json.JSONDecoder()) is None
