"""Images of this machine that a client names by path, read only out of the directories that an operator has opened for that.

A path counts as it is written and as it is resolved: both must lie in one of the directories. Then it is walked from the directory,
name by name, and no link is followed any more; so whoever changes something there meanwhile leads nobody out. What lies elsewhere
is not even looked at, and every refusal is the same: it does not tell whether there is such a file.
"""

from __future__ import annotations

import asyncio
import os
import stat
from dataclasses import dataclass
from typing import Final

import structlog

from isthmus.core.commands import Fetch, Fetched
from isthmus.core.errors import BadRequest
from isthmus.wire.data_uri import sniff_image
from isthmus.wire.local_path import path_parts

log = structlog.get_logger("isthmus")

_STEP: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe without a writer would keep us waiting, a terminal could become ours.
_LAST: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LocalImages:
    directories: tuple[str, ...]
    """Absolute paths."""
    max_bytes: int = 10 << 20

    async def read(self, command: Fetch) -> Fetched:
        """The image that its `url` names. Raises `BadRequest` naming the field."""
        try:
            return await asyncio.to_thread(self._read, command.url)
        except (OSError, ValueError) as why:
            log.info("an image by path was refused", why=getattr(why, "strerror", None) or str(why))
        raise BadRequest(
            f"the image cannot be read by its path: it must be a JPEG, PNG, GIF or WebP of at most {self.max_bytes / (1 << 20):g} MiB in "
            "one of the directories that are open for that. Send its content as base64 instead",
            field=command.field,
        )

    def _read(self, address: str) -> Fetched:
        written = path_parts(address)
        for directory in self.directories:
            opened = os.path.realpath(directory)
            if _below(_parts(directory), written) is None and _below(_parts(opened), written) is None:
                continue
            inside = _below(_parts(opened), _parts(os.path.realpath("/" + "/".join(written))))
            if inside:
                return self._open(opened, inside)
        raise ValueError("it is in none of the directories")

    def _open(self, directory: str, parts: Parts) -> Fetched:
        place = os.open(directory, _STEP)
        try:
            for part in parts[:-1]:
                place, left = os.open(part, _STEP, dir_fd=place), place
                os.close(left)
            # Opening a device may do something by itself, so it is looked at before.
            _check_kind(os.stat(parts[-1], dir_fd=place, follow_symlinks=False))
            file = os.open(parts[-1], _LAST, dir_fd=place)
        finally:
            os.close(place)
        with os.fdopen(file, "rb") as opened:
            _check_kind(os.fstat(opened.fileno()))
            body = opened.read(self.max_bytes + 1)
        if len(body) > self.max_bytes:
            raise ValueError("it is too large")
        media_type = sniff_image(body)
        if media_type is None:
            raise ValueError("it is no image")
        return Fetched(media_type, body)


def _check_kind(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("it is no regular file")


def _parts(path: str) -> Parts:
    return tuple(part for part in path.split("/") if part not in ("", "."))


def _below(directory: Parts, path: Parts) -> Parts | None:
    return path[len(directory) :] if path[: len(directory)] == directory else None
