"""No key is lost: each is taken, reported as wrong, or unknown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.migrate.entry import Entry
from isthmus.migrate.haul import Report


def entry(**values: Any) -> Entry:
    return Entry(values, Report())


def test_values_are_taken_by_kind() -> None:
    read = entry(a="x", b=3, c=2.5, d=True, e=["x", 1], f={"g": 1}, h=[{"i": 1}], n=None)
    assert (read.text("a"), read.text("b"), read.integer("b")) == ("x", "3", 3)
    assert (read.number("c"), read.flag("d"), read.texts("e"), read.texts("a")) == (
        2.5,
        True,
        ["x", "1"],
        ["x"],
    )
    assert read.below("f").integer("g") == 1
    assert [each.path for each in read.each_below("h")] == ["h[0]"]
    assert "n" not in read
    assert read.text("n") is None
    assert read.report.left_out == []


def test_the_first_of_several_spellings_counts() -> None:
    read = entry(baseUrl="b", apikey="c")
    assert read.text("api_base_url", "baseUrl") == "b"
    assert read.text("api_key", "apiKey", "apikey") == "c"
    read.rest_is_unknown()
    assert read.report.unknown == []


@pytest.mark.parametrize(
    ("ask", "value"),
    [
        ("text", True),
        ("text", ["secret"]),
        ("integer", "secret"),
        ("integer", 1.5),
        ("integer", True),
        ("number", "secret"),
        ("number", float("inf")),
        ("flag", "yes"),
        ("texts", 5),
        ("texts", ["a", {"secret": "secret"}]),
        ("below", "secret"),
        ("each_below", "secret"),
        ("each_below", ["secret"]),
    ],
)
def test_a_value_of_the_wrong_kind_is_reported_without_being_shown(ask: str, value: object) -> None:
    read = entry(key=value)
    getattr(read, ask)("key")
    (line,) = read.report.left_out
    assert line.what.startswith("key")
    assert "secret" not in line.text


def test_words_are_booleans_only_where_the_program_says_so() -> None:
    assert entry(a="yes").flag("a", words=True) is True
    assert entry(a="Off").flag("a", words=True) is False
    assert entry(a=0).flag("a", words=True) is False
    assert entry(a="perhaps").flag("a", words=True) is None


def test_what_is_left_out_is_said_only_where_it_stands() -> None:
    read = entry(cloak={"a": "secret"})
    read.leave_out({"cloak": "disguise is never carried", "absent": "no matter"})
    read.rest_is_unknown()
    assert [(line.what, line.text) for line in read.report.left_out] == [
        ("cloak", "disguise is never carried")
    ]
    assert read.report.unknown == []


@given(st.dictionaries(st.text(min_size=1), st.integers() | st.text()), st.data())
def test_a_key_is_either_read_or_unknown(values: dict[str, Any], data: st.DataObject) -> None:
    asked = data.draw(st.sets(st.sampled_from(sorted(values)))) if values else set()
    read = Entry(values, Report())
    for name in asked:
        read.take(name)
    read.rest_is_unknown()
    assert {line.what for line in read.report.unknown} == values.keys() - asked
