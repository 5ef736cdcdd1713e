"""The binary event stream of AWS services (`application/vnd.amazon.eventstream`): bytes in any cuts → frames.

    4 B  length of the whole frame          numbers are big-endian
    4 B  length of the headers
    4 B  CRC-32 of these 8 bytes
         headers: 1 B length of the name | name | 1 B type | value
         payload
    4 B  CRC-32 of everything before

Checked against botocore, `eventstream.py`, whose limits these are. The framing knows no last frame: whoever reads on must
know whether more was to come.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

import msgspec

CONTENT_TYPE: Final = "application/vnd.amazon.eventstream"
MAX_HEADERS_BYTES: Final = 128 << 10
MAX_PAYLOAD_BYTES: Final = 24 << 20
MAX_CACHED_HEADERS: Final = 64
_PRELUDE: Final = struct.Struct("!III")
_CRC_BYTES: Final = 4
_SMALLEST: Final = _PRELUDE.size + _CRC_BYTES


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One message. Values of headers that are no strings are written as such: numbers and times in digits, bytes in base64."""

    headers: Mapping[str, str]
    payload: bytes


class EventStreamDamaged(ValueError):
    """These bytes are no event stream, or not as they were sent. The reader is of no more use."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.before: list[Frame] = []
        """What came whole in the same bytes before the damage."""


class FrameReader:
    """Takes the bytes of one stream as they come."""

    __slots__ = ("_damage", "_held", "_known")

    def __init__(self) -> None:
        self._held = bytearray()
        # A stream has a handful of header blocks, each repeated a thousand times.
        self._known: dict[bytes, Mapping[str, str]] = {}
        self._damage: str | None = None

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that are whole now. Raises `EventStreamDamaged`, now and ever after."""
        if self._damage is not None:
            raise EventStreamDamaged(self._damage)
        held, at = self._held, 0
        held += chunk
        frames: list[Frame] = []
        try:
            while len(held) - at >= _PRELUDE.size:
                total, headers = _prelude(held, at)
                if len(held) - at < total:
                    break
                frames.append(self._frame(bytes(held[at : at + total]), headers))
                at += total
        except EventStreamDamaged as damage:
            damage.before = frames
            self._damage = str(damage)
            raise
        del held[:at]
        return frames

    def close(self) -> int:
        """How many bytes of an unfinished frame are left: 0 for a body that ended where a frame did."""
        return len(self._held)

    def _frame(self, message: bytes, headers: int) -> Frame:
        if zlib.crc32(message[:-_CRC_BYTES]) != int.from_bytes(message[-_CRC_BYTES:]):
            raise EventStreamDamaged("the checksum of a frame is wrong")
        end = _PRELUDE.size + headers
        return Frame(self._headers(message[_PRELUDE.size : end]), message[end:-_CRC_BYTES])

    def _headers(self, block: bytes) -> Mapping[str, str]:
        known = self._known.get(block)
        if known is None:
            known = _Headers(block).read()
            if len(self._known) < MAX_CACHED_HEADERS:
                self._known[block] = known
        return known


def _prelude(held: bytearray, at: int) -> tuple[int, int]:
    """Lengths of the frame and of its headers."""
    total, headers, crc = _PRELUDE.unpack_from(held, at)
    if zlib.crc32(held[at : at + 8]) != crc:
        raise EventStreamDamaged("the checksum of a frame's beginning is wrong")
    if headers > MAX_HEADERS_BYTES:
        raise EventStreamDamaged(f"a frame has {headers} bytes of headers, more than {MAX_HEADERS_BYTES}")
    payload = total - headers - _SMALLEST
    if payload < 0:
        raise EventStreamDamaged("a frame is too short for its headers")
    if payload > MAX_PAYLOAD_BYTES:
        raise EventStreamDamaged(f"a frame has {payload} bytes of payload, more than {MAX_PAYLOAD_BYTES}")
    return total, headers


class _Headers:
    """Reads one block of headers."""

    __slots__ = ("_at", "_block")

    def __init__(self, block: bytes) -> None:
        self._block = block
        self._at = 0

    def read(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        while self._at < len(self._block):
            name = _text(self._take(self._take(1)[0]))
            if name in headers:
                raise EventStreamDamaged(f"a frame has the header {name!r} twice")
            headers[name] = self._value(name, self._take(1)[0])
        return headers

    def _value(self, name: str, kind: int) -> str:
        if kind >= len(_VALUES):
            raise EventStreamDamaged(f"the header {name!r} is of the unknown type {kind}")
        size, written = _VALUES[kind]
        return written(self._take(int.from_bytes(self._take(2)) if size is None else size))

    def _take(self, size: int) -> bytes:
        taken = self._block[self._at : self._at + size]
        if len(taken) < size:
            raise EventStreamDamaged("a frame's headers end in the middle of one")
        self._at += size
        return taken


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise EventStreamDamaged("a frame has a header that is not UTF-8") from None


def _number(value: bytes) -> str:
    return str(int.from_bytes(value, signed=True))


_VALUES: Final[tuple[tuple[int | None, Callable[[bytes], str]], ...]] = (
    (0, lambda _: "true"),
    (0, lambda _: "false"),
    (1, _number),
    (2, _number),
    (4, _number),
    (8, _number),
    (None, lambda value: base64.b64encode(value).decode()),
    (None, _text),
    (8, _number),  # a moment, in milliseconds since 1970
    (16, lambda value: str(UUID(bytes=value))),
)
"""By type: bytes of the value, None where two bytes before it say how many, and how it is written."""
