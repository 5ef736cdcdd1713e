"""One HTTP request as the endpoints see it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

from isthmus.core.errors import BadRequest, Kind
from isthmus.server.reply import ClientLeft, Receive

ANTHROPIC_VERSION = "anthropic-version"
LINGER_S: Final = 5.0
"""How long the rest of a refused request is read and thrown away."""


@dataclass(slots=True)
class Request:
    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]
    """Lower-case names; the values of a repeated header are joined by commas, as HTTP has it."""
    client: str
    id: str
    """`req_` and 24 characters; on every answer and in every log line."""
    receive: Receive
    received: bool = False
    """The body has arrived to its end, or never will."""

    @property
    def is_messages_client(self) -> bool:
        """On paths both dialects share, the version header tells them apart (sent by every Anthropic SDK)."""
        return ANTHROPIC_VERSION in self.headers

    def query_value(self, name: str) -> str | None:
        values = parse_qs(self.query.decode("latin-1")).get(name)
        return values[-1] if values else None

    async def body(self, at_most: int) -> bytes:
        """Raises `BadRequest` (too large) as soon as that is known."""
        declared = self.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared) > at_most:
            raise _too_large(at_most)
        pieces: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                self.received = True
                raise ClientLeft("the client left while sending its request")
            self.received = not message.get("more_body", False)
            piece: bytes = message.get("body", b"")
            size += len(piece)
            if size > at_most:
                raise _too_large(at_most)
            if self.received:
                return b"".join((*pieces, piece)) if pieces else piece
            pieces.append(piece)

    async def discard(self) -> None:
        """Throws away what is still coming, for a while. A client that finds its connection closed while it sends never
        reads the answer: it takes a refusal for a broken network, and sends all of it again."""
        try:
            async with asyncio.timeout(LINGER_S):
                while not self.received:
                    message = await self.receive()
                    self.received = message["type"] == "http.disconnect" or not message.get(
                        "more_body", False
                    )
        except TimeoutError:
            self.received = True


def request_from(scope: Mapping[str, Any], receive: Receive) -> Request:
    client = scope.get("client")
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=scope.get("query_string", b""),
        headers=_headers(scope["headers"]),
        client="" if client is None else client[0],
        id=new_request_id(),
        receive=receive,
    )


def new_request_id() -> str:
    """Ids of later requests sort after those of earlier ones: an index of them grows at its end, which is cheapest."""
    return f"req_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(6)}"


def _headers(pairs: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}
    if len(headers) < len(pairs):
        joined: dict[str, list[str]] = {}
        for name, value in pairs:
            joined.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
        headers = {name: ", ".join(values) for name, values in joined.items()}
    return headers


def _too_large(at_most: int) -> BadRequest:
    return BadRequest(
        f"the request body is larger than {at_most / (1 << 20):g} MiB: send less, or raise server.max_body_mib",
        kind=Kind.TOO_LARGE,
    )
