"""What image bytes really are, by their first bytes."""

from __future__ import annotations

import base64
import binascii

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")


def image_type(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _SIGNATURES if data.startswith(start)), None)


def strict_base64(text: str) -> bytes | None:
    """The bytes, or None where a vendor's decoder would refuse: white space, URL-safe alphabet, missing padding."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
