from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.config.jsonc import Reader, SyntaxProblem

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values, st.sampled_from([None, 2, "\t"]))
def test_plain_json_means_what_it_always_means(value: object, indent: int | str | None) -> None:
    assert Reader(json.dumps(value, indent=indent)).read() == value


def test_comments_and_trailing_commas_are_allowed() -> None:
    text = """
    // before
    {"a": [1, 2, /* two */ ], // after
     "b": "// not a comment /* nor this */", }
    """
    assert Reader(text).read() == {"a": [1, 2], "b": "// not a comment /* nor this */"}


def test_every_value_knows_its_line() -> None:
    reader = Reader('{\n "a": {\n  "b":\n 1,\n  "c": [2,\n   3]\n }\n}')
    reader.read()
    assert reader.lines == {
        (): 1,
        ("a",): 2,
        ("a", "b"): 3,
        ("a", "c"): 5,
        ("a", "c", 0): 5,
        ("a", "c", 1): 6,
    }


def test_duplicate_names_are_noted_with_their_line() -> None:
    reader = Reader('{"a": 1,\n "a": 2}')
    reader.read()
    assert reader.duplicates == [(("a",), 2)]


def test_nothing_but_comments_is_nothing() -> None:
    assert Reader(" // empty\n").read() is None


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('{"a": 1\n "b": 2}', 2, 'expected "," or "}"'),
        ('{"a"\n 1}', 2, 'expected ":"'),
        ("{a: 1}", 1, 'expected a name in double quotes or "}"'),
        ('{"a": }', 1, "expecting value"),
        ("[1, 2", 1, 'expected "," or "]"'),
        ("[,]", 1, "expecting value"),
        ("{} {}", 1, "expected the end of the file"),
        ('{"a": "x\ny"}', 1, "invalid control character at"),
        ("[\nNaN]", 2, "not a usable number"),
        ("1" * 5000, 1, "not a usable number"),
        ("[" * 200, 1, "nested deeper than 32 levels"),
        ('{"a": 1} /* open', 1, "expected the end of the file"),
    ],
)
def test_bad_syntax_is_named_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(SyntaxProblem) as refused:
        Reader(text).read()
    assert (refused.value.line, refused.value.what) == (line, what)


@given(st.text(alphabet='{}[]",:/* \n1ae\\-.') | st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    line = 1
    try:
        Reader(text).read()
    except SyntaxProblem as refused:
        line = refused.line
    assert 1 <= line <= text.count("\n") + 1
