"""Files made for one program out of files that this machine has, read when it starts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from isthmus.core.mcp import allows_server
from isthmus.core.programs import Excerpt

MAX_BYTES: Final = 4 << 20


class NoExcerptError(Exception):
    """Names the file and what is wrong with it, and nothing that it holds."""


def excerpted(excerpts: Mapping[str, Excerpt]) -> dict[str, bytes]:
    """Name → content. Blocks while it reads. Raises `NoExcerptError`."""
    return {name: _written(each) for name, each in excerpts.items()}


def _written(excerpt: Excerpt) -> bytes:
    entries = _entries(excerpt)
    kept = {name: each for name, each in entries.items() if allows_server(excerpt.lists, name)}
    return json.dumps({excerpt.member: kept}, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _entries(excerpt: Excerpt) -> dict[str, Any]:
    try:
        with Path(excerpt.path).open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise NoExcerptError(f"{excerpt.path}: {error.strerror}") from None
    if len(text) > MAX_BYTES:
        raise NoExcerptError(f"{excerpt.path}: is larger than {MAX_BYTES >> 20} MiB")
    try:
        whole = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise NoExcerptError(f"{excerpt.path}: is no JSON") from None
    entries = whole.get(excerpt.member) if isinstance(whole, dict) else None
    if not isinstance(entries, dict):
        raise NoExcerptError(f"{excerpt.path}: has no object `{excerpt.member}`")
    return entries
