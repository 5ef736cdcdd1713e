"""Frames of the AWS event stream, as a service writes them."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

HeaderList = Iterable[tuple[str, int, bytes]]
"""Name, type, and the value as it stands on the wire."""


def string(value: str) -> bytes:
    return struct.pack("!H", len(value.encode())) + value.encode()


def raw_frame(headers: HeaderList, payload: bytes = b"") -> bytes:
    block = b"".join(
        struct.pack("!B", len(name.encode())) + name.encode() + struct.pack("!B", kind) + value
        for name, kind, value in headers
    )
    prelude = struct.pack("!II", 16 + len(block) + len(payload), len(block))
    head = prelude + struct.pack("!I", zlib.crc32(prelude)) + block + payload
    return head + struct.pack("!I", zlib.crc32(head))


def frame(headers: Mapping[str, str], payload: bytes = b"") -> bytes:
    return raw_frame(((name, 7, string(value)) for name, value in headers.items()), payload)


def event(name: str, payload: Any) -> bytes:
    """One event; the payload may be bytes that are no JSON."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
    return frame({":event-type": name, ":content-type": "application/json", ":message-type": "event"}, body)


def exception(name: str, **payload: Any) -> bytes:
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return frame(headers, json.dumps(payload).encode())


def error(code: str, message: str) -> bytes:
    return frame({":message-type": "error", ":error-code": code, ":error-message": message})


def cut(body: bytes, at: Iterable[int]) -> list[bytes]:
    """The body in pieces, cut wherever `at` says (modulo its length)."""
    places = sorted({0, len(body), *(place % (len(body) + 1) for place in at)})
    return [body[start:end] for start, end in pairwise(places)]
