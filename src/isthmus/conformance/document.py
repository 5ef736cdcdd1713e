"""Writes the tables of docs/conformance.md anew.

Refresh with `python -m isthmus.conformance.document docs/conformance.md`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from isthmus.conformance import catalogue, declared

_TABLES: Final[Mapping[str, Callable[[], str]]] = {"cases": catalogue.table, "declared": declared.table}


def refreshed(document: str) -> str:
    """The document with the text between its `generated` markers written anew. Raises `ValueError` without markers."""
    for name, table in _TABLES.items():
        begin, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
        before, _, rest = document.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"the document lacks {begin} … {end}")
        document = f"{before}{begin}\n{table()}\n{end}{after}"
    return document


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(refreshed(target.read_text(encoding="utf-8")), encoding="utf-8")
