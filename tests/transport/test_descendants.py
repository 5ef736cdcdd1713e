"""Whoever carries the mark of a folder is found, wherever in the process tree it is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from isthmus.transport.descendants import MARK, end_all_below

SLEEPS = [sys.executable, "-I", "-S", "-c", "print(flush=True); import time; time.sleep(600)"]

OWN = """
import sys
from pathlib import Path
from isthmus.transport.descendants import end_all_below
print(end_all_below(Path(sys.argv[1])))
"""


def sleeper(folder: Path, *, in_own_session: bool = False) -> subprocess.Popen[bytes]:
    """Runs its own program by the time that this returns, no longer ours."""
    child = subprocess.Popen(
        SLEEPS,
        env=os.environ | {MARK: str(folder)},
        stdout=subprocess.PIPE,
        start_new_session=in_own_session,
    )
    assert child.stdout is not None
    child.stdout.readline()
    child.stdout.close()
    return child


@pytest.fixture
def bystander(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Its folder has a name that begins as the other's does."""
    child = sleeper(tmp_path / "one-and-a-half")
    yield child
    child.kill()
    child.wait()


def test_those_of_a_folder_end_and_nobody_else(tmp_path: Path, bystander: subprocess.Popen[bytes]) -> None:
    children = [
        sleeper(tmp_path / "one"),
        sleeper(tmp_path / "one", in_own_session=True),
        sleeper(tmp_path / "one" / "below"),
    ]
    assert end_all_below(tmp_path / "one") >= 3
    assert [child.wait(10) for child in children] == [-9, -9, -9]
    assert bystander.poll() is None


def test_we_do_not_end_ourselves(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OWN, str(tmp_path)],
        env=os.environ | {MARK: str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "0"), done.stderr
