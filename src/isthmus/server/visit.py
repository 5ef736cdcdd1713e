"""One request on its way through the gateway: who asks, for what, in which dialect, and what has been noted so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from isthmus.core.commands import ClientRequest
from isthmus.core.errors import BadRequest, Kind
from isthmus.core.interfaces import Dialect, Envelope, Rendered
from isthmus.routing.limits import Reservation
from isthmus.server.callers import NOBODY, Caller
from isthmus.server.paths import Place
from isthmus.server.records import Record
from isthmus.server.reply import HeaderList, Send, send_whole
from isthmus.server.request import Request

JSON: Final = b"application/json"
_NOT_FORWARDED: Final = frozenset(
    {
        "authorization",
        "x-api-key",
        "cookie",
        "host",
        "content-length",
        "connection",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "accept-encoding",
        "origin",
        "referer",
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-real-ip",
        "expect",
    }
)


@dataclass(slots=True)
class Visit:
    request: Request
    place: Place
    dialect: Dialect
    record: Record
    headers: HeaderList
    """What every answer to this request carries beside its own headers."""
    send: Send
    caller: Caller = NOBODY
    reservation: Reservation | None = None
    """Its place in the caller's limits."""

    async def reply(self, status: int, body: bytes, kind: bytes = JSON) -> None:
        """A plain answer in one piece; an empty one has no type."""
        self.record.status = status
        own = [(b"content-type", kind)] if body else []
        await send_whole(self.send, status, own + self.headers, body)

    async def refuse(self, rendered: Rendered) -> None:
        """An error, as the dialect says it. A client that is still sending gets the time to read it."""
        self.record.status = rendered.status
        own = [(b"content-type", JSON), *pairs(rendered.headers), *self.headers]
        unread = None if self.request.received else self.request.discard
        await send_whole(self.send, rendered.status, own, rendered.body, unread)

    def only(self, method: str) -> None:
        """Raises `BadRequest` for any other method."""
        if self.request.method != method:
            raise BadRequest(f"{self.request.method} is not possible here: use {method}", kind=Kind.NOT_FOUND)

    def forwarded(self, body: bytes, envelope: Envelope) -> ClientRequest:
        """The request as an upstream of the same dialect may see it: without credentials, origins and hops."""
        path = f"/v1/{self.place.endpoint.value}"
        return ClientRequest(path, body, envelope.model, envelope.stream, self.forwardable_headers())

    def forwardable_headers(self) -> dict[str, str]:
        return {name: value for name, value in self.request.headers.items() if name not in _NOT_FORWARDED}


def own_headers(request_id: str) -> HeaderList:
    """Both names of the request id: each SDK family looks for its own."""
    value = request_id.encode()
    return [(b"request-id", value), (b"x-request-id", value)]


def pairs(headers: tuple[tuple[str, str], ...]) -> HeaderList:
    return [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
