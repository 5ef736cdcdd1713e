"""Times in every spelling are one moment."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.migrate.claude_api_moments import ms_of, ms_of_seconds, shown_ms

EXPECTED = int(datetime(2026, 1, 2, 7, 4, 5, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T15:04:05+08:00",
        "2026-01-02T15:04:05",
        "2026-01-02 15:04:05",
        "2026-01-02T07:04:05Z",
        "2026-01-02T15:04:05.000123456+08:00",
        "2026-01-02 15:04:05.000123456 +0800 CST",
        "2026-01-02 07:04:05 +0000 UTC",
    ],
)
def test_spellings(text: str) -> None:
    assert ms_of(text) == EXPECTED


@pytest.mark.parametrize("text", [None, "", "never", "soon", "2026-13-01", "0000-00-00 00:00:00"])
def test_what_is_no_time(text: str | None) -> None:
    assert ms_of(text) is None


@given(st.text())
def test_any_text_is_a_time_or_none(text: str) -> None:
    ms_of(text)


@given(st.integers(0, 253_402_300_799))
def test_what_is_shown_is_read_back(seconds: int) -> None:
    assert ms_of(shown_ms(seconds * 1000)) == seconds * 1000


def test_seconds() -> None:
    assert [ms_of_seconds(each) for each in (None, 0, -1, 5, 10**15)] == [None, None, None, 5000, None]
