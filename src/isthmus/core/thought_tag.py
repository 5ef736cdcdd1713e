"""The gateway's own mark on thoughts that did not come from Claude.

Messages clients send every thinking block back with its signature. A thought of another vendor's model gets a signature
that starts with `PREFIX`, so that next turn the gateway knows it again without keeping any state: it is withheld from
Claude (a foreign signature is refused with 400) and given back, text and all, to vendors that want it returned.
The text itself travels inside only when the client asked not to be shown it; a signature of that other model, or a thought
it redacted, travels inside whenever there is one.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import dataclass
from typing import Final

from isthmus.core.conversation import Opaque

PREFIX: Final = "isthmus1."
MAX_TEXT_BYTES: Final = 4 << 20
"""A tag that claims to unpack to more is treated as carrying no text."""


@dataclass(frozen=True, slots=True)
class ThoughtTag:
    source: str
    """Name of the provider whose model thought it."""
    hidden_text: str | None = None
    sealed: Opaque | None = None
    """What the model that thought it must get back with it."""


def mint(source: str, hidden_text: str | None = None, sealed: Opaque | None = None) -> str:
    """A signature made of base64url characters and dots."""
    tag = f"{PREFIX}{_b64(source.encode())}.{'' if hidden_text is None else _packed(hidden_text)}"
    return tag if sealed is None else f"{tag}.{_packed(json.dumps([sealed.home, sealed.kind, sealed.data]))}"


def read(signature: str) -> ThoughtTag | None:
    """The tag, or None when the signature is not one of ours. A damaged tag is ours, without text."""
    if not signature.startswith(PREFIX):
        return None
    source, _, rest = signature[len(PREFIX) :].partition(".")
    packed, _, sealed = rest.partition(".")
    try:
        name = _unb64(source).decode()
        return ThoughtTag(name, _unpack(packed) if packed else None, _unseal(sealed) if sealed else None)
    except (ValueError, binascii.Error, zlib.error):
        return ThoughtTag("")


def _unseal(sealed: str) -> Opaque | None:
    try:
        parts = json.loads(_unpack(sealed) or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(parts, list) or len(parts) != 3 or not all(isinstance(each, str) for each in parts):
        return None
    return Opaque(*parts)


def _packed(text: str) -> str:
    return _b64(zlib.compress(text.encode("utf-8", "surrogatepass"), 6))


def _unpack(packed: str) -> str | None:
    inflater = zlib.decompressobj()
    text = inflater.decompress(_unb64(packed), MAX_TEXT_BYTES)
    return None if inflater.unconsumed_tail else text.decode("utf-8", "surrogatepass")


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
