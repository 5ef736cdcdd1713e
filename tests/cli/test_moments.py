"""People type moments in several ways, and none is guessed at."""

import pytest

from isthmus.cli.failure import CommandFailed
from isthmus.cli.moments import read_moment, write_moment

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
