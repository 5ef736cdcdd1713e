"""The file of a backup comes back as it went, and one that is not whole is told from one that is."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.secret import Secret
from isthmus.storage.archive import FORMAT, Archive, ArchiveWriter, Manifest
from isthmus.storage.errors import StorageError

MANIFEST = Manifest(FORMAT, "0002", "1.0", "sqlite", 1, {"t": 2, "empty": 0})
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
CELLS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS


def write(file: Path, rows: list[list[Any]], keys: list[Secret] = [], manifest: Manifest = MANIFEST) -> Path:  # noqa: B006
    with file.open("wb") as opened, ArchiveWriter(opened) as archive:
        archive.begin_table("t", ["a", "b"])
        archive.add(rows)
        archive.begin_table("empty", ["c"])
        archive.finish(manifest, keys)
    return file


@given(rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=7), at_once=st.integers(1, 3))
def test_rows_come_back_as_they_went(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[Any]], at_once: int
) -> None:
    file = write(tmp_path_factory.mktemp("archive") / "b.zip", rows)
    with Archive(file) as archive:
        assert archive.manifest == MANIFEST
        assert archive.keys == []
        assert archive.columns("t") == ["a", "b"]
        batches = list(archive.rows("t", at_once))
        assert list(archive.rows("empty", at_once)) == []
    assert [row for batch in batches for row in batch] == rows
    assert all(len(batch) <= at_once for batch in batches)


def test_keys_are_in_it_only_when_given(tmp_path: Path) -> None:
    keys = [Secret("a newer key"), Secret("an older key")]
    with Archive(write(tmp_path / "with.zip", [], keys)) as archive:
        assert archive.keys == keys
    assert "keys.json" not in zipfile.ZipFile(write(tmp_path / "without.zip", [])).namelist()


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be read: No such file"):
        Archive(tmp_path / "none.zip")


def test_a_part_of_a_file_is_no_backup(tmp_path: Path) -> None:
    whole = write(tmp_path / "b.zip", [["x", 1]] * 1000).read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 30):
        (tmp_path / "part.zip").write_bytes(whole[:length])
        with pytest.raises(StorageError, match="is no backup, or not the whole of one"):
            Archive(tmp_path / "part.zip")


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    file = write(tmp_path / "b.zip", [[f"text {number}", number] for number in range(5000)])
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 0x10
    file.write_bytes(data)
    with Archive(file) as archive, pytest.raises(StorageError, match="is damaged"):
        list(archive.rows("t", 100))


def test_another_zip_file_is_no_backup(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as other:
        other.writestr("holiday.txt", "sunny")
    with pytest.raises(StorageError, match="has no manifest"):
        Archive(tmp_path / "x.zip")


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    later = Manifest(FORMAT + 1, "0009", "9.0", "sqlite", 1, {})
    with pytest.raises(StorageError, match=r"made by a newer isthmus \(format 2\)"):
        Archive(write(tmp_path / "b.zip", [], manifest=later))


@pytest.mark.parametrize("line", ["{}", "[", "[1]", "[1, 2, 3]", "[1, [2]]", '[1, {"a": 1}]', ""])
def test_lines_that_are_no_rows(tmp_path: Path, line: str) -> None:
    file = write(tmp_path / "b.zip", [])
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad:
        bad.writestr("manifest.json", zipfile.ZipFile(file).read("manifest.json"))
        bad.writestr("tables/t.jsonl", json.dumps(["a", "b"]) + f"\n{line}\n")
    with Archive(tmp_path / "bad.zip") as archive:
        with pytest.raises(StorageError, match="a line of t is no row"):
            list(archive.rows("t", 10))
        with pytest.raises(StorageError, match="has no rows of empty"):
            list(archive.rows("empty", 10))
