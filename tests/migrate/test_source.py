"""Files are read as they are written, and never touched."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from isthmus.migrate import source
from isthmus.migrate.source import Unreadable, read_text


def file_of(folder: Path, content: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


def test_a_byte_order_mark_and_crlf_are_no_part_of_the_text(tmp_path: Path) -> None:
    assert read_text(file_of(tmp_path, b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")) == "a: 1\nb: 2\n"


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (source.read_yaml, b"a: [1, 'yes']\r\nb: yes\r\n"),
        (source.read_json, b'{"a": [1, "yes"], // said\r\n "b": "yes",}'),
        (source.read_json5, b"{a: [1, 'yes'], b: 'yes'}"),
        (source.read_toml, b'a = [1, "yes"]\r\nb = "yes"\r\n'),
    ],
)
def test_every_format_gives_the_same_values(
    tmp_path: Path, read: Callable[[Path], object], content: bytes
) -> None:
    for text in (content, b"\xef\xbb\xbf" + content):
        assert read(file_of(tmp_path, text)) == {"a": [1, "yes"], "b": "yes"}


def test_backslashes_of_paths_can_be_kept(tmp_path: Path) -> None:
    path = file_of(tmp_path, rb'A="C:\new"' + b"\r\n" + rb'B="C:\new"')
    assert source.read_dotenv(path, raw=["B"]) == {"A": "C:\new", "B": r"C:\new"}


@pytest.mark.parametrize(
    ("read", "content", "said"),
    [
        (source.read_text, b"\xff\xfea", "not UTF-8 text"),
        (source.read_yaml, b"a: 1\nb: [sk-secret\n", ":3: not YAML"),
        (source.read_json, b'{"a": 1\n"sk-secret"}', ":2: not JSON"),
        (source.read_json5, b"{a: 1,\n sk-secret}", ":2: not JSON5"),
        (source.read_toml, b"a = 1\nb = sk-secret\n", "not TOML (at line 2"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(
    tmp_path: Path, read: Callable[[Path], object], content: bytes, said: str
) -> None:
    with pytest.raises(Unreadable) as failed:
        read(file_of(tmp_path, content))
    assert said in str(failed.value)
    assert str(tmp_path) in str(failed.value)
    assert "sk-secret" not in str(failed.value)


def test_a_missing_file_and_a_huge_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        read_text(tmp_path / "missing")
    large = tmp_path / "large"
    large.touch()
    os.truncate(large, source.MAX_BYTES + 1)
    with pytest.raises(Unreadable, match="larger than 64 MiB"):
        read_text(large)
