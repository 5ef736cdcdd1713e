"""`isthmus restore`, as its users have it: onto a new machine, and never over what is there unasked."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from cli.processes import Run


def configure(folder: Path, data_dir: str, **storage: str) -> Path:
    settings = {"storage": {"data_dir": str(folder / data_dir), **storage}}
    (folder / "isthmus.json").write_text(json.dumps(settings))
    return folder / data_dir


def actions(data_dir: Path) -> list[str]:
    database = sqlite3.connect(data_dir / "isthmus.db")
    try:
        return [row[0] for row in database.execute("SELECT action FROM audit_log ORDER BY id")]
    finally:
        database.close()


@pytest.mark.slow
def test_onto_a_new_machine(run: Run, tmp_path: Path) -> None:
    configure(tmp_path, "old")
    assert run("storage", "rotate-key").returncode == 0
    assert run("backup", "first.zip").returncode == 0
    assert run("backup", "b.zip", "--with-key").returncode == 0
    new = configure(tmp_path, "new")
    done = run("restore", "b.zip")
    assert done.returncode == 0, done.stderr
    assert "tables are restored from b.zip" in done.stdout
    assert actions(new) == ["backup.made", "backup.restored"]


def test_over_something_only_with_replace(run: Run, tmp_path: Path) -> None:
    data_dir = configure(tmp_path, "data")
    assert run("backup", "b.zip").returncode == 0
    done = run("restore", "b.zip")
    assert done.returncode == 1
    assert "is not empty (there are rows in audit_log)" in done.stderr
    assert actions(data_dir) == ["backup.made"]
    assert run("restore", "b.zip", "--replace").returncode == 0
    assert actions(data_dir) == ["backup.restored"], "the backup was made before its own line was written"


def test_what_is_no_backup(run: Run, tmp_path: Path) -> None:
    configure(tmp_path, "data")
    (tmp_path / "b.zip").write_text("a holiday picture")
    done = run("restore", "b.zip")
    assert done.returncode == 1
    assert "b.zip is no backup, or not the whole of one" in done.stderr
