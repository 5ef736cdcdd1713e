"""`isthmus storage rotate-key`, as its users have it."""

import json
from pathlib import Path

from cli.processes import Run
from isthmus.core.secret import Secret
from isthmus.storage.key_file import load_or_make_keys


def configure(folder: Path, **storage: str) -> Path:
    (folder / "isthmus.json").write_text(
        json.dumps({"storage": {"data_dir": str(folder / "data"), **storage}})
    )
    return folder / "data"


def test_a_key_file_gets_a_new_key_and_keeps_the_old(run: Run, tmp_path: Path) -> None:
    data_dir = configure(tmp_path)
    (old,) = load_or_make_keys(data_dir)
    done = run("storage", "rotate-key")
    assert done.returncode == 0, done.stderr
    assert "Rows sealed with the newest key: 1." in done.stdout
    new, kept = load_or_make_keys(data_dir)
    assert kept == old != new
    assert not any(key.reveal() in done.stdout + done.stderr for key in (old, new))
    done = run("storage", "rotate-key", "--forget-old")
    assert "The earlier keys are forgotten" in done.stdout
    (last,) = load_or_make_keys(data_dir)
    assert last not in (old, new)
    assert run("storage", "rotate-key").returncode == 0, "the last key opens everything"


def test_a_database_of_another_key_gets_no_new_one(run: Run, tmp_path: Path) -> None:
    data_dir = configure(tmp_path)
    assert run("storage", "rotate-key").returncode == 0
    (data_dir / "secret.key").write_text("another key than that of the database\n")
    done = run("storage", "rotate-key")
    assert done.returncode == 1
    assert "was sealed with another secret key" in done.stderr
    assert load_or_make_keys(data_dir) == [Secret("another key than that of the database")]


def test_configured_keys_are_left_to_whoever_configured_them(run: Run, tmp_path: Path) -> None:
    data_dir = configure(tmp_path, secret_key="an older key of the vault")
    assert run("storage", "rotate-key").returncode == 0
    configure(tmp_path, secret_key="a newer key of the vault,an older key of the vault")
    done = run("storage", "rotate-key")
    assert "Remove the earlier keys from storage.secret_key" in done.stdout
    configure(tmp_path, secret_key="a newer key of the vault")
    assert run("storage", "rotate-key").returncode == 0
    assert not (data_dir / "secret.key").exists()
