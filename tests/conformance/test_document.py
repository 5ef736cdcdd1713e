from __future__ import annotations

from pathlib import Path

import pytest

from isthmus.conformance.document import refreshed

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"


def test_the_documentation_is_fresh() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert refreshed(text) == text, "run: python -m isthmus.conformance.document docs/conformance.md"


def test_only_what_is_between_the_markers_is_written() -> None:
    stale = (
        f"<!-- generated: {name} -->\nout of date\n<!-- end: {name} -->\n" for name in ("cases", "declared")
    )
    new = refreshed("between\n".join(("before\n", *stale, "after\n")))
    assert new.startswith("before\nbetween\n<!-- generated: cases -->\n| case |")
    assert "<!-- end: cases -->\nbetween\n<!-- generated: declared -->\n| upstream |" in new
    assert new.endswith("<!-- end: declared -->\nbetween\nafter\n")
    assert "out of date" not in new
    assert refreshed(new) == new


@pytest.mark.parametrize("document", ["# nothing", "<!-- generated: cases -->\n<!-- end: cases -->\n"])
def test_a_document_without_markers_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match="the document lacks"):
        refreshed(document)
