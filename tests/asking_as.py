"""Asks an admin application as somebody whom the guard has let in."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.types import Receive, Scope, Send

import asgi
from isthmus.admin.app import admin_app
from isthmus.control.people import Person, Role

ADMIN = Person("usr_0", "anna", Role.ADMIN, client="198.51.100.7")
VIEWER = Person("usr_2", "vera", Role.VIEWER)
HOLDER = Person("usr_1", "hugo", Role.HOLDER)


async def ask(
    router: APIRouter, method: str, path: str, body: Any = b"", person: Person = ADMIN
) -> asgi.Reply:
    inner = admin_app([router])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"request_id": "req_1", "person": person}
        scope |= {"root_path": "", "scheme": "http", "server": ("127.0.0.1", 8000), "http_version": "1.1"}
        await inner(scope, receive, send)

    return await asgi.ask(app, method, path, body, {"content-type": "application/json"})
