"""The one guard in front of everything under `/v2`.

Nothing behind it is reached without a person (but the few public routes of `rules`), and no person reaches more than the table
gives their role. A cookie, which browsers send by themselves, is believed for changes only when the browser says that our own
page sends it; a token, which somebody put there on purpose, always.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from isthmus.admin.bodies import SAFE, Incoming, answering_first, bounded
from isthmus.admin.errors import render
from isthmus.admin.origin import is_foreign, is_ours
from isthmus.admin.rules import Need, is_plain, need_for, suffices
from isthmus.admin.session import cookie_in
from isthmus.control.failures import Denied, NotFound, OperationFailed, Unauthenticated
from isthmus.control.identity import Identities, Known
from isthmus.core.secret import Secret

MAX_PUBLIC_BODY_BYTES: Final = 16 << 10
"""Whoever is not signed in has a name and a password to say, no more."""


@dataclass(frozen=True, slots=True)
class AdminGuard:
    """An ASGI application around that of `admin_app`. Expects `request_id` in `scope["state"]`; adds `person`, `session_id`."""

    app: ASGIApp
    identities: Identities
    max_body_bytes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"only HTTP is served under /v2, not {scope['type']!r}")
        state: dict[str, Any] = dict(scope.get("state") or {})
        request_id = str(state.get("request_id", ""))
        guarded = _hardened(send, request_id)
        headers, incoming = Headers(scope=scope), Incoming(receive)
        need = need_for(scope["method"], scope["path"])
        try:
            if need is Need.NOTHING:
                _demand_no_foreign_page(headers)
            else:
                known = await self._known(scope, headers)
                _demand(known, need)
                state |= {"person": known.person, "session_id": known.session_id}
            if not is_plain(scope["path"]):
                raise NotFound("no such path. See /v2/openapi.json")
            limit = MAX_PUBLIC_BODY_BYTES if need is Need.NOTHING else self.max_body_bytes
            body = await bounded(scope["method"], headers, incoming, limit)
        except OperationFailed as refusal:
            patient = answering_first(headers, incoming, guarded)
            await render(request_id, refusal)(scope, receive, patient)
        else:
            # What was judged is what is routed: nothing is cut off the path behind this line.
            await self.app(dict(scope) | {"state": state, "root_path": ""}, body, guarded)

    async def _known(self, scope: Scope, headers: Headers) -> Known:
        """Raises `Unauthenticated`, and `Denied` for a cookie that our own page did not send."""
        client = scope["client"][0] if scope.get("client") else ""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            if (known := await self.identities.by_token(Secret(token.strip()), client)) is None:
                raise Unauthenticated(
                    "this token is not known here, or has expired: make one under /v2/me/tokens"
                )
            return known
        cookie = cookie_in(headers.getlist("cookie"), scope.get("scheme", "http"))
        if cookie is None:
            raise Unauthenticated("sign in first, or send a token as `Authorization: Bearer isa_…`")
        if (known := await self.identities.by_session(cookie, client)) is None:
            raise Unauthenticated("this session has ended: sign in again")
        _demand_own_page(scope["method"], headers)
        return known


def _demand(known: Known, need: Need) -> None:
    if not suffices(known.person.role, need):
        raise Denied(f"this needs the role `{need.name.lower()}`, and you are `{known.person.role}`")


def _demand_no_foreign_page(headers: Headers) -> None:
    if is_foreign(headers):
        raise Denied("another web page sends this: use the console, or a program that is no browser")


def _demand_own_page(method: str, headers: Headers) -> None:
    _demand_no_foreign_page(headers)
    if method not in SAFE and not is_ours(headers):
        raise Denied(
            "a cookie alone is not enough to change anything, and neither `Sec-Fetch-Site` nor `Origin` says that the "
            "gateway's own page sends this: scripts send a token instead, as `Authorization: Bearer isa_…`"
        )


def _hardened(send: Send, request_id: str) -> Send:
    """Adds to every answer what keeps it out of caches and from being taken for a page."""

    async def hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message.get("headers", [])))
            headers["cache-control"] = "no-store"
            headers["x-content-type-options"] = "nosniff"
            headers["x-request-id"] = request_id
            if message["status"] == 401:
                headers["www-authenticate"] = "Bearer"
            message = dict(message) | {"headers": headers.raw}
        await send(message)

    return hardened
