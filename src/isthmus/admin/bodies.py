"""Bodies on their way in: JSON of a bearable size, or none.

Whoever is refused while still sending is given the time to read why: a client that finds its connection closed takes that for a
broken network, and sends all of it again.
"""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Send

from isthmus.control.failures import Invalid

SAFE: Final = frozenset({"GET", "HEAD"})
"""Methods that change nothing."""
LINGER_S: Final = 5.0


class Incoming:
    """What a client sends, and whether that was all of it."""

    __slots__ = ("_receive", "ended")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.ended = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self.ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def discard(self) -> None:
        """Throws away what is still coming, for a while."""
        try:
            async with asyncio.timeout(LINGER_S):
                while not self.ended:
                    await self()
        except TimeoutError:
            pass


async def bounded(method: str, headers: Headers, receive: Incoming, max_bytes: int) -> Receive:
    """Lets the body through, or raises `Invalid`."""
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        raise Invalid("content-length is not a number")
    if method not in SAFE and _has_body(headers):
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Invalid(f"content-type is {kind[:100]!r}: send JSON, as `application/json`")
    if len(length) > 18 or int(length) > max_bytes:
        raise _too_large(max_bytes)
    return await _received(receive, max_bytes) if "transfer-encoding" in headers else receive


def answering_first(headers: Headers, receive: Incoming, send: Send) -> Send:
    """Sends an answer, and ends it when the client has said all it had to say, or has taken too long."""
    if not _has_body(headers) or receive.ended:
        return send

    async def patient(message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            await send(dict(message) | {"more_body": True})
            await receive.discard()
            message = {"type": "http.response.body", "body": b""}
        await send(message)

    return patient


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


async def _received(receive: Incoming, max_bytes: int) -> Receive:
    """Reads a body of unknown length before anybody works on it."""
    body = bytearray()
    while not receive.ended:
        body += (await receive()).get("body", b"")
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
    waiting: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _too_large(max_bytes: int) -> Invalid:
    return Invalid(f"the body is too large: at most {max_bytes} bytes are read here")
