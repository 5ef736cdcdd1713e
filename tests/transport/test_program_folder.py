"""The folder of a gateway is its own while it runs, and anybody's to remove when it has gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.transport import program_folder
from isthmus.transport.program_folder import PREFIX, YOUNG_S, GatewayFolder, abandoned

HOLDER = """
import sys
from pathlib import Path
from isthmus.transport.program_folder import GatewayFolder
folder = GatewayFolder.open(Path(sys.argv[1]))
folder.new((), {})
print(folder.path, flush=True)
sys.stdin.read()
"""


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_only_we_can_look_inside(tmp_path: Path) -> None:
    home = GatewayFolder.open(tmp_path)
    folder = home.new(("CACHE",), {"history": b"long ago"})
    everything = [home.path, *home.path.rglob("*")]
    assert {mode(each) for each in everything if each.is_dir()} == {0o700}
    assert {mode(each) for each in everything if each.is_file()} == {0o600}
    assert (folder.path / "files/history").read_bytes() == b"long ago"
    assert set(folder.environment(("CACHE",))) == {"HOME", "TMPDIR", "CACHE"}
    for place in (folder.work, *map(Path, folder.environment(("CACHE",)).values())):
        assert place.is_dir()
        assert list(place.iterdir()) == []
    folder.remove()
    assert not folder.path.exists()
    home.remove()
    home.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", ".", "..", "../escape", "/etc/passwd", "a/b", "nul\0"])
def test_a_file_stays_in_its_place(tmp_path: Path, name: str) -> None:
    home = GatewayFolder.open(tmp_path)
    with pytest.raises(ValueError, match="no plain name"):
        home.new((), {name: b""})
    with pytest.raises(ValueError, match="no plain name"):
        home.new((name,), {})
    home.remove()


def test_what_a_killed_gateway_left_is_found_and_what_a_living_one_has_is_not(tmp_path: Path) -> None:
    ours = GatewayFolder.open(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        theirs = Path(holder.stdout.readline().strip())
        assert list(abandoned(tmp_path)) == []
        holder.send_signal(signal.SIGKILL)
    (left,) = abandoned(tmp_path)
    assert left.path == theirs
    # Whoever finds it holds it.
    assert list(abandoned(tmp_path)) == []
    left.remove()
    assert list(tmp_path.iterdir()) == [ours.path]
    ours.remove()


def test_one_that_is_just_being_made_is_left_alone(tmp_path: Path) -> None:
    half_made = tmp_path / f"{PREFIX}half"
    half_made.mkdir()
    assert list(abandoned(tmp_path)) == []
    long_ago = half_made.stat().st_mtime - YOUNG_S - 1
    os.utime(half_made, (long_ago, long_ago))
    (left,) = abandoned(tmp_path)
    left.remove()
    assert list(tmp_path.iterdir()) == []


def test_what_others_put_there_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "lock").touch()
    place = tmp_path / "tmp"
    place.mkdir()
    (place / f"{PREFIX}link").symlink_to(elsewhere)
    (place / f"{PREFIX}file").touch()
    with_link = place / f"{PREFIX}lock"
    with_link.mkdir()
    (with_link / "lock").symlink_to(elsewhere / "lock")
    assert list(abandoned(place)) == []
    dead = GatewayFolder.open(place)
    os.close(dead._lock)
    monkeypatch.setattr(program_folder.os, "getuid", lambda: os.geteuid() + 1)
    assert list(abandoned(place)) == []
