"""Signatures only this simulator can have made: an HMAC over the model and the thinking text as it was shown."""

from __future__ import annotations

import base64
import hashlib
import hmac

from .images import strict_base64

SECRET = b"the simulated laboratory keeps this to itself"


def signature(model: str, thinking: str) -> str:
    return _sealed(f"thinking\n{model}\n{thinking}")


def redacted_data(model: str, thought: str) -> str:
    """Opaque data for a redacted thought; its text cannot be read back."""
    hidden = hashlib.sha256(thought.encode()).digest()[:12]
    return base64.b64encode(hidden + _mac(b"redacted\n" + model.encode() + hidden)).decode()


def signature_is_ours(model: str, thinking: str, given: str) -> bool:
    return hmac.compare_digest(given.encode(), signature(model, thinking).encode())


def redacted_is_ours(model: str, given: str) -> bool:
    data = strict_base64(given) or b""
    return hmac.compare_digest(data[12:], _mac(b"redacted\n" + model.encode() + data[:12]))


def _sealed(text: str) -> str:
    return base64.b64encode(b"sim1" + _mac(text.encode())).decode()


def _mac(data: bytes) -> bytes:
    return hmac.new(SECRET, data, hashlib.sha256).digest()
