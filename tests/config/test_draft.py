from __future__ import annotations

from pathlib import Path

import pytest

from isthmus.config.draft import Draft, read_draft
from isthmus.config.problems import ConfigError


def written(folder: Path, name: str, raw: bytes) -> Path:
    path = folder / name
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("name", ["a.json", "a.jsonc", "a.conf", "a"])
def test_json_is_recognised_by_name_or_first_character(tmp_path: Path, name: str) -> None:
    draft = read_draft(written(tmp_path, name, b'// note\n{"a": {"b": 1},}'))
    assert draft.values == {"a": {"b": 1}}
    assert draft.place(("a", "b")) == f"{tmp_path / name}:2"


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    assert read_draft(written(tmp_path, "a.yaml", b"\xef\xbb\xbfa: 1\n")).values == {"a": 1}


def test_an_empty_file_is_an_empty_configuration(tmp_path: Path) -> None:
    assert read_draft(written(tmp_path, "a.yaml", b"# nothing yet\n")).values == {}


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("a.yaml", b"a: 1\nb: \xff\n", "a.yaml:2: not UTF-8; save the file as UTF-8"),
        ("a.yaml", b"- a\n- b\n", "a.yaml:1: expected settings by name"),
        ("a.json", b'{"a": 1,\n "b" 2}', 'a.json:2: expected ":"'),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str, raw: bytes, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_draft(written(tmp_path, name, raw))
    assert said in str(refused.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path, Path("a\0b")):
        with pytest.raises(ConfigError):
            read_draft(path)


def test_duplicates_do_not_hide_other_problems(tmp_path: Path) -> None:
    draft = read_draft(written(tmp_path, "a.json", b'{"a": 1,\n"a": 2,\n"b": 3, "b": 4}'))
    assert [(each.place[-2:], each.path) for each in draft.problems] == [(":2", "a"), (":3", "b")]


def test_the_nearest_known_place_is_given() -> None:
    draft = Draft(places={(): "f", ("a",): "f:1"})
    assert draft.place(("a", "b", "c")) == "f:1"
    assert draft.place(("z",)) == "f"
    assert Draft().place(("z",)) == ""


def test_a_later_source_merges_mappings_and_replaces_the_rest() -> None:
    draft = Draft({"a": {"b": 1, "c": [1, 2]}}, {("a",): "f:1", ("a", "c"): "f:2", ("a", "c", 0): "f:2"})
    draft.put(("a",), {"c": [3], "d": 4}, "VARIABLE")
    assert draft.values == {"a": {"b": 1, "c": [3], "d": 4}}
    assert draft.place(("a", "b")) == "f:1"
    assert draft.place(("a", "c", 0)) == "VARIABLE"


def test_a_value_cannot_be_put_inside_a_text() -> None:
    draft = Draft({"a": "text"})
    draft.put(("a", "b"), 1, "VARIABLE")
    assert draft.values == {"a": "text"}
    assert [each.place for each in draft.problems] == ["VARIABLE"]


def test_a_renamed_value_keeps_its_place() -> None:
    draft = Draft({"a": {"old": 1}}, {("a", "old"): "f:3"}, {("a", "old"): "${X}"}, {("a", "old")})
    draft.rename(("a", "old"), "new")
    assert draft.value(("a", "new")) == 1
    assert draft.place(("a", "new")) == "f:3"
    assert draft.templates["a", "new"] == "${X}"
    assert ("a", "new") in draft.unfilled


def test_a_value_is_found_by_its_key() -> None:
    draft = Draft({"a": [{"b": 1}]})
    assert draft.value(("a", 0, "b")) == 1
    assert draft.value(("a", 1)) is None
    assert draft.value(("a", "x", 0)) is None
