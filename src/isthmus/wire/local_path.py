"""Files of the gateway's own machine as clients name them: `/dir/x.png`, or `file:///dir/x.png` (RFC 8089)."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote_to_bytes

MAX_CHARS: Final = 4096
_SCHEME: Final = "file:"
_HERE: Final = ("", "localhost")


def is_local(address: str) -> bool:
    """Whether it means a file of this machine, well written or not."""
    return address.startswith("/") or address[: len(_SCHEME)].lower() == _SCHEME


def path_parts(address: str) -> tuple[str, ...]:
    """The names from the root to the file, none of which leads upwards. Raises `ValueError` where it cannot be said for certain."""
    if len(address) > MAX_CHARS:
        raise ValueError("too long")
    path = _decoded(address[len(_SCHEME) :]) if address[: len(_SCHEME)].lower() == _SCHEME else address
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    if not path.startswith("/") or not parts or path.endswith(("/", "/.")):
        raise ValueError("names no file")
    if ".." in parts or any(not each.isprintable() for each in path):
        raise ValueError("leads elsewhere")
    return parts


def _decoded(rest: str) -> str:
    """What stands behind the scheme, percent-encoding undone once."""
    if "?" in rest or "#" in rest:
        raise ValueError("names more than a file")
    if rest.startswith("//"):
        host, slash, below = rest[2:].partition("/")
        if host.lower() not in _HERE:
            raise ValueError("of another machine")
        rest = slash + below
    return unquote_to_bytes(rest).decode("utf-8")
