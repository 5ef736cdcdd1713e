"""`isthmus backup`, as its users have it."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from cli.processes import Run
from isthmus.storage.archive import Archive
from isthmus.storage.key_file import load_or_make_keys


def configure(folder: Path) -> Path:
    (folder / "isthmus.json").write_text(json.dumps({"storage": {"data_dir": str(folder / "data")}}))
    return folder / "data"


def test_a_backup_without_the_key(run: Run, tmp_path: Path) -> None:
    configure(tmp_path)
    done = run("backup", "b.zip")
    assert done.returncode == 0, done.stderr
    assert "tables are in b.zip" in done.stdout
    assert "The secret key is not in it" in done.stdout
    with Archive(tmp_path / "b.zip") as archive:
        assert archive.keys == []
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600


def test_a_backup_with_the_key(run: Run, tmp_path: Path) -> None:
    data_dir = configure(tmp_path)
    done = run("backup", "--with-key", "b.zip")
    assert "The secret key is in it" in done.stdout
    keys = load_or_make_keys(data_dir)
    with Archive(tmp_path / "b.zip") as archive:
        assert archive.keys == keys
    assert keys[0].reveal() not in done.stdout + done.stderr


def test_a_file_that_is_there_is_kept(run: Run, tmp_path: Path) -> None:
    configure(tmp_path)
    (tmp_path / "b.zip").write_text("a holiday picture")
    done = run("backup", "b.zip")
    assert done.returncode == 1
    assert "b.zip exists: choose another name, or replace it with --overwrite" in done.stderr
    assert (tmp_path / "b.zip").read_text() == "a holiday picture"
    assert run("backup", "b.zip", "--overwrite").returncode == 0
