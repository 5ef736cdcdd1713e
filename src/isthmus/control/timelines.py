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
    r"(?P<account>\S+) (?:answered|(?P<error>\w+)(?: \((?P<status>\d+)\))?) after (?P<took>\d+) ms"
    r"(?:, begun at (?P<begun>\d+) ms)?(?:, then waited (?P<waited>\d+) ms)?"
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


@dataclass(frozen=True, slots=True)
class _Attempt:
    span: Span
    waited_ms: int = 0
    """For another account, after this one."""


def timeline(row: LogRow) -> Timeline:
    if row.account_id is None:
        return Timeline(list(_unasked(row)), starts_known=True)
    attempts = [_only(row)] if row.attempt_list is None else list(_listed(row))
    starts_known = (
        row.first_attempt_ms is not None
        and len(attempts) == row.attempts
        and all(each.span.start_ms is not None for each in attempts)
    )
    return Timeline(
        list(_laid(row, attempts)) if starts_known else [each.span for each in attempts], starts_known
    )


def _only(row: LogRow) -> _Attempt:
    began = row.first_attempt_ms
    took = None if began is None else max(0, row.duration_ms - began)
    return _Attempt(Span(SpanKind.ATTEMPT, began, took, row.account_id, _end(row)))


def _listed(row: LogRow) -> Iterator[_Attempt]:
    """A list that was cut to fit its column has what can be read of it."""
    listed = [found for text in texts(row.attempt_list) if (found := _ATTEMPT.fullmatch(text)) is not None]
    for at, found in enumerate(listed, 1):
        error, status, begun = found["error"], found["status"], found["begun"]
        span = Span(
            SpanKind.ATTEMPT,
            None if begun is None else int(begun),
            int(found["took"]),
            found["account"],
            error or (_end(row) if at == len(listed) else ANSWERED),
            None if status is None else int(status),
        )
        yield _Attempt(span, int(found["waited"] or 0))


def _end(row: LogRow) -> str:
    """What came of an attempt that did not fail by itself."""
    return CLIENT_LEFT if row.client_left else row.error or ANSWERED


def _unasked(row: LogRow) -> Iterator[Span]:
    """No account was asked: the gateway answered itself, or the request waited for an account in vain."""
    return _gap(0, row.duration_ms, row.queued_ms or 0)


def _laid(row: LogRow, attempts: Sequence[_Attempt]) -> Iterator[Span]:
    """Attempts with what lies before, between and after them."""
    at, waited_ms = 0, row.queued_ms or 0
    for each in attempts:
        start_ms = each.span.start_ms or 0
        yield from _gap(at, start_ms, waited_ms)
        yield each.span
        at, waited_ms = start_ms + (each.span.length_ms or 0), each.waited_ms
    yield from _gap(at, row.duration_ms, waited_ms)


def _gap(start_ms: int, end_ms: int, waited_ms: int) -> Iterator[Span]:
    """No account is asked. What was waited for one is at its end."""
    waits_from_ms = max(start_ms, end_ms - waited_ms)
    if waits_from_ms > start_ms:
        yield Span(SpanKind.GATEWAY, start_ms, waits_from_ms - start_ms)
    if end_ms > waits_from_ms:
        yield Span(SpanKind.QUEUE, waits_from_ms, end_ms - waits_from_ms)
