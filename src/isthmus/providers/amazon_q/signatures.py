"""What a model of the service must get back with its thoughts, and only the same model may."""

from __future__ import annotations

from typing import Final

import msgspec

from isthmus.core.conversation import Opaque
from isthmus.wire.json_text import to_json

HOME: Final = "amazon-q"
SIGNATURE: Final = "signature"
REDACTED: Final = "redacted_thinking"


class Sealed(msgspec.Struct, frozen=True):
    """A signature or a redacted thought, and the model whose it is."""

    model: str
    data: str


def pack_signature(model: str, signature: str) -> Opaque:
    """`model` is the id that the service was asked for."""
    return _pack(SIGNATURE, model, signature)


def pack_redacted(model: str, blob: str) -> Opaque:
    """`blob` is the base64 of the service's own `redactedContent`."""
    return _pack(REDACTED, model, blob)


def unpack(opaque: Opaque) -> Sealed | None:
    """None for what is not of this service, or is damaged."""
    if opaque.home != HOME or opaque.kind not in {SIGNATURE, REDACTED}:
        return None
    try:
        return msgspec.json.decode(opaque.data, type=Sealed)
    except (ValueError, RecursionError):
        return None


def _pack(kind: str, model: str, data: str) -> Opaque:
    return Opaque(HOME, kind, to_json({"model": model, "data": data}).decode())
