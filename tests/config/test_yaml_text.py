from __future__ import annotations

import json
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from isthmus.config.jsonc import SyntaxProblem
from isthmus.config.yaml_text import Reader

# PyYAML writes by YAML 1.1, where `0E0` and `0o7` are words and need no quotes.
texts = st.text().filter(lambda text: not re.match(r"[-+.]?[0-9]", text))
yaml_values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(yaml_values)
def test_what_yaml_writes_is_read_back(value: object) -> None:
    assert Reader(yaml.safe_dump(value)).read() == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("2024-08-06", "2024-08-06"),
        ("12:30:45", "12:30:45"),
        ("010", 10),
        ("0x10", 16),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("llama3.2", "llama3.2"),
        ("1.2.3", "1.2.3"),
        ("True", True),
        ("~", None),
        ("", None),
        ("'true'", "true"),
        ("<<", "<<"),
    ],
)
def test_only_true_false_null_and_numbers_are_special_words(text: str, value: object) -> None:
    read = Reader(f"a: {text}").read()
    assert read == {"a": value}
    assert isinstance(read, dict)
    assert type(read["a"]) is type(value)


def test_names_are_always_text() -> None:
    assert Reader("4: a\ntrue: b\n3.5: c").read() == {"4": "a", "true": "b", "3.5": "c"}


def test_every_value_knows_its_line() -> None:
    reader = Reader("a:\n  b: 1\n  c:\n    - x\n    - y\n")
    reader.read()
    assert reader.lines == {
        (): 1,
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "c"): 3,
        ("a", "c", 0): 4,
        ("a", "c", 1): 5,
    }


def test_duplicate_names_are_noted_with_their_line() -> None:
    reader = Reader("a: 1\nb: 2\na: 3\n")
    reader.read()
    assert reader.duplicates == [(("a",), 3)]


def test_merged_mappings_give_way_to_what_stands_beside_them() -> None:
    reader = Reader("base: &base {x: 1, y: 2}\none: {<<: *base, y: 3}\ntwo: {<<: [*base, {z: 4}]}\n")
    read = reader.read()
    assert isinstance(read, dict)
    assert read["one"] == {"x": 1, "y": 3}
    assert read["two"] == {"x": 1, "y": 2, "z": 4}
    assert reader.duplicates == []


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("a: 1\nb: [1, 2\n", 3, "expected ',' or ']'"),
        ("a:\n\tb: 1\n", 2, "indent with spaces"),
        ("a: 1\n---\nb: 2\n", 2, "but found another document"),
        ("a: 1\nb: \x01\n", 2, "a character that YAML does not allow"),
        ("[a, b]: 1", 1, "a name must be plain text"),
        ("a: &x [*x]", 1, "nested deeper"),
        ("a: &x {<<: *x}", 1, "nested deeper"),
        ("a: {<<: 3}", 1, "`<<` takes a mapping"),
        ("a: " + "[" * 3000, 1, "nested deeper"),
        ("a: !!python/object/apply:os.system [ls]", 1, "is read as a tag"),
        ("a: !!set {x, y}", 1, "is read as a tag"),
        ("a: 1\nb: !!int x", 2, "not a usable number"),
        ("a: " + "1" * 5000, 1, "not a usable number"),
    ],
)
def test_bad_syntax_is_named_with_its_line(text: str, line: int, part: str) -> None:
    with pytest.raises(SyntaxProblem) as refused:
        Reader(text).read()
    assert part in refused.value.what
    assert refused.value.line == line


@pytest.mark.parametrize(
    "value", ["*hunter2", "!hunter2", "!hunter2!x", "&hunter2 *hunter3", "%hunter2", "@hunter2"]
)
def test_an_unquoted_password_is_not_repeated(value: str) -> None:
    with pytest.raises(SyntaxProblem) as refused:
        Reader(f"api_key: {value}").read()
    assert "hunter" not in refused.value.what


def test_aliases_cannot_blow_up() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(SyntaxProblem, match="more than 100000 values"):
        Reader("\n".join(lines)).read()


@given(st.text(alphabet="{}[]:,&*!|>%@`'\"-?# \n\tab1<~.") | st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    line = 1
    try:
        Reader(text).read()
    except SyntaxProblem as refused:
        line = refused.line
    assert line >= 1


printable = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), max_size=50)


@given(st.dictionaries(printable, st.integers() | printable), st.sampled_from([None, 2]), st.booleans())
def test_json_is_yaml_too(value: dict[str, object], indent: int | None, ascii_only: bool) -> None:
    assert Reader(json.dumps(value, ensure_ascii=ascii_only, indent=indent)).read() == value


def test_characters_written_as_two_escapes_are_one() -> None:
    assert Reader(r'{"\ud83d\ude00": "\ud83d\ude00 \ud83d"}').read() == {"😀": "😀 \ud83d"}
