"""Times that come in."""

import pytest
from pydantic import TypeAdapter, ValidationError

from isthmus.admin.asking import milliseconds, moment
from isthmus.admin.times import Day, Time

times = TypeAdapter(Time)
days = TypeAdapter(Day)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01T00:00:01Z", 1000),
        ("1970-01-01T00:00:01.5", 1500),
        ("1970-01-01 01:00:01+01:00", 1000),
        ("9998-12-31T23:59:59-23:59", 253_370_851_139_000),
        ("0002-01-01T00:00:00+23:59", -62_104_147_140_000),
    ],
)
def test_times_that_are_taken(text: str, ms: int) -> None:
    taken = milliseconds(times.validate_python(text))
    assert taken == ms
    assert milliseconds(moment(taken)) == ms, "and can be shown again"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0.5",
        "1790000000",
        0,
        1790000000,
        1e300,
        None,
        "2026-11-21",
        "tomorrow",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-11-21T25:00:00Z",
    ],
)
def test_what_is_no_time(value: object) -> None:
    with pytest.raises(ValidationError):
        times.validate_python(value)


def test_it_is_documented_as_one() -> None:
    assert times.json_schema() == {"type": "string", "format": "date-time"}


def test_days_are_written_out() -> None:
    assert days.validate_python("2026-11-21").isoformat() == "2026-11-21"
    for value in ("", "0", 0, "2026-11-21T09:30:00Z", "2026-02-30", "2026-11-21\n", None):
        with pytest.raises(ValidationError):
            days.validate_python(value)
