import msgspec
import pytest
from anthropic.lib._parse._transform import transform_schema

from isthmus.providers.anthropic.schemas import parameters, strict


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"object","properties":{}}',
        '{ "type" : "object", "properties":{"oneOf":{"type":"string"}, "n":{"anyOf":[{},{}]}}, "x":1.50 }',
    ],
)
def test_a_fine_schema_keeps_its_bytes(text: str) -> None:
    assert parameters(text) == (msgspec.Raw(text.encode()), "")


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("", {"type": "object", "properties": {}}),
        ("[1]", {"type": "object", "properties": {}}),
        ("{}", {"type": "object", "properties": {}}),
        ('{"type":null,"properties":{"a":{}}}', {"type": "object", "properties": {"a": {}}}),
        ('{"type":["object","null"],"required":["a"]}',
         {"type": "object", "required": ["a"], "properties": {}}),
        ('{"type":"object","anyOf":[{"properties":{"a":{},"b":{}},"required":["a","b"]},'
         '{"properties":{"a":{}},"required":["a"]}]}',
         {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a"]}),
        ('{"allOf":[{"properties":{"a":{}},"required":["a"]},{"properties":{"b":{}},"required":["b"]}]}',
         {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a", "b"]}),
        ('{"oneOf":[{"$ref":"#/$defs/x"},{"$ref":"#/$defs/gone"},3],"$defs":{"x":{"properties":{"a":{}}}}}',
         {"$defs": {"x": {"properties": {"a": {}}}}, "type": "object", "properties": {"a": {}}}),
    ],
)  # fmt: skip
def test_an_object_stands_at_the_top(text: str, schema: dict[str, object]) -> None:
    sent, note = parameters(text)
    assert msgspec.json.decode(sent) == schema
    assert bool(note) is any(word in text for word in ("anyOf", "allOf", "oneOf"))
    assert not note or text in note


SCHEMAS = [
    {"type": "object", "properties": {"a": {"type": "string", "minLength": 2}}, "required": ["a"]},
    {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1, "description": "count"}}},
    {"type": "object", "additionalProperties": True, "properties": {}},
    {"type": "array", "items": {"type": "number"}, "minItems": 1},
    {"type": "array", "items": {"type": "number"}, "minItems": 3},
    {"type": "string", "format": "date-time"},
    {"type": "string", "format": "regex"},
    {"type": "string", "enum": ["a", "b"]},
    {"enum": [1, None]},
    {"const": "x", "title": "X"},
    {"anyOf": [{"type": "string"}, {"type": "null"}]},
    {"oneOf": [{"type": "string", "pattern": "^a"}, {"type": "integer"}]},
    {"allOf": [{"type": "object", "properties": {"a": {"type": "boolean"}}}]},
    {"$ref": "#/$defs/t", "$defs": {"t": {"type": "object", "properties": {"next": {"$ref": "#/$defs/t"}}}}},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_the_compiled_subset_is_that_of_the_official_library(schema: dict[str, object]) -> None:
    sent = strict(msgspec.json.encode(schema).decode())
    assert sent is not None
    assert msgspec.json.decode(sent) == transform_schema(schema)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"type":"object","properties":{"a":{}}}', '{"description":"anything"}']
)
def test_what_cannot_be_compiled(text: str) -> None:
    assert strict(text) is None


def test_a_property_may_be_called_as_a_keyword_is() -> None:
    text = '{"type":"object","properties":{"format":{"type":"string"},"$schema":{"type":"string"}}}'
    sent = strict(text)
    assert sent is not None
    assert list(msgspec.json.decode(sent)["properties"]) == ["format", "$schema"]


def test_an_object_may_go_without_its_type_and_carry_bookkeeping() -> None:
    sent = strict('{"$schema":"x","$id":"y","properties":{"a":{"type":["string","null"]}}}')
    assert sent is not None
    assert msgspec.json.decode(sent) == {
        "type": "object",
        "properties": {"a": {"type": ["string", "null"]}},
        "additionalProperties": False,
    }


def test_a_schema_of_endless_depth_is_none() -> None:
    text = '{"type":"array","items":' * 100 + '{"type":"null"}' + "}" * 100
    assert strict(text) is None
