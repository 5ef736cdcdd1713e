"""Lists in pages. A cursor names the last row seen, so that a page neither repeats nor skips a row while others are added."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import msgspec

from isthmus.control.failures import FieldProblem, Invalid

MAX_PAGE: Final = 500
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    items: Sequence[Item]
    next_cursor: str | None = None
    """Give it back as `cursor` to go on; None at the end."""


def write_cursor(*last: str | int) -> str:
    """An opaque text for the sort key of the last row of a page."""
    return base64.urlsafe_b64encode(msgspec.json.encode(last)).decode().rstrip("=")


def read_cursor(cursor: str, *kinds: type) -> list[str | int]:
    """Raises `Invalid` when it is not one of ours, made of values of these types."""
    try:
        values = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, msgspec.DecodeError):
        values = None
    if (
        not isinstance(values, list)
        or [type(each) for each in values] != list(kinds)
        or not all(map(_is_storable, values))
    ):
        raise Invalid(
            "this cursor is not one of a list of this kind: leave it out to start from the beginning",
            [FieldProblem("cursor", "not a cursor of this list")],
        )
    return values


def _is_storable(value: str | int) -> bool:
    """Whether a database would compare it: whoever forges a cursor is told so, and the database is not asked."""
    if isinstance(value, str):
        return "\0" not in value
    return abs(value) < 2**63
