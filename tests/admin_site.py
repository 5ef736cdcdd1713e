"""The admin API with its guard in front, over a real database, and callers that ask it as browsers and scripts do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from starlette.types import Receive, Scope, Send

import asgi
from isthmus.admin import audit, me, sign_in, users
from isthmus.admin.app import admin_app
from isthmus.admin.guard import AdminGuard
from isthmus.control.people import OPERATOR, Role
from isthmus.control.playground import PlaygroundKeys
from isthmus.storage.audit import AuditLog
from isthmus.storage.database import Database
from isthmus.storage.keys import KeyStore
from signing_in import PASSWORD, Office, open_office

REQUEST_ID = "req_0123456789"
MAX_BODY_BYTES = 100_000
FROM_OUR_PAGE = {"sec-fetch-site": "same-origin"}


@dataclass
class Site:
    office: Office
    app: AdminGuard
    scheme: str = "http"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As the gateway hands a request on."""
        given = {"scheme": self.scheme, "http_version": "1.1", "server": ("127.0.0.1", 8000)}
        await self.app(dict(scope) | given | {"state": {"request_id": REQUEST_ID}}, receive, send)

    async def script(self, name: str, role: Role) -> Caller:
        """A caller with a token of a new user."""
        user = await self.office.user(name, role, None)
        made = await self.office.tokens.create(OPERATOR, user.id, "for tests", None)
        return Caller(self, {"authorization": f"Bearer {made.secret.reveal()}"})

    async def browser(self, name: str, password: str = PASSWORD) -> Caller:
        """A caller with the cookie of a user who has signed in."""
        browser = Caller(self, dict(FROM_OUR_PAGE))
        reply = await browser("POST", "/v2/sign-in", {"name": name, "password": password})
        assert reply.status == 200, reply.body
        return browser


@dataclass
class Caller:
    """Sends the same headers each time, and keeps cookies as a browser does."""

    site: Site
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    async def __call__(
        self,
        method: str,
        path: str,
        body: bytes | Mapping[str, Any] = b"",
        headers: Mapping[str, str] | None = None,
    ) -> asgi.Reply:
        sent = {"content-type": "application/json"} if body else {}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        reply = await asgi.ask(self.site, method, path, body, sent | self.headers | dict(headers or {}))
        for name, morsel in SimpleCookie(reply.headers.get("set-cookie", "")).items():
            if morsel.value:
                self.cookies[name] = morsel.value
            else:
                self.cookies.pop(name, None)
        return reply


async def open_site(database: Database, others: Iterable[APIRouter] = (), scheme: str = "http") -> Site:
    office = await open_office(database)
    routers = [
        sign_in.router(office.sign_in),
        me.router(office.sign_in, office.tokens, PlaygroundKeys(KeyStore(database), AuditLog(database))),
        users.router(office.users),
        audit.router(office.audit),
    ]
    return Site(office, AdminGuard(admin_app([*routers, *others]), office.identities, MAX_BODY_BYTES), scheme)


def every_route(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of each route, with `x` for each variable part."""
    for route in iter_route_contexts(app.routes):
        assert route.path is not None and route.methods, (
            f"{route.name} has no methods that the guard could judge"
        )
        for method in sorted(route.methods):
            yield method, re.sub(r"\{[^}]*\}", "x", route.path)
