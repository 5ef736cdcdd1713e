"""People type moments in several ways, and none is guessed at."""

import pytest

from isthmus.cli.failure import CommandFailed
from isthmus.cli.moments import read_length, read_moment, write_moment

NOW_MS = 1_790_000_000_000


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90m", "2026-09-21T15:43:20Z"),
        ("12h", "2026-09-22T02:13:20Z"),
        ("30d", "2026-10-21T14:13:20Z"),
        ("8w", "2026-11-16T14:13:20Z"),
        ("2027-01-31", "2027-01-31T00:00:00Z"),
        ("2027-01-31T12:00", "2027-01-31T12:00:00Z"),
        ("2027-01-31T12:00:00+02:00", "2027-01-31T10:00:00Z"),
        (" 2027-01-31T12:00:00Z ", "2027-01-31T12:00:00Z"),
    ],
)
def test_moments_are_read(text: str, moment: str) -> None:
    assert write_moment(read_moment(text, "--expires", NOW_MS)) == moment


@pytest.mark.parametrize("text", ["", "soon", "30", "30y", "-1d", "2027-13-01", "31.01.2027"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(CommandFailed, match=r"--expires: .* is no time") as caught:
        read_moment(text, "--expires", NOW_MS)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "length_ms"), [("800ms", 800), ("5s", 5000), ("1.5s", 1500), ("2m", 120_000), (" 0ms ", 0)]
)
def test_lengths_are_read(text: str, length_ms: int) -> None:
    assert read_length(text, "--slower-than") == length_ms


@pytest.mark.parametrize("text", ["", "5", "5h", "-5s", "1.s", "1,5s", "s"])
def test_any_other_length_is_refused(text: str) -> None:
    with pytest.raises(CommandFailed, match=r"--slower-than: .* is no length of time") as caught:
        read_length(text, "--slower-than")
    assert caught.value.exit_code == 2
