import pytest

from isthmus.providers.dummy.example import example, kind_of


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "example"),
        ({"type": "string", "minLength": 9}, "examplexx"),
        ({"type": "string", "maxLength": 3}, "exa"),
        ({"type": "string", "format": "date"}, "2026-01-31"),
        ({"type": ["integer", "null"], "minimum": 5}, 5),
        ({"type": "integer", "exclusiveMinimum": 1}, 2),
        ({"type": "integer", "maximum": 0}, 0),
        ({"type": "integer", "exclusiveMaximum": 1}, 0),
        ({"type": "integer", "minimum": 7, "multipleOf": 5}, 10),
        ({"type": "number", "minimum": 2.5}, 2.5),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"const": 7}, 7),
        ({"enum": ["b", "a"]}, "b"),
        ({"type": "string", "examples": ["seen"]}, "seen"),
        ({"type": "array", "items": {"type": "boolean"}}, [True]),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [True, True]),
        ({"type": "array", "maxItems": 0}, []),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}], "description": "x"}, 1),
        ({"oneOf": [{"type": "null"}]}, None),
        ({"allOf": [{"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a"]},
                    {"properties": {"b": {"type": "boolean"}}, "required": ["b"]}]}, {"a": None, "b": True}),
        ({"type": "object", "properties": {"a": {"type": "null"}, "b": {}}, "required": ["a"]}, {"a": None}),
        ({"properties": {"a": {"type": "null"}}}, {"a": None}),
        ({"type": "object"}, {}),
        ({"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}}, 1),
        ({"$ref": "#/absent"}, "example"),
        ({}, "example"),
    ],
)  # fmt: skip
def test_an_example_satisfies_its_schema(schema: dict[str, object], value: object) -> None:
    assert example(schema) == value


def test_a_schema_that_holds_itself_ends() -> None:
    tree = {"$ref": "#/$defs/t", "$defs": {"t": {"properties": {"child": {"$ref": "#/$defs/t"}}}}}
    depth, at = 0, example(tree)
    while isinstance(at, dict):
        depth, at = depth + 1, at["child"]
    assert depth < 12


def test_kind_of() -> None:
    assert kind_of({"type": ["null", "string"]}) == "null"
    assert kind_of({"properties": {}}) == "object"
    assert kind_of({}) == "string"
