"""Programs that ask the admin API of a whole gateway, each with the token of a user."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from asgi import Reply, ask
from isthmus.cli.running import Running
from isthmus.cli.stores import Stores
from isthmus.control.passwords import Passwords
from isthmus.control.people import OPERATOR, Role
from isthmus.control.tokens import Tokens
from isthmus.control.users import NewUser, Users
from isthmus.core.secret import Secret
from isthmus.storage.audit import AuditLog
from isthmus.storage.tokens import TokenStore
from isthmus.storage.users import UserStore
from signing_in import CHEAP

HOST = "127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Script:
    gateway: Any
    user_id: str
    token: Secret

    async def __call__(
        self,
        method: str,
        path: str,
        body: bytes | Mapping[str, Any] = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        sent = {"content-type": "application/json"} if body else {}
        return await ask(self.gateway, method, path, body, {**sent, **self.headers, **(headers or {})})

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token.reveal()}"}


async def script(running: Running, stores: Stores, role: Role, name: str | None = None) -> Script:
    """Of a new user without a password."""
    audit, database = AuditLog(stores.database), stores.database
    new = NewUser(name or role.value, role, None)
    user = await Users(UserStore(database), Passwords(CHEAP), audit).create(OPERATOR, new)
    made = await Tokens(TokenStore(database), audit).create(OPERATOR, user.id, "for tests", None)
    return Script(running.live.gateway, user.id, made.secret)


async def logged(running: Running, rows: int) -> None:
    """Waits until so many requests have been written down."""
    async with asyncio.timeout(20):
        while running.log.state.written < rows:
            await asyncio.sleep(0.02)


async def status_of(app: Any, method: str, path: str, headers: Mapping[str, str]) -> int:
    """What an answer begins with. Some never end."""
    begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in {"host": HOST, **headers}.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
    }
    waiting = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            begun.set_result(message["status"])

    answering = asyncio.create_task(app(scope, receive, send))
    try:
        return await asyncio.wait_for(begun, 20)
    finally:
        answering.cancel()
        with suppress(asyncio.CancelledError):
            await answering
