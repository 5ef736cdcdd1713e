"""Times that come in: written out, and no further away than a calendar reaches."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator

_WRITTEN_OUT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d\Z")


def _written_out(value: object) -> object:
    """Left alone, pydantic takes numbers too, as seconds or as milliseconds, whichever it likes better."""
    if not isinstance(value, str) or not _WRITTEN_OUT.match(value):
        raise ValueError("write a time as 2026-11-21T09:30:00Z")
    return value


def _named_day(value: object) -> object:
    """Left alone, pydantic takes a number for the day on which so many seconds had passed."""
    if not isinstance(value, str) or not _DAY.match(value):
        raise ValueError("write a day as 2026-11-21")
    return value


def _within_reach(moment: datetime) -> datetime:
    """A year from either end, as its zone may move it by a day."""
    if not 1 < moment.year < 9999:
        raise ValueError("the year must lie between 2 and 9998")
    return moment


Time = Annotated[datetime, BeforeValidator(_written_out), AfterValidator(_within_reach)]
"""A time as clients write it (RFC 3339); one without a zone is taken as UTC by `asking.milliseconds`."""

Day = Annotated[date, BeforeValidator(_named_day)]
