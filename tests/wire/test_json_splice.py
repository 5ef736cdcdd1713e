"""Splicing a JSON object: the asked-for member changes, and nothing else by a single byte."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from isthmus.wire.json_splice import (
    DuplicateKey,
    KeyAbsent,
    NotAnObject,
    NotAString,
    SpliceError,
    replace_top_level_string,
    set_top_level_raw,
)


def spellings(text: str) -> st.SearchStrategy[bytes]:
    """The ways to write one string: each character itself or escaped."""
    plain = json.dumps(text, ensure_ascii=False).encode()
    escaped = "".join(char if index % 2 else f"\\u{ord(char):04X}" for index, char in enumerate(text))
    ways = [plain, json.dumps(text).encode()]
    if text.isascii() and text.isalnum():
        ways.append(f'"{escaped}"'.encode())
    return st.sampled_from(ways)


spaces = st.sampled_from([b"", b"", b" ", b"\n  ", b"\r\n\t"])
words = st.one_of(
    st.sampled_from(["model", "mode", "stream", "a", 'foo"model', 'model":', "\\", "é漢🙂", "", "}{][,:"]),
    st.text(st.characters(codec="utf-8"), max_size=6),
)
strings = words.flatmap(spellings)
scalars = st.one_of(
    strings,
    st.sampled_from(
        [b"1", b"12", b"-0.0", b"1.50e+007", b"123456789012345678901", b"true", b"false", b"null"]
    ),
    st.sampled_from(
        [b"{}", b"[]", b"{ }", b"[\n]", b'{"model":"inner"}', b'["model","x"]', b'[{"model" : "inner"}]']
    ),
)


def _array(parts: list[bytes], space: bytes) -> bytes:
    return b"[" + (space + b"," + space).join(parts) + b"]"


def _object(parts: list[tuple[bytes, bytes]], space: bytes) -> bytes:
    return b"{" + b",".join(space + name + space + b":" + value for name, value in parts) + space + b"}"


json_texts = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.builds(_array, st.lists(inner, max_size=3), spaces),
        st.builds(_object, st.lists(st.tuples(strings, inner), max_size=3), spaces),
    ),
    max_leaves=8,
)


@dataclass(frozen=True, slots=True)
class Written:
    """A member as written: the spaces are what an edit must not disturb."""

    name: str
    before: bytes
    spelled: bytes
    colon: bytes
    value: bytes
    after: bytes

    def text(self, value: bytes | None = None) -> bytes:
        return self.before + self.spelled + self.colon + (self.value if value is None else value) + self.after


@st.composite
def members(
    draw: st.DrawFn, name: str | None = None, value: st.SearchStrategy[bytes] = json_texts
) -> Written:
    name = draw(words) if name is None else name
    colon = draw(spaces) + b":" + draw(spaces)
    return Written(name, draw(spaces), draw(spellings(name)), colon, draw(value), draw(spaces))


def others(unique: str = "model") -> st.SearchStrategy[list[Written]]:
    """Members that may share a name among each other, never with the one looked for."""
    return st.lists(members().filter(lambda member: member.name != unique), max_size=4)


def written(parts: list[bytes], ends: tuple[bytes, bytes] = (b"", b"")) -> bytes:
    return ends[0] + b"{" + b",".join(parts) + b"}" + ends[1]


def pairs(body: bytes) -> list[tuple[str, object]]:
    found = json.loads(body, object_pairs_hook=list)
    assert isinstance(found, list)
    return found


ends = st.tuples(spaces, spaces)


@given(others(), members("model", strings), others(), ends, words)
def test_only_the_string_changes(
    left: list[Written], target: Written, right: list[Written], around: tuple[bytes, bytes], value: str
) -> None:
    def body(new: bytes | None) -> bytes:
        around_it = [member.text() for member in left], [member.text() for member in right]
        return written([*around_it[0], target.text(new), *around_it[1]], around)

    result = replace_top_level_string(body(None), "model", value)
    assert result == body(json.dumps(value).encode())
    assert pairs(result) == [(name, value if name == "model" else old) for name, old in pairs(body(None))]


@given(others(), members("model"), others(), ends, json_texts)
def test_any_value_can_be_put_in_the_place_of_another(
    left: list[Written], target: Written, right: list[Written], around: tuple[bytes, bytes], raw: bytes
) -> None:
    def body(new: bytes | None) -> bytes:
        return written([m.text() for m in left] + [target.text(new)] + [m.text() for m in right], around)

    assert set_top_level_raw(body(None), "model", raw) == body(raw)


@given(others(), ends, spaces, json_texts)
def test_an_absent_member_is_added_last(
    present: list[Written], around: tuple[bytes, bytes], inside: bytes, raw: bytes
) -> None:
    body = written([member.text() for member in present] or [inside], around)
    result = set_top_level_raw(body, "model", raw)
    assert pairs(result) == [*pairs(body), ("model", json.loads(raw, object_pairs_hook=list))]
    added = (b',"model":' if present else b'"model":') + raw
    assert result.count(added) >= 1
    assert any(
        result[:at] + result[at + len(added) :] == body
        for at in range(len(result))
        if result.startswith(added, at)
    )


@given(others(), ends)
def test_nothing_is_put_in_the_place_of_what_is_not_there(
    present: list[Written], around: tuple[bytes, bytes]
) -> None:
    body = written([member.text() for member in present] or [b""], around)
    with pytest.raises(KeyAbsent, match="'model'"):
        replace_top_level_string(body, "model", "x")


@given(members("model"), others(), members("model"), others())
def test_a_key_given_twice_is_refused(
    first: Written, between: list[Written], second: Written, rest: list[Written]
) -> None:
    body = written([member.text() for member in [first, *between, second, *rest]])
    with pytest.raises(DuplicateKey, match="'model'"):
        replace_top_level_string(body, "model", "x")
    with pytest.raises(DuplicateKey):
        set_top_level_raw(body, "model", b"1")


@pytest.mark.parametrize(
    ("body", "result"),
    [
        (b'{"model":"a"}', b'{"model":"NEW"}'),
        (b'{ "model" : "a" , "n" : 1.0e5 }\n', b'{ "model" : "NEW" , "n" : 1.0e5 }\n'),
        (b'{"x":{"model":"b"},"model":"a"}', b'{"x":{"model":"b"},"model":"NEW"}'),
        (b'{"x":["model"],"model":"a"}', b'{"x":["model"],"model":"NEW"}'),
        (b'{"a\\"model":"b","model":"a"}', b'{"a\\"model":"b","model":"NEW"}'),
        (b'{"t":"say \\"model\\":\\"b\\"","model":"a"}', b'{"t":"say \\"model\\":\\"b\\"","model":"NEW"}'),
        (b'{"m\\u006fdel":"a","x":{"model":"b"}}', b'{"m\\u006fdel":"NEW","x":{"model":"b"}}'),
        (b'{"model":"a\\\\","b":"\\""}', b'{"model":"NEW","b":"\\""}'),
        (b'{"n":1,"n":12,"n":"x","model":"a","n":[1]}', b'{"n":1,"n":12,"n":"x","model":"NEW","n":[1]}'),
        (b'{"n":12 ,"n":1,"model":"a"}', b'{"n":12 ,"n":1,"model":"NEW"}'),
        (
            '{"é":"漢","n":{"é":"漢"},"n":1,"model":"a"}'.encode(),
            '{"é":"漢","n":{"é":"漢"},"n":1,"model":"NEW"}'.encode(),
        ),
    ],
)
def test_rows_of_splicing(body: bytes, result: bytes) -> None:
    assert replace_top_level_string(body, "model", "NEW") == result


@pytest.mark.parametrize("value", [b"1", b"null", b"{}", b'["a"]', b"true"])
def test_a_value_that_is_no_string_is_not_replaced_by_one(value: bytes) -> None:
    with pytest.raises(NotAString, match="'model'"):
        replace_top_level_string(b'{"model":' + value + b"}", "model", "x")


@pytest.mark.parametrize("value", ['quote " back \\ slash', "é漢🙂", "line\nend", "\ud800"])
def test_any_value_is_written_as_json(value: str) -> None:
    body = replace_top_level_string(b'{"model":"a"}', "model", value)
    assert json.loads(body) == {"model": value}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"model"',
        b'{"model":"a"',
        b'{"model":"a"}}',
        b'{"model":"a",}',
        b"{'model':'a'}",
        b'{"model":nan}',
        b'{"model":"a"} trailing',
        b'{"\xff":"a"}',
        b'{"model":"a","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_what_is_no_object_is_refused(body: bytes) -> None:
    edits: list[Callable[[], bytes]] = [
        lambda: replace_top_level_string(body, "model", "x"),
        lambda: set_top_level_raw(body, "model", b"1"),
    ]
    for edit in edits:
        with pytest.raises(NotAnObject, match=r"not a JSON object|too deeply"):
            edit()


@given(st.binary(max_size=30), st.text(string.ascii_letters, max_size=3))
def test_any_bytes_are_spliced_or_refused(noise: bytes, key: str) -> None:
    assume(b'"' not in noise)
    for body in (noise, b'{"model":"a"' + noise + b"}", b'{"model":' + noise + b',"' + noise + b'":1}'):
        try:
            replace_top_level_string(body, key, "x")
        except SpliceError:
            continue
        assert key in json.loads(body.decode("utf-8", "replace"))
