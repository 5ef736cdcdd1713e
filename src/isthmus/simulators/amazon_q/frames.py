"""Messages of the event stream, as the service writes them (AWS event stream encoding; botocore, `eventstream.py`, reads the same).

4 bytes length | 4 bytes length of headers | CRC-32 of these 8 | headers | payload | CRC-32 of all before
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

CONTENT_TYPE: Final = "application/vnd.amazon.eventstream"
_STRING: Final = b"\x07"
_JSON: Final = "application/json"


def frame(headers: Mapping[str, str], payload: bytes = b"") -> bytes:
    """One message. All headers are strings, as the service has them."""
    block = b"".join(map(_header, headers.items()))
    prelude = struct.pack("!II", 16 + len(block) + len(payload), len(block))
    head = prelude + struct.pack("!I", zlib.crc32(prelude)) + block + payload
    return head + struct.pack("!I", zlib.crc32(head))


def _header(pair: tuple[str, str]) -> bytes:
    name, value = (text.encode() for text in pair)
    return struct.pack("!B", len(name)) + name + _STRING + struct.pack("!H", len(value)) + value


def event(name: str, payload: Any) -> bytes:
    headers = {":event-type": name, ":content-type": _JSON, ":message-type": "event"}
    return frame(headers, msgspec.json.encode(payload))


def exception(name: str, payload: Any) -> bytes:
    """An error that the service's model knows."""
    headers = {":exception-type": name, ":content-type": _JSON, ":message-type": "exception"}
    return frame(headers, msgspec.json.encode(payload))


def error(code: str, message: str) -> bytes:
    """An error outside the service's model: it has no payload."""
    return frame({":error-code": code, ":error-message": message, ":message-type": "error"})


def broken_prelude(whole: bytes) -> bytes:
    """The same with a wrong checksum of its first bytes."""
    return whole[:8] + bytes([whole[8] ^ 0xFF]) + whole[9:]


def broken_message(whole: bytes) -> bytes:
    """The same with a wrong checksum at its end."""
    return whole[:-1] + bytes([whole[-1] ^ 0xFF])
