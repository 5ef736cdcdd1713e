"""The gateway as an ASGI application: every request comes in here, and what nobody caught ends here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog

from isthmus.core.errors import BadRequest, GatewayError, Kind, UpstreamError
from isthmus.core.interfaces import CHAT, MESSAGES, Dialect
from isthmus.server.admission import Admission
from isthmus.server.conversations import serve_conversations
from isthmus.server.endpoints import Endpoints
from isthmus.server.failures import internal_error, note_error, shutting_down
from isthmus.server.guard import Guard
from isthmus.server.mirror import Mirror, told
from isthmus.server.paths import Endpoint, Place, locate
from isthmus.server.records import Record
from isthmus.server.reply import ClientLeft, Receive, Send, send_whole
from isthmus.server.request import Request, request_from
from isthmus.server.visit import Visit, own_headers, pairs

log = structlog.get_logger("isthmus")

_DIALECTS: Final = {
    Endpoint.MESSAGES: MESSAGES,
    Endpoint.COUNT_TOKENS: MESSAGES,
    Endpoint.CHAT: CHAT,
    Endpoint.COMPLETIONS: "openai_completions",
}
ADMIN: Final = "/v2"
CONSOLE: Final = "/admin"
Site = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
"""An ASGI application below the gateway."""
_PROBES: Final = frozenset({Endpoint.PROBE, Endpoint.HEALTH, Endpoint.READY})


@dataclass(slots=True)
class Gateway:
    """An ASGI application. Built once, by the composition root."""

    endpoints: Endpoints
    dialects: Mapping[str, Dialect]
    guard: Guard
    admission: Admission
    admin: Site | None = None
    """What is served below `/v2`."""
    console: Site | None = None
    """What is served below `/admin`, to browsers."""
    stats: Callable[[Visit], Awaitable[bytes]] | None = None
    """The summary at `/stats` for whoever may call."""
    mirror: Mirror | None = None
    """Where callers are answered with sessions of their own."""
    note: Callable[[Record], None] | None = None
    """Is told of every request when it is over; must neither wait nor raise."""
    draining: bool = False
    """The process is about to end: what runs may finish, nothing new begins."""

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, request_from(scope, receive), send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        with suppress(asyncio.CancelledError):  # so a process that does not wait for the end ends this, too
            while (await receive())["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Mapping[str, Any], request: Request, send: Send) -> None:
        if self.admin is not None and _is_below(ADMIN, request.path):
            await self.admin(_with_id(scope, request.id), request.receive, send)
            return
        if self.console is not None and _is_below(CONSOLE, request.path):
            await self._show(self.console, scope, request, send)
            return
        mirror = self.mirror
        mirrored = None if mirror is None else mirror.place(request.path)
        place = mirrored or locate(request.path)
        dialect = self._dialect_of(request, place)
        record = Record(
            request.id, time.monotonic(), place.endpoint.value, dialect.name, client=request.client
        )
        visit = Visit(request, place, dialect, record, own_headers(request.id), send)
        quiet = False
        try:
            visit.headers += pairs(self.guard.cors_headers(request.headers))
            quiet = await self._dispatch(visit, None if mirrored is None else mirror)
        except ClientLeft as left:
            record.client_left, record.status = True, record.status or 499
            record.error_text = str(left)
        except GatewayError as refusal:
            note_error(record, refusal)
            await visit.refuse(dialect.render_error(refusal, request.id))
        except asyncio.CancelledError:
            if not self.draining:
                raise
            # The process ends while this waits for its turn or for its body. An answer that has begun ends by itself.
            stopped = shutting_down()
            note_error(record, stopped)
            await visit.refuse(dialect.render_error(stopped, request.id))
        except Exception as bug:  # noqa: BLE001 - the last line of defence, logged as the bug it is
            await visit.refuse(dialect.render_error(internal_error(record, bug), request.id))
        finally:
            await self.admission.settle(visit)
            if not quiet:
                for each in (*record.caused, record):
                    log.info("request", **each.fields(time.monotonic()))
                    if self.note is not None:
                        self.note(each)

    async def _show(self, console: Site, scope: Mapping[str, Any], request: Request, send: Send) -> None:
        """A page, or a word of refusal to the person in front of the browser. Neither is a request to be logged."""
        try:
            self.guard.check_host(request.headers)
            self.admission.check_address(request.client)
        except BadRequest as refusal:
            headers = [(b"content-type", b"text/plain; charset=utf-8"), *own_headers(request.id)]
            await send_whole(send, 403, headers, f"{refusal.message}\n".encode())
        else:
            await console(dict(scope), request.receive, send)

    def _dialect_of(self, request: Request, place: Place) -> Dialect:
        """Path first; on paths that both share, the version header tells."""
        name = _DIALECTS.get(place.endpoint) or (MESSAGES if request.is_messages_client else CHAT)
        return self.dialects[name]

    async def _dispatch(self, visit: Visit, mirror: Mirror | None) -> bool:
        """Answers the request; True when it is not worth a log line."""
        request, place = visit.request, visit.place
        if request.method == "OPTIONS":
            visit.headers += pairs(self.guard.preflight_headers(request.headers))
            await visit.reply(204, b"")
            return True
        self.guard.check_host(request.headers)
        self.guard.check_origin(request.headers)
        if place.endpoint in _PROBES and request.method in {"GET", "HEAD"}:
            await self._probe(visit)
            return True
        self.admission.check_address(request.client)
        endpoints = self.endpoints
        if mirror is None:
            await self.admission.enter(visit)
        else:
            endpoints = await mirror.enter(visit, self.admission, endpoints)
        if self.draining:
            raise shutting_down()
        if place.endpoint is Endpoint.TELEMETRY:
            await request.body(self.endpoints.max_body_bytes)
            await visit.reply(200, b"")
            return True
        try:
            await self._serve(visit, endpoints)
        except UpstreamError as error:
            raise error if mirror is None else told(error) from None
        return False

    async def _serve(self, visit: Visit, endpoints: Endpoints) -> None:
        match visit.place.endpoint:
            case Endpoint.MESSAGES | Endpoint.CHAT | Endpoint.COMPLETIONS:
                visit.only("POST")
                await endpoints.answer(visit)
            case Endpoint.EMBEDDINGS:
                visit.only("POST")
                await endpoints.embed(visit)
            case Endpoint.COUNT_TOKENS:
                visit.only("POST")
                await endpoints.count(visit)
            case Endpoint.MODELS | Endpoint.MODEL:
                visit.only("GET")
                await endpoints.list_models(visit)
            case Endpoint.CONVERSATIONS | Endpoint.CONVERSATION:
                await serve_conversations(endpoints.memory, visit)
            case Endpoint.VENDOR:
                await endpoints.pass_through(visit)
            case Endpoint.STATS if self.stats is not None:
                visit.only("GET")
                await visit.reply(200, await self.stats(visit))
            case _:
                raise BadRequest(
                    f"no such path: {visit.request.path!r}. Try /v1/messages, /v1/chat/completions or /v1/models, "
                    "with the name of a provider in front if you like",
                    kind=Kind.NOT_FOUND,
                )

    async def _probe(self, visit: Visit) -> None:
        status, body = 200, b""
        if self.console is not None and _is_a_visit(visit.request):
            visit.headers.append((b"location", f"{CONSOLE}/".encode()))
            status = 302
        if visit.place.endpoint is Endpoint.HEALTH:
            body = b'{"status":"ok"}'
        elif visit.place.endpoint is Endpoint.READY:
            status = 503 if self.draining else 200
            body = b'{"status":"draining"}' if self.draining else b'{"status":"ready"}'
        await visit.reply(status, b"" if visit.request.method == "HEAD" else body)


def _is_below(root: str, path: str) -> bool:
    return path == root or path.startswith(f"{root}/")


def _is_a_visit(request: Request) -> bool:
    """A person has typed the gateway's address into a browser. Clients that look whether it is there say nothing of pages."""
    return request.path == "/" and "text/html" in request.headers.get("accept", "")


def _with_id(scope: Mapping[str, Any], request_id: str) -> dict[str, Any]:
    return {**scope, "state": {**scope.get("state", {}), "request_id": request_id}}
