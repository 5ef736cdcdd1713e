"""The gateway's own mark on thoughts that did not come from Claude.

Messages clients send every thinking block back with its signature. A thought of another vendor's model gets a signature
that starts with `PREFIX`, so that next turn the gateway knows it again without keeping any state: it is withheld from
Claude (a foreign signature is refused with 400) and given back, text and all, to vendors that want it returned.
The text itself travels inside only when the client asked not to be shown it.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass
from typing import Final

PREFIX: Final = "isthmus1."
MAX_TEXT_BYTES: Final = 4 << 20
"""A tag that claims to unpack to more is treated as carrying no text."""


@dataclass(frozen=True, slots=True)
class ThoughtTag:
    source: str
    """Name of the provider whose model thought it."""
    hidden_text: str | None = None


def mint(source: str, hidden_text: str | None = None) -> str:
    """A signature made of base64url characters and dots."""
    packed = (
        "" if hidden_text is None else _b64(zlib.compress(hidden_text.encode("utf-8", "surrogatepass"), 6))
    )
    return f"{PREFIX}{_b64(source.encode())}.{packed}"


def read(signature: str) -> ThoughtTag | None:
    """The tag, or None when the signature is not one of ours. A damaged tag is ours, without text."""
    if not signature.startswith(PREFIX):
        return None
    source, _, packed = signature[len(PREFIX) :].partition(".")
    try:
        name = _unb64(source).decode()
        return ThoughtTag(name, _unpack(packed) if packed else None)
    except (ValueError, binascii.Error, zlib.error):
        return ThoughtTag("")


def _unpack(packed: str) -> str | None:
    inflater = zlib.decompressobj()
    text = inflater.decompress(_unb64(packed), MAX_TEXT_BYTES)
    return None if inflater.unconsumed_tail else text.decode("utf-8", "surrogatepass")


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
