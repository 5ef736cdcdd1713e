"""The key file: made once, for its owner alone, and never overwritten."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from isthmus.core.secret import Secret
from isthmus.storage.errors import StorageError
from isthmus.storage.key_file import NAME, load_or_make_keys, new_key, replace_keys


def test_it_is_made_once(tmp_path: Path) -> None:
    directory = tmp_path / "isthmus"
    (key,) = load_or_make_keys(directory)
    assert len(key.reveal()) >= 32
    assert load_or_make_keys(directory) == [key]
    assert stat.S_IMODE((directory / NAME).stat().st_mode) == 0o600
    assert [file.name for file in directory.iterdir()] == [NAME]


def test_many_that_make_it_at_once_share_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(load_or_make_keys, [tmp_path] * 8))
    assert len({keys[0].reveal() for keys in made}) == 1


def test_keys_are_replaced_in_one_step(tmp_path: Path) -> None:
    (old,) = load_or_make_keys(tmp_path)
    new = new_key()
    replace_keys(tmp_path, [new, old])
    assert load_or_make_keys(tmp_path) == [new, old]
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_one_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    (key,) = load_or_make_keys(tmp_path)
    (tmp_path / NAME).chmod(mode)
    with pytest.raises(StorageError, match="run `chmod 600 ") as refused:
        load_or_make_keys(tmp_path)
    assert key.reveal() not in str(refused.value)


def test_an_empty_one_is_not_filled(tmp_path: Path) -> None:
    (tmp_path / NAME).touch(0o600)
    with pytest.raises(StorageError, match="is empty: put the key back"):
        load_or_make_keys(tmp_path)
    assert (tmp_path / NAME).read_bytes() == b""


def test_a_directory_in_its_place(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir(0o700)
    with pytest.raises(StorageError, match="cannot be used"):
        load_or_make_keys(tmp_path)
    with pytest.raises(StorageError, match="cannot be written"):
        replace_keys(tmp_path, [Secret("x")])
