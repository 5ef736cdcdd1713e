from typing import Any

import pytest

from isthmus.simulators.claude_web.schema import example, examples

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": "string"}, "something"),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "number"}, 1),
        ({"type": "boolean"}, False),
        ({"type": "null"}, None),
        ({"type": ["null", "integer"]}, 1),
        ({"enum": ["a", "b"]}, "a"),
        ({"const": 3}, 3),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, 1),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}, "required": ["a"]}, {"a": 1}),
        ({}, "something"),
        (True, {}),
    ],
)
def test_a_value_fits_its_schema(schema: object, wanted: object) -> None:
    assert example(schema) == wanted


@pytest.mark.parametrize(
    ("name", "said", "wanted"),
    [
        ("city", "What is the weather in Paris?", "Paris"),
        ("word", "Answer with the word pong in the field", "pong"),
        ("file_path", "create the file hello.txt with 'hi'", "hello.txt"),
        ("content", "create the file hello.txt with the text 'it works'", "it works"),
        ("command", "run `ls -l` now", "ls -l"),
        ("reason", "say it", "reason"),
    ],
)
def test_a_text_is_taken_from_what_was_said(name: str, said: str, wanted: str) -> None:
    assert example({"type": "string"}, said, name) == wanted


def test_two_places_are_two_values() -> None:
    assert examples(CITY, "What is the weather in Paris and in Rome?") == [
        {"city": "Paris"},
        {"city": "Rome"},
    ]
    assert examples(CITY, "What is the weather in Paris?") == [{"city": "Paris"}]


def test_a_schema_without_a_bottom_is_filled_to_a_depth() -> None:
    endless: dict[str, Any] = {"type": "object", "required": ["a"]}
    endless["properties"] = {"a": endless}
    assert str(example(endless)).count("'a'") == 7
