"""The course of one request, from its row in the log: where its time went, one span after another.

    gateway   reading it, its key's limits, shortening it, an answer of the gateway's own
    queue     for an account that is free: before the first attempt, between attempts, or in vain after the last
    attempt   one account that was asked, to the end of what came of it

Spans follow each other from the request's first byte to its last. Rows of versions that did not keep when attempts began
have their attempts alone, without a start: nothing is made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from isthmus.control.log_texts import texts
from isthmus.observability.log_row import LogRow

ANSWERED: Final = "answered"
CLIENT_LEFT: Final = "client_left"
_ATTEMPT: Final = re.compile(
    r"(?P<account>\S+) (?:answered|(?P<error>\w+)(?: \((?P<status>\d+)\))?) after (?P<took>\d+) ms(?:, begun at (?P<begun>\d+) ms)?"
)


class SpanKind(StrEnum):
    GATEWAY = "gateway"
    QUEUE = "queue"
    ATTEMPT = "attempt"


@dataclass(frozen=True, slots=True)
class Span:
    kind: SpanKind
    start_ms: int | None
    """Since the request came; None where the row does not say."""
    length_ms: int | None
    account_id: str | None = None
    outcome: str | None = None
    """Of an attempt: `answered`, `client_left` or the class of the failure."""
    status: int | None = None
    """What the upstream answered a failed attempt with."""


@dataclass(frozen=True, slots=True)
class Timeline:
    spans: Sequence[Span]
    starts_known: bool


def timeline(row: LogRow) -> Timeline:
    if row.account_id is None:
        return Timeline(list(_unasked(row)), starts_known=True)
    attempts = [_only(row)] if row.attempt_list is None else list(_listed(row))
    starts_known = (
        row.first_attempt_ms is not None
        and len(attempts) == row.attempts
        and all(each.start_ms is not None for each in attempts)
    )
    return Timeline(list(_laid(row, attempts)) if starts_known else attempts, starts_known)


def _only(row: LogRow) -> Span:
    began = row.first_attempt_ms
    took = None if began is None else max(0, row.duration_ms - began)
    return Span(SpanKind.ATTEMPT, began, took, row.account_id, _end(row))


def _listed(row: LogRow) -> Iterator[Span]:
    """A list that was cut to fit its column has what can be read of it."""
    listed = [found for text in texts(row.attempt_list) if (found := _ATTEMPT.fullmatch(text)) is not None]
    for at, found in enumerate(listed, 1):
        error, status, begun = found["error"], found["status"], found["begun"]
        yield Span(
            SpanKind.ATTEMPT,
            None if begun is None else int(begun),
            int(found["took"]),
            found["account"],
            error or (_end(row) if at == len(listed) else ANSWERED),
            None if status is None else int(status),
        )


def _end(row: LogRow) -> str:
    """What came of an attempt that did not fail by itself."""
    return CLIENT_LEFT if row.client_left else row.error or ANSWERED


def _unasked(row: LogRow) -> Iterator[Span]:
    """No account was asked: the gateway answered itself, or the request waited for an account in vain."""
    queued = min(row.queued_ms or 0, row.duration_ms)
    yield from _span(SpanKind.GATEWAY, 0, row.duration_ms - queued)
    yield from _span(SpanKind.QUEUE, row.duration_ms - queued, row.duration_ms)


def _laid(row: LogRow, attempts: Sequence[Span]) -> Iterator[Span]:
    """Attempts with what lies before, between and after them."""
    first = attempts[0].start_ms or 0
    queued_from = max(0, first - (row.queued_ms or 0))
    yield from _span(SpanKind.GATEWAY, 0, queued_from)
    at = queued_from
    for each in attempts:
        yield from _span(SpanKind.QUEUE, at, each.start_ms or 0)
        yield each
        at = (each.start_ms or 0) + (each.length_ms or 0)
    has_failed = attempts[-1].outcome not in {ANSWERED, CLIENT_LEFT}
    yield from _span(SpanKind.QUEUE if has_failed else SpanKind.GATEWAY, at, row.duration_ms)


def _span(kind: SpanKind, start_ms: int, end_ms: int) -> Iterator[Span]:
    if end_ms > start_ms:
        yield Span(kind, start_ms, end_ms - start_ms)
