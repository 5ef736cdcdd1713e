"""The built files of the console, in memory.

They are read once and found by name, so no path in an address leads anywhere else. A compressed twin (`.br`, `.gz`) belongs to
its file and is not served under its own name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""A fixed table: what a machine's own registry says of endings differs from one to the next."""
ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
"""Those a browser may ask for, the smaller one first, with the ending of the twin."""


@dataclass(frozen=True, slots=True)
class Asset:
    kind: str
    body: bytes
    etag: str
    encoded: Mapping[str, bytes]
    """The same, compressed, by the name of the encoding."""

    def best_for(self, accepted: str) -> tuple[str | None, bytes]:
        """The smallest form that a client with this `Accept-Encoding` can read, and the encoding's name."""
        wanted = set(_accepted(accepted))
        for name, _ in ENCODINGS:
            if name in wanted and name in self.encoded:
                return name, self.encoded[name]
        return None, self.body


def load(folder: Path) -> dict[str, Asset]:
    """Every file below `folder` by its path there, with slashes; nothing when there is no such folder."""
    files = {
        path.relative_to(folder).as_posix(): path
        for directory, _, names in os.walk(folder)
        for path in (Path(directory, name) for name in names)
        if not path.name.startswith(".")
    }
    endings = tuple(ending for _, ending in ENCODINGS)
    return {name: _asset(name, files) for name in files if not name.endswith(endings)}


def _asset(name: str, files: Mapping[str, Path]) -> Asset:
    body = files[name].read_bytes()
    encoded = {
        encoding: files[name + ending].read_bytes()
        for encoding, ending in ENCODINGS
        if name + ending in files
    }
    kind = KINDS.get(files[name].suffix.lower(), "application/octet-stream")
    return Asset(kind, body, hashlib.sha256(body).hexdigest()[:32], encoded)


def _accepted(header: str) -> Iterator[str]:
    """The encodings that an `Accept-Encoding` names, but those it refuses with `q=0`."""
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        if weight.replace(" ", "").rstrip("0") not in {"q=", "q=0."}:
            yield name.strip()
