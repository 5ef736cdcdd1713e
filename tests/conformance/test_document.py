from __future__ import annotations

from pathlib import Path

import pytest

from isthmus.conformance.document import refreshed

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"


def test_the_documentation_is_fresh() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert refreshed(text) == text, "run: python -m isthmus.conformance.document docs/conformance.md"


def test_only_what_is_between_the_markers_is_written() -> None:
    document = "before\n<!-- generated: cases -->\nout of date\n<!-- end: cases -->\nafter\n"
    new = refreshed(document)
    assert new.startswith("before\n<!-- generated: cases -->\n| case |")
    assert new.endswith("<!-- end: cases -->\nafter\n")
    assert "out of date" not in new
    assert refreshed(new) == new


def test_a_document_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="the document lacks"):
        refreshed("# nothing")
