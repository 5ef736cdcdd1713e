"""Lists of texts as the request log keeps them."""

from __future__ import annotations

import msgspec

_decoder = msgspec.json.Decoder(list[str])


def texts(stored: str | None) -> list[str]:
    """A JSON list of texts; what is none, such as one that was too long for its column, is a text itself."""
    if stored is None:
        return []
    try:
        return _decoder.decode(stored)
    except msgspec.DecodeError:
        return [stored]
