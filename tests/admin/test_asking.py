"""Times travel as RFC 3339 in UTC."""

from datetime import UTC, datetime

from pydantic import BaseModel

from isthmus.admin.asking import Moment, milliseconds, moment


class Seen(BaseModel):
    at: Moment


def test_times_come_back_as_they_went() -> None:
    assert milliseconds(moment(1_790_000_000_123)) == 1_790_000_000_123
    without_zone = datetime(2026, 11, 21, 9, 30)  # noqa: DTZ001 - as an operator may write it
    assert milliseconds(without_zone) == milliseconds(without_zone.replace(tzinfo=UTC))


def test_times_are_written_with_milliseconds() -> None:
    assert Seen(at=moment(1_790_000_000_000)).model_dump_json() == '{"at":"2026-09-21T14:13:20.000Z"}'
