"""Where child processes live: one folder per gateway, one folder in it per process. Only our own user can look inside.

A gateway holds a lock on its folder for as long as it runs, and the system lets go of the lock however it ends. So the next one
can tell what a dead gateway has left behind, and takes it away.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PREFIX: Final = "isthmus-programs-"
_LOCK: Final = "lock"
_NEW: Final = "lock.new"
YOUNG_S: Final = 60.0
"""A folder without a lock that is younger may be one that is just being made."""


@dataclass(frozen=True, slots=True)
class ProcessFolder:
    """The belongings of one process."""

    path: Path

    @property
    def work(self) -> Path:
        return self.path / "work"

    def environment(self, own_folders: tuple[str, ...]) -> dict[str, str]:
        """The variables that point into it."""
        return {
            "HOME": str(self.path / "home"),
            "TMPDIR": str(self.path / "tmp"),
            **{name: str(self.path / "own" / name) for name in own_folders},
        }

    def remove(self) -> None:
        """Blocks while it does. What cannot be removed is left to the next start."""
        shutil.rmtree(self.path, ignore_errors=True)


class GatewayFolder:
    """Made by `open`, removed with all that is in it by `remove`."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def open(cls, below: Path | None = None) -> GatewayFolder:
        """Below the system's folder for temporary files, unless another is named. Raises `OSError`."""
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=below))
        new = path / _NEW
        lock = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Under its name it has been locked from the first moment on.
        new.rename(path / _LOCK)
        return cls(path, lock)

    def new(self, own_folders: tuple[str, ...], files: Mapping[str, bytes]) -> ProcessFolder:
        """Raises `OSError`, and `ValueError` for a name that leads elsewhere."""
        folder = ProcessFolder(Path(tempfile.mkdtemp(dir=self.path)))
        for name in ("work", "home", "tmp", "own", "files", *(f"own/{_plain(each)}" for each in own_folders)):
            (folder.path / name).mkdir(mode=0o700)
        for name, content in files.items():
            place = os.open(folder.path / "files" / _plain(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(place, "wb") as file:
                file.write(content)
        return folder

    def remove(self) -> None:
        """Safe to call twice."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def abandoned(below: Path | None = None) -> Iterator[GatewayFolder]:
    """The folders of gateways that are no more, each locked by us now: to be removed."""
    for path in sorted(Path(below or tempfile.gettempdir()).glob(f"{PREFIX}*")):
        lock = _taken_over(path)
        if lock is not None:
            yield GatewayFolder(path, lock)


def _taken_over(path: Path) -> int | None:
    try:
        found = path.lstat()
        # Others may write to the folder for temporary files too, and name theirs as they like.
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            return None
        is_young = time.time() - found.st_mtime < YOUNG_S
        made = 0 if is_young else os.O_CREAT
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_NOFOLLOW | made, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _plain(name: str) -> str:
    if not name or name in {".", ".."} or "/" in name or "\0" in name:
        raise ValueError(f"{name!r} is no plain name of a file")
    return name
