"""Accounts filtered, sorted and cut into pages: by the same rules on every database, which sort texts each in its own way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from isthmus.control.account_views import LiveState
from isthmus.control.paging import Page, read_cursor, write_cursor
from isthmus.routing.exhausted import State
from isthmus.storage.accounts import Outline


class AccountSort(StrEnum):
    CREATED = "created"
    LABEL = "label"
    PROVIDER = "provider"
    PRIORITY = "priority"
    LAST_USED = "last_used"
    LAST_ERROR = "last_error"
    SUCCESSES = "successes"
    FAILURES = "failures"


@dataclass(frozen=True, slots=True)
class AccountQuery:
    """What is None does not filter."""

    provider: str | None = None
    enabled: bool | None = None
    state: State | None = None
    text: str | None = None
    """Looked for in label and id, whatever the case."""
    sort: AccountSort = AccountSort.CREATED
    descending: bool = False


def page_of(
    outlines: Sequence[Outline],
    lives: Mapping[str, LiveState],
    query: AccountQuery,
    cursor: str | None,
    limit: int,
) -> Page[Outline]:
    """Raises `Invalid` for a cursor of another list or of another order."""
    ordered = sorted(
        ((_sort_key(each, query.sort), each.id, each) for each in outlines if _fits(each, lives, query)),
        key=lambda row: row[:2],
        reverse=query.descending,
    )
    if cursor is not None:
        kind = str if query.sort in {AccountSort.LABEL, AccountSort.PROVIDER} else int
        value, id = read_cursor(cursor, kind, str)
        last = (value, id)
        ordered = [row for row in ordered if (row[:2] < last if query.descending else row[:2] > last)]
    items = [outline for _, _, outline in ordered[:limit]]
    more = len(ordered) > limit
    return Page(items, write_cursor(*ordered[limit - 1][:2]) if more else None)


def _fits(outline: Outline, lives: Mapping[str, LiveState], query: AccountQuery) -> bool:
    text = query.text.casefold() if query.text else ""
    return (
        (query.provider is None or outline.provider == query.provider)
        and (query.enabled is None or outline.enabled == query.enabled)
        and (query.state is None or lives[outline.id].state is query.state)
        and (text in outline.label.casefold() or text in outline.id.casefold())
    )


def _sort_key(outline: Outline, sort: AccountSort) -> str | int:
    match sort:
        case AccountSort.LABEL:
            # In UTF-8, whose order is that of the characters, and in hex: a cursor holds printable text only, a label any.
            return outline.label.casefold().encode().hex()
        case AccountSort.PROVIDER:
            return outline.provider
        case AccountSort.PRIORITY:
            return outline.priority
        case AccountSort.CREATED:
            return outline.created_ms
        case AccountSort.LAST_USED:
            return outline.last_used_ms or 0
        case AccountSort.LAST_ERROR:
            return outline.last_error_ms or 0
        case AccountSort.SUCCESSES:
            return outline.successes
        case AccountSort.FAILURES:
            return outline.failures
