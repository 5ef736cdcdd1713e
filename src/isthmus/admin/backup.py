"""`POST /v2/backup`: the whole database as a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from isthmus.admin.asking import Admin, moment
from isthmus.control.backup import BackupService, MadeBackup

MEDIA_TYPE: Final = "application/zip"
_CHUNK_BYTES: Final = 256 << 10


class _Archive(StreamingResponse):
    media_type = MEDIA_TYPE


def router(service: BackupService) -> APIRouter:
    router = APIRouter(tags=["backup"])

    @router.post("/backup", response_class=_Archive)
    async def make_backup(admin: Admin) -> StreamingResponse:
        """Everything but sign-ins, at one moment, as `isthmus backup` saves it; `isthmus restore` puts it back.

        Credentials in it stay encrypted, and the key is not in it.
        """
        made = await service.make(admin)
        headers = {
            "content-length": str(made.size),
            "content-disposition": f'attachment; filename="isthmus-{moment(made.made_ms):%Y-%m-%d-%H%M%S}.zip"',
            "cache-control": "no-store",
        }
        return _Archive(_chunks(made), headers=headers)

    return router


async def _chunks(made: MadeBackup) -> AsyncIterator[bytes]:
    with made.file as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            yield chunk
