"""Data URIs (RFC 2397) as clients really send them, and what the first bytes of a file say it is."""

from __future__ import annotations

import base64
import binascii
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_FROM_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_SPACE: Final = b" \t\r\n\v\f"
_SNIFFED_CHARS: Final = 128
_SNIFFED_BYTES: Final = 12


class DataUri(NamedTuple):
    """What a data URI holds."""

    media_type: str
    """In lower case, without parameters; text/plain when the URI names none, as the RFC has it."""
    base64: str
    """Standard alphabet, padded, no white space."""


def parse_data_uri(uri: str) -> DataUri:
    """The parts of `uri`, whichever way it spells them.

    Read are: parameters in any order and `base64` anywhere among them, upper case, white space anywhere in the data,
    the URL-safe alphabet, missing padding, percent-encoded base64, and data that is percent-encoded text.
    Raises `ValueError` for anything else; the message does not repeat the data.
    """
    scheme, colon, rest = uri.lstrip().partition(":")
    if not colon or scheme.lower() != "data":
        raise ValueError("not a data URI: it does not begin with 'data:'")
    # As browsers do, the first comma ends the header, even within a quoted parameter.
    header, comma, payload = rest.partition(",")
    if not comma:
        raise ValueError("the data URI has no comma before its data")
    media_type, *parameters = (part.strip().lower() for part in header.split(";"))
    if media_type == "base64" and not parameters:
        media_type, parameters = "", ["base64"]  # `data:base64,…`: the type left out, its semicolon too
    return DataUri(
        media_type or "text/plain",
        normalise_base64(payload) if "base64" in parameters else _encoded(unquote_to_bytes(payload)),
    )


def normalise_base64(text: str) -> str:
    """`text` in the standard alphabet, padded and without white space. Raises `ValueError` when it is not base64."""
    try:
        raw = text.encode("ascii")
    except UnicodeEncodeError:
        raise ValueError("the base64 data holds characters that are not ASCII") from None
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    raw = raw.translate(_FROM_URL_SAFE, _SPACE).rstrip(b"=")
    if stray := raw.translate(None, _ALPHABET):
        raise ValueError(f"the base64 data holds the character {chr(stray[0])!r}")
    if len(raw) % 4 == 1:
        raise ValueError(f"the base64 data is cut short: {len(raw)} characters cannot be whole bytes")
    return (raw + b"=" * (-len(raw) % 4)).decode()


def sniff_image(data: str | bytes) -> str | None:
    """The media type of an image by its first bytes: JPEG, PNG, GIF or WebP, else None.

    `str` is base64 text, of which only the beginning is decoded; `bytes` are the file's own.
    """
    head = _head(data)
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return None


def sniff_media_type(data: str | bytes) -> str | None:
    """As `sniff_image`, and application/pdf too."""
    return "application/pdf" if _head(data).startswith(b"%PDF-") else sniff_image(data)


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _head(data: str | bytes) -> bytes:
    if isinstance(data, bytes):
        return data[:_SNIFFED_BYTES]
    text = data[:_SNIFFED_CHARS].encode("ascii", "replace").translate(_FROM_URL_SAFE, _SPACE)
    text = text.rstrip(b"=")[: _SNIFFED_BYTES // 3 * 4]
    try:
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4), strict_mode=True)
    except binascii.Error:
        return b""
