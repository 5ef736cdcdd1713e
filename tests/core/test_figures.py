from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from isthmus.core.figures import http_date, number_of


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3.0), (0.5, 0.5), ("12", 12.0), (" 1e3 ", 1000.0), ("-4", -4.0), (0, 0.0)],
)
def test_numbers_and_texts_of_numbers(value: object, number: float) -> None:
    assert number_of(value) == number


@pytest.mark.parametrize(
    "value", [True, None, "", "soon", "6m0s", "nan", "inf", math.inf, math.nan, 10**400, [1], {}, b"1"]
)
def test_what_is_no_number(value: object) -> None:
    assert number_of(value) is None


@pytest.mark.parametrize(
    "text", ["Sun, 22 Nov 2026 08:49:37 GMT", "22 Nov 2026 08:49:37 -0000", "Sun, 22 Nov 2026 09:49:37 +0100"]
)
def test_dates(text: str) -> None:
    assert http_date(text) == 1_795_337_377


@given(st.text())
@example("")
@example("   ")
@example("Mon,")
@example("Sun, 22 Nov 99999999999 08:49:37 GMT")
@example("Sun, 99 Nov 2026 08:49:37 GMT")
def test_any_text_is_a_finite_moment_or_none(text: str) -> None:
    assert (at_s := http_date(text)) is None or math.isfinite(at_s)
