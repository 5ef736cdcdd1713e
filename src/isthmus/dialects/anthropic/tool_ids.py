"""Ids of tool calls as Messages clients may see them.

The API takes ids of letters, digits, `_` and `-` alone, and a client may go on with Claude where another vendor's model
began. An id of any other kind (Kimi's `functions.Bash:0`) is therefore shown wrapped, and unwrapped when it returns: the
vendor gets back what it said, with no state kept here.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

PREFIX: Final = "isthmus_"
_LEGAL: Final = re.compile(r"[a-zA-Z0-9_-]+")


def shown(id: str) -> str:
    """The id itself where the API would take it, else one it takes, from which `original` finds it again."""
    if _LEGAL.fullmatch(id) and not id.startswith(PREFIX):
        return id
    return PREFIX + base64.urlsafe_b64encode(id.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def original(id: str) -> str:
    """The id behind a shown one. Whatever was not made by `shown` is itself."""
    if not id.startswith(PREFIX):
        return id
    packed = id.removeprefix(PREFIX)
    try:
        found = base64.b64decode(packed + "=" * (-len(packed) % 4), b"-_", validate=True)
        return found.decode("utf-8", "surrogatepass") or id
    except (binascii.Error, ValueError):
        return id
