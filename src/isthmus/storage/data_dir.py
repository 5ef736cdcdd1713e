"""The directory that is the gateway's own: its SQLite database and the file with the secret key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from isthmus.config import StorageSettings
from isthmus.storage.errors import StorageError


def find_data_dir(settings: StorageSettings, environment: Mapping[str, str]) -> Path:
    """Where it is, or will be: `storage.data_dir`, else `$XDG_DATA_HOME/isthmus`, else `~/.local/share/isthmus`."""
    if settings.data_dir is not None:
        return Path(settings.data_dir).expanduser()
    base = environment.get("XDG_DATA_HOME", "")
    # The specification of these variables tells us to ignore a relative path.
    home = Path(base) if Path(base).is_absolute() else Path("~/.local/share").expanduser()
    return home / "isthmus"


def make_private(directory: Path) -> None:
    """Makes it, for its owner alone, if it is missing. One that exists stays as it is: it may be a mounted volume.

    Raises `StorageError`.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise StorageError(
            f"the data directory {directory} is a file: choose another storage.data_dir"
        ) from None
    except OSError as error:
        raise StorageError(
            f"the data directory {directory} cannot be made ({error.strerror}): make it, or set storage.data_dir to a "
            "directory that this user can write to"
        ) from None
