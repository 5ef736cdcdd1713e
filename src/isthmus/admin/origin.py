"""Whether a browser sends a request on behalf of our own page, or of somebody else's.

Browsers say so in `Sec-Fetch-Site` where the address is trustworthy (TLS, or this machine), and in `Origin` elsewhere. No page
can write either of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

_OURS: Final = frozenset({"same-origin", "none"})
"""`none` is the operator's own doing: an address typed, a bookmark."""


def is_ours(headers: Mapping[str, str]) -> bool:
    """A browser says that our own page, or the person in front of it, sends this. Silence is no yes."""
    if (site := headers.get("sec-fetch-site")) is not None:
        return site in _OURS
    return _names_us(headers)


def is_foreign(headers: Mapping[str, str]) -> bool:
    """A browser says that another page sends this. Programs that are no browser say nothing."""
    if (site := headers.get("sec-fetch-site")) is not None:
        return site not in _OURS
    return "origin" in headers and not _names_us(headers)


def _names_us(headers: Mapping[str, str]) -> bool:
    """Only host and port are compared: a proxy that ends TLS may not have told us of it."""
    host = urlsplit(headers.get("origin", "")).netloc
    return bool(host) and host == headers.get("host")
