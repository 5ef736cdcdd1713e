"""JSON5 as people and editors write it."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.config.jsonc import SyntaxProblem
from isthmus.migrate.json5_text import parse

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: 1, $b_2: 'it\\'s', 'c-d': \"x\",}", {"a": 1, "$b_2": "it's", "c-d": "x"}),
        ("[+1, -2, .5, 5., 0x1F, -0xa, 1e3, 5.e1, 0]", [1, -2, 0.5, 5.0, 31, -10, 1000.0, 50.0, 0]),
        ("{true: true, null: null} // end", {"true": True, "null": None}),
        ("/* many\n lines */ {'a//b': 'c/*d*/'}", {"a//b": "c/*d*/"}),
        ("'one \\\n line'", "one  line"),
        (r"'\x41\u0042\v\0\q'", "AB\v\0q"),
        (r"'\ud83d\ude00'", "😀"),
        ("// nothing", None),
        ("", None),
    ],
)
def test_what_javascript_allows_is_read(text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{\n a: 1\n b: 2}", 3),
        ("{a: 'open}", 1),
        ("{\n\n a: @}", 3),
        ("[1,,2]", 1),
        ("{a: 1,\nb: c}", 2),
        ("{a: 1}\n2", 2),
        ("{a: 12px}", 1),
    ],
)
def test_what_it_does_not_is_a_problem_with_its_line(text: str, line: int) -> None:
    with pytest.raises(SyntaxProblem) as problem:
        parse(text)
    assert problem.value.line == line


@given(VALUES)
def test_all_json_is_json5(value: Any) -> None:
    text = json.dumps(value)
    assert parse(text) == json.loads(text)


@given(st.text(st.sampled_from("{}[]:,'\"\\\n/*ab0.+-x ")) | st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(SyntaxProblem):
        parse(text)
