"""Texts from outside, such as an upstream's words or a model's name, in a form that every engine can hold."""

from __future__ import annotations

from typing import Final

MAX_TEXT_CHARS: Final = 2000
"""Enough for the reason of a failure; some upstreams answer with whole pages."""


def storable(text: str, limit: int = MAX_TEXT_CHARS) -> str:
    """The text without what PostgreSQL or UTF-8 cannot hold (NUL, lone surrogates), cut to `limit` characters."""
    return text[:limit].replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
