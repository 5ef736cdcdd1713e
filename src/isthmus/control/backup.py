"""A backup made by a running gateway, for whoever asks it over the network. The secret key is never in it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from isthmus.control.clock import now_ms
from isthmus.control.failures import Conflict, Unavailable
from isthmus.control.people import Person
from isthmus.storage.backup import write_backup
from isthmus.storage.database import Database
from isthmus.storage.errors import StorageError

Note = Callable[[Person, str, str, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class MadeBackup:
    file: BinaryIO
    """At its beginning, and without a name: closing it removes it."""
    size: int
    made_ms: int


@dataclass(slots=True)
class BackupService:
    database: Database
    note: Note
    folder: Path | None = None
    """Where it is kept until it has been sent; None: where temporary files are kept."""
    _making: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def make(self, person: Person) -> MadeBackup:
        """The caller closes it. Raises `Conflict` while another is being made, and `Unavailable`.

        It is complete before the first byte is sent: a slow client would make the database keep old rows for it.
        """
        if self._making.locked():
            raise Conflict("a backup is being made already: ask again when it is done")
        async with self._making:
            made_ms = now_ms()
            file = await self._write(made_ms)
        size = file.seek(0, 2)
        file.seek(0)
        await self.note(person, "backup.made", "", f"{size} bytes")
        return MadeBackup(file, size, made_ms)

    async def _write(self, made_ms: int) -> BinaryIO:
        try:
            file: BinaryIO = tempfile.TemporaryFile(dir=self.folder)  # noqa: SIM115 - the caller closes it
            try:
                await write_backup(self.database, file, made_ms)
            except BaseException:
                file.close()
                raise
        except StorageError as error:
            raise Unavailable(str(error)) from None
        except OSError as error:
            raise Unavailable(f"the backup cannot be written: {error.strerror or error}") from None
        return file
