"""Whatever a model wrote as tool arguments becomes one JSON object, and nothing of it is lost unsaid."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.wire.json_repair import as_object, is_complete, split_objects

values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(-1e9, 1e9),
        st.text(st.characters(codec="utf-8")),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=8,
)
objects = st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), values, max_size=4)
indents = st.sampled_from([None, 2])
DEEP = 100_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "{}"),
        (" \n\t", "{}"),
        ("\u3000", "{}"),
        ("{}", "{}"),
        ('{"b": 1.50,\n "a":"\\u0041"}', '{"b": 1.50,\n "a":"\\u0041"}'),
        (' {"a":1}\n', ' {"a":1}\n'),
        ('{"n":123456789012345678901234567890}', '{"n":123456789012345678901234567890}'),
        ("[]", '{"value":[]}'),
        (" [1, 2]\n", '{"value":[1, 2]}'),
        ("null", '{"value":null}'),
        ('"Paris"', '{"value":"Paris"}'),
        ("1.0", '{"value":1.0}'),
        ('{"a":1}{"a":1}', '{"a":1}'),
        ('{"a":{"b":"}"}} and so on', '{"a":{"b":"}"}}'),
        ('\n{"a":1}\n```', '{"a":1}'),
        ('{"a":1}}', '{"a":1}'),
        ("{bad", '{"__raw":"{bad"}'),
        ('{"a":1', '{"__raw":"{\\"a\\":1"}'),
        ('{"a":NaN}', '{"__raw":"{\\"a\\":NaN}"}'),
        ('{"a":NaN} x', '{"__raw":"{\\"a\\":NaN} x"}'),
        ("{'a':1}", '{"__raw":"{\'a\':1}"}'),
        ('{"a":"line\nend"}', '{"__raw":"{\\"a\\":\\"line\\nend\\"}"}'),
        ('[1]{"a":1}', '{"__raw":"[1]{\\"a\\":1}"}'),
        ('run {"a":1}', '{"__raw":"run {\\"a\\":1}"}'),
        ("Grüße 漢", '{"__raw":"Grüße 漢"}'),
        ("half \ud83d", '{"__raw":"half ?"}'),
        ('{"a":"\\ud83d"}', '{"__raw":"{\\"a\\":\\"\\\\ud83d\\"}"}'),
    ],
)
def test_rows_of_repair(text: str, expected: str) -> None:
    assert as_object(text) == expected


@given(objects, indents)
def test_an_object_is_not_touched(value: dict[str, object], indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=indent is None)
    assert as_object(text) == text
    assert is_complete(text)
    assert split_objects(text) == [text]


@given(values.filter(lambda value: not isinstance(value, dict)), indents)
def test_another_value_is_wrapped(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    assert json.loads(as_object(text)) == {"value": value}
    assert not is_complete(text)


@given(objects, st.text(st.characters(codec="utf-8")).filter(lambda text: bool(text.strip(" \t\r\n"))))
def test_what_follows_an_object_is_left_out(value: dict[str, object], rest: str) -> None:
    text = json.dumps(value)
    assert as_object(text + rest) == text
    assert not is_complete(text + rest)


@given(objects.filter(bool), st.data())
def test_half_an_object_is_kept_as_text(value: dict[str, object], data: st.DataObject) -> None:
    text = json.dumps(value)
    half = text[: data.draw(st.integers(1, len(text) - 1))]
    assert json.loads(as_object(half)) == {"__raw": half}
    assert not is_complete(half)


@given(st.text())
def test_any_text_becomes_an_object(text: str) -> None:
    assert isinstance(msgspec.json.decode(as_object(text)), dict)
    assert as_object(as_object(text)) == as_object(text)
    assert is_complete(as_object(text))


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * DEEP + "1" + "}" * DEEP,
        "[" * DEEP + "]" * DEEP,
        '{"a":' + "[" * DEEP,
        '{"a":' + "[" * DEEP + "]" * DEEP + "} trailing",
    ],
    ids=["objects", "arrays", "unclosed", "trailing"],
)
def test_deep_nesting_is_kept_as_text(text: str) -> None:
    assert msgspec.json.decode(as_object(text)) == {"__raw": text}
    assert not is_complete(text)
    assert split_objects(text) == [text]


def test_a_number_nobody_can_hold_is_kept_as_text() -> None:
    text = '{"n":' + "1" * 6000 + "}"
    assert json.loads(as_object(text)) == {"__raw": text}
    assert not is_complete(text)


@given(st.lists(objects, min_size=2, max_size=4), st.sampled_from(["", "\n", " \r\n"]))
def test_glued_objects_come_apart(several: list[dict[str, object]], glue: str) -> None:
    texts = [json.dumps(value) for value in several]
    assert split_objects(glue + glue.join(texts) + glue) == texts


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{}",
        ' {"a":1} ',
        "[1]",
        '{"a":1}{"b":',
        '{"a":1} and',
        '{"a":1},{"b":1}',
        "1{}",
        '{"a":1}[2]',
        '{}{"a":NaN}',
    ],
)
def test_what_is_not_several_objects_stays_whole(text: str) -> None:
    assert split_objects(text) == [text]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("{}", True),
        (' {"a":"}"}\n', True),
        ('{"a":"}', False),
        ('{"a":{}', False),
        ("{}{}", False),
        ("}", False),
        ("", False),
    ],
)
def test_completeness(text: str, whole: bool) -> None:
    assert is_complete(text) is whole
