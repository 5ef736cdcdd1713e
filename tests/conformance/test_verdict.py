from __future__ import annotations

import pytest

from isthmus.conformance.verdict import MAX_EVIDENCE, Fault, one_line, require


def test_what_holds_raises_nothing() -> None:
    require([1], "not reached")


def test_what_does_not_hold_says_why_and_shows_one_line() -> None:
    with pytest.raises(Fault) as caught:
        require("", "the text is empty", "a\n  b")
    assert (caught.value.why, caught.value.evidence) == ("the text is empty", "a b")


def test_long_evidence_is_cut() -> None:
    assert one_line("x" * 10_000) == "x" * MAX_EVIDENCE + "…"
