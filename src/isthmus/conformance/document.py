"""Writes the table of docs/conformance.md anew.

Refresh with `python -m isthmus.conformance.document docs/conformance.md`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from isthmus.conformance.catalogue import table

_BEGIN: Final = "<!-- generated: cases -->"
_END: Final = "<!-- end: cases -->"


def refreshed(document: str) -> str:
    """The document with the text between its `generated` markers written anew. Raises `ValueError` without markers."""
    before, _, rest = document.partition(_BEGIN)
    _, found, after = rest.partition(_END)
    if not found:
        raise ValueError(f"the document lacks {_BEGIN} … {_END}")
    return f"{before}{_BEGIN}\n{table()}\n{_END}{after}"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(refreshed(target.read_text(encoding="utf-8")), encoding="utf-8")
