from __future__ import annotations

import msgspec
import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from isthmus.wire.json_text import Unfit, given, starts_with, text_of, to_json, unfit, whole_characters

_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@over(_json)
def test_json_is_one_line_and_reads_back(value: object) -> None:
    text = to_json(value)
    assert b"\n" not in text
    assert msgspec.json.decode(text) == value


@over(st.lists(st.text(alphabet=st.characters(), max_size=4)))
def test_half_characters_never_stop_the_writing(texts: list[str]) -> None:
    assert msgspec.json.decode(to_json({"a": texts})) == {"a": [whole_characters(each) for each in texts]}


def test_halves_are_joined_or_replaced() -> None:
    assert whole_characters("a\ud83d\ude42b") == "a🙂b"
    assert whole_characters("a\ud83d") == "a\ufffd"
    assert to_json({"\ud83d": ["\ude42"]}) == '{"\ufffd":["\ufffd"]}'.encode()


class Row(msgspec.Struct):
    raw: msgspec.Raw = msgspec.Raw(b"")


@pytest.mark.parametrize(
    ("body", "there", "text"),
    [
        (b"{}", False, ""),
        (b'{"raw":null}', False, "null"),
        (b'{"raw": {"a" :1}}', True, '{"a" :1}'),
        (b'{"raw":""}', True, '""'),
    ],
)
def test_raw_values_are_looked_at_without_reading_them(body: bytes, there: bool, text: str) -> None:
    raw = msgspec.json.decode(body, type=Row).raw
    assert given(raw) is there
    assert text_of(raw) == text
    assert starts_with(raw, b"{") is text.startswith("{")


class Inner(msgspec.Struct):
    number: int | None
    name: str = ""


class Outer(msgspec.Struct):
    rows: list[Inner]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            b'{"rows":[{"number":1},{"number":"x"}]}',
            Unfit("messages.rows.1.number", None, ("int", "null"), ""),
        ),
        (b'{"rows":[{}]}', Unfit("messages.rows.0", "number", (), "")),
        (b"{}", Unfit("messages", "rows", (), "")),
        (b'{"rows":3}', Unfit("messages.rows", None, ("array",), "")),
    ],
)
def test_a_fault_is_told_by_path_and_word(body: bytes, found: Unfit) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(body, type=Outer)
    told = unfit(caught.value, "messages")
    assert told._replace(said="") == found
    assert " - at " not in told.said
