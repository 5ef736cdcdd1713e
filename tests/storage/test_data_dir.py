"""Where the data directory is, and that others cannot look into it."""

import stat
from pathlib import Path

import pytest

from isthmus.config import StorageSettings
from isthmus.storage.data_dir import find_data_dir, make_private
from isthmus.storage.errors import StorageError


@pytest.mark.parametrize(
    ("data_dir", "environment", "found"),
    [
        ("/srv/isthmus", {"XDG_DATA_HOME": "/data"}, Path("/srv/isthmus")),
        ("~/mine", {}, Path.home() / "mine"),
        (None, {"XDG_DATA_HOME": "/data"}, Path("/data/isthmus")),
        (None, {"XDG_DATA_HOME": "data"}, Path.home() / ".local/share/isthmus"),
        (None, {"XDG_DATA_HOME": ""}, Path.home() / ".local/share/isthmus"),
        (None, {}, Path.home() / ".local/share/isthmus"),
    ],
)
def test_where_it_is(data_dir: str | None, environment: dict[str, str], found: Path) -> None:
    assert find_data_dir(StorageSettings(data_dir=data_dir), environment) == found


def test_it_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    directory = tmp_path / "new" / "isthmus"
    make_private(directory)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_one_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    make_private(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750


def test_a_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="is a file: choose another"):
        make_private(tmp_path / "file")
    with pytest.raises(StorageError, match="cannot be made"):
        make_private(tmp_path / "file" / "below")
