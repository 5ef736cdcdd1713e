"""Images and documents as parts of a user's message, and how large an image is."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

from isthmus.core.conversation import Document, Image, InlineData
from isthmus.core.errors import BadRequest
from isthmus.wire.data_uri import sniff_image

IMAGE_FIELD: Final = "messages.content.image"
DOCUMENT_FIELD: Final = "messages.content.document"
FORMATS: Final = {
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "text/csv": "csv",
    "text/html": "html",
    "text/markdown": "md",
    "text/plain": "txt",
}
"""Media types of documents, and what the service calls them."""
_NAME: Final = re.compile(r"[^A-Za-z0-9 ()\[\]-]+")
_MAX_NAME_CHARS: Final = 100
_HEAD_CHARS: Final = 64
_JPEG_CHARS: Final = 350_000
"""A JPEG tells its size behind its metadata, which may hold a picture of its own."""
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def picture(image: Image) -> dict[str, Any]:
    """One of `images`. Its own first bytes say its format, whatever the client called it: a mismatch is refused upstream."""
    data = _inline(image, IMAGE_FIELD)
    media_type = sniff_image(data.base64) or data.media_type.lower()
    return {"format": media_type.rpartition("/")[2].replace("jpg", "jpeg"), "source": {"bytes": data.base64}}


def paper(document: Document, number: int) -> dict[str, Any] | None:
    """One of `documents`, the `number`th of its message; None for a kind that the service does not read."""
    data = _inline(document, DOCUMENT_FIELD)
    kind = FORMATS.get(data.media_type.lower())
    if kind is None:
        return None
    named = _NAME.sub(" ", document.title or "").strip()[:_MAX_NAME_CHARS].strip()
    return {"name": f"{named or 'document'} {number}", "format": kind, "source": {"bytes": data.base64}}


def pixels(base64_text: str) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF or JPEG; None where its first bytes do not say."""
    head = _bytes(base64_text[:_HEAD_CHARS])
    if head.startswith(b"\x89PNG") and len(head) >= 24:
        return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
    if head.startswith(b"GIF8") and len(head) >= 10:
        return int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    return _jpeg(_bytes(base64_text[:_JPEG_CHARS])) if head.startswith(b"\xff\xd8") else None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in _FRAMES:
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None


def _bytes(base64_text: str) -> bytes:
    try:
        return base64.b64decode(base64_text[: len(base64_text) // 4 * 4])
    except (binascii.Error, ValueError):
        return b""


def _inline(block: Image | Document, field: str) -> InlineData:
    if not isinstance(block.source, InlineData):
        raise BadRequest(f"{field}: amazon-q takes files inside the request only", field=field)
    return block.source
