from __future__ import annotations

from typing import Any

import pytest

from isthmus.wire.schema_choices import allowed_by_any, listed, mapping

TEXT, NUMBER = {"type": "string"}, {"type": "number"}
A = {"properties": {"a": TEXT, "b": TEXT}, "required": ["a", "b"]}
B = {"properties": {"b": NUMBER, "c": TEXT}, "required": ["b", "c"]}


@pytest.mark.parametrize(
    ("keyword", "required"),
    [("anyOf", ["own", "b"]), ("oneOf", ["own", "b"]), ("allOf", ["own", "a", "b", "c"])],
)
def test_all_properties_are_known_and_only_what_every_branch_wants_is_required(
    keyword: str, required: list[str]
) -> None:
    schema = {"properties": {"own": NUMBER}, "required": ["own"]}
    assert allowed_by_any(schema, {keyword: [A, B]}) == (
        {"own": NUMBER, "a": TEXT, "b": TEXT, "c": TEXT},
        required,
    )


def test_keywords_count_in_the_order_they_are_given_in() -> None:
    assert allowed_by_any({}, {"anyOf": [B], "allOf": [A]})[0]["b"] == NUMBER
    assert allowed_by_any({}, {"allOf": [A], "anyOf": [B]})[0]["b"] == TEXT


def test_without_branches_nothing_changes() -> None:
    assert allowed_by_any(A, {"anyOf": []}) == (A["properties"], A["required"])


def test_the_schema_itself_is_left_alone() -> None:
    schema: dict[str, Any] = {"properties": {}, "required": []}
    allowed_by_any(schema, {"allOf": [A]})
    assert schema == {"properties": {}, "required": []}


@pytest.mark.parametrize("odd", [None, True, "a", 3])
def test_odd_values_hold_nothing(odd: Any) -> None:
    assert (mapping(odd), listed(odd)) == ({}, [])
    assert allowed_by_any({"properties": odd, "required": odd}, {"anyOf": [{"properties": odd}]}) == ({}, [])
