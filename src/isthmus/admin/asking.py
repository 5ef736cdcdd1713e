"""What handlers ask of a request: who sent it, and which page of a list is wanted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, Strict

from isthmus.control.failures import Denied
from isthmus.control.paging import MAX_PAGE
from isthmus.control.people import Person

Item = TypeVar("Item")


class Model(BaseModel):
    """Bodies that come in: a field nobody knows is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PageOf(BaseModel, Generic[Item]):
    items: list[Item]
    next_cursor: str | None = Field(
        default=None, description="Give it back as `cursor` to go on; null at the end."
    )


def who(request: Request) -> Person:
    """The person whom the guard let in."""
    person: Person = request.scope["state"]["person"]
    return person


def only_admin(request: Request) -> Person:
    """Raises `Denied` for anybody else; the guard has asked the same before."""
    person = who(request)
    if not person.is_admin:
        raise Denied("only administrators may do this")
    return person


Truth = Annotated[bool, Strict()]
"""In bodies. Left alone, pydantic takes `"no"` and 0, too."""
Asker = Annotated[Person, Depends(who)]
Admin = Annotated[Person, Depends(only_admin)]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Rows on a page.")]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before.")]


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def milliseconds(moment: datetime) -> int:
    """A time without a zone is taken as UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


Moment = Annotated[
    datetime,
    PlainSerializer(
        lambda each: each.isoformat(timespec="milliseconds").replace("+00:00", "Z"), when_used="json"
    ),
]
"""A time as the API writes it: `2026-11-21T09:30:00.000Z`."""
