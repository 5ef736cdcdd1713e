"""The secret key in a file beside the database, for whoever did not configure one.

One key per line, the newest first. The file is never overwritten by accident and never readable by others.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from isthmus.core.secret import Secret
from isthmus.storage.data_dir import make_private
from isthmus.storage.errors import StorageError

NAME: Final = "secret.key"
_OTHERS: Final = 0o077


def load_or_make_keys(directory: Path) -> list[Secret]:
    """The keys in the file, which is made with a new one when there is none yet. Raises `StorageError`."""
    file = directory / NAME
    try:
        if not file.exists():
            make_private(directory)
            _make(file, [new_key()])
        return _load(file)
    except OSError as error:
        raise StorageError(
            f"the file with the secret key, {file}, cannot be used ({error.strerror}): give this user access to it, "
            "or set storage.secret_key"
        ) from None


def replace_keys(directory: Path, keys: Sequence[Secret]) -> None:
    """Puts these keys into the file in one step. Raises `StorageError`."""
    file = directory / NAME
    try:
        _write_beside(file, keys).replace(file)
    except OSError as error:
        raise StorageError(f"{file} cannot be written ({error.strerror}); it is unchanged") from None


def new_key() -> Secret:
    return Secret(secrets.token_urlsafe(32))


def _load(file: Path) -> list[Secret]:
    if os.name == "posix" and file.stat().st_mode & _OTHERS:
        raise StorageError(f"others can read the secret key: run `chmod 600 {file}`")
    keys = [Secret(line.strip()) for line in file.read_text("ascii", "replace").splitlines() if line.strip()]
    if not keys:
        raise StorageError(
            f"{file} is empty: put the key back that the stored credentials were sealed with; if nothing is stored yet, "
            "remove the file, and a new key is made"
        )
    return keys


def _make(file: Path, keys: Sequence[Secret]) -> None:
    """Whole or not at all; of two processes that make it at once, one does and both use its key."""
    written = _write_beside(file, keys)
    try:
        file.hardlink_to(written)  # Unlike a rename, it fails when the file is there.
    except FileExistsError:
        pass
    finally:
        written.unlink()


def _write_beside(file: Path, keys: Sequence[Secret]) -> Path:
    beside = file.with_name(f".{file.name}.{secrets.token_hex(6)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.writelines(f"{key.reveal()}\n" for key in keys)
        opened.flush()
        os.fsync(opened.fileno())
    return beside
