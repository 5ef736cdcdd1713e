"""`POST /v2/backup`, asked as the gateway hands requests on."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import asgi
from isthmus.admin.app import admin_app
from isthmus.admin.backup import router
from isthmus.control.backup import BackupService
from isthmus.control.people import Person, Role
from isthmus.storage.database import Database
from isthmus.storage.vault import Vault
from stocked import CANARY, stock


async def ask(database: Database, method: str = "POST", role: Role = Role.ADMIN) -> asgi.Reply:
    async def note(*_: Any) -> None:
        pass

    inner = admin_app([router(BackupService(database, note))])

    async def app(scope: Any, receive: Any, send: Any) -> None:
        state = {"request_id": "req_1", "person": Person("usr_1", "anna", role)}
        given = {
            "state": state,
            "root_path": "",
            "scheme": "http",
            "server": ("127.0.0.1", 8000),
            "http_version": "1.1",
        }
        await inner(scope | given, receive, send)

    return await asgi.ask(app, method, "/v2/backup")


async def test_it_is_sent_as_a_file(sqlite: Database, vault: Vault, tmp_path: Path) -> None:
    await stock(sqlite, vault)
    reply = await ask(sqlite)
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/zip"
    assert int(reply.headers["content-length"]) == len(reply.body)
    assert reply.headers["content-disposition"].startswith('attachment; filename="isthmus-20')
    assert reply.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(BytesIO(reply.body)) as archive:
        assert archive.testzip() is None
        assert "tables/accounts.jsonl" in archive.namelist()
        assert "keys.json" not in archive.namelist()
        assert CANARY.encode() not in b"".join(archive.read(name) for name in archive.namelist())


async def test_only_administrators_get_one(sqlite: Database) -> None:
    assert (await ask(sqlite, role=Role.VIEWER)).status == 403


async def test_it_is_not_got(sqlite: Database) -> None:
    assert (await ask(sqlite, method="GET")).status == 405


async def test_the_document_says_what_comes(sqlite: Database) -> None:
    async def note(*_: Any) -> None:
        pass

    document = admin_app([router(BackupService(sqlite, note))]).openapi()
    answers = document["paths"]["/v2/backup"]["post"]["responses"]
    assert list(answers["200"]["content"]) == ["application/zip"]
