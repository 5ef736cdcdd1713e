"""Which rows of the request log are wanted: as a condition of the database, and as a question to a row that is just being written.

Both say the same of every row; a test holds them together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_, true

from isthmus.observability.log_row import LogRow
from isthmus.storage.schema import request_logs

_columns: Final = request_logs.c
Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Search:
    """One way through an index, newest row first: `indexed` leads the way, `rest` is asked of each row on it."""

    indexed: tuple[Condition, ...]
    rest: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Every field that is set must hold; None asks nothing."""

    since_ms: int | None = None
    until_ms: int | None = None
    """Requests that began before."""
    request_id: str | None = None
    key_id: str | None = None
    account_id: str | None = None
    provider: str | None = None
    model: str | None = None
    """Asked for or used."""
    client: str | None = None
    status: int | None = None
    status_class: int | None = None
    """4 for 400 to 499."""
    succeeded: bool | None = None
    error: str | None = None
    streamed: bool | None = None
    lossy: bool | None = None
    """Something the client sent could not be carried over."""
    slower_than_ms: int | None = None
    """It took longer, from its first byte to its last."""
    first_token_slower_than_ms: int | None = None
    """So did its first token; one that has none is not meant."""
    text: str | None = None
    """Part of the error text, a model's name or the request id; case counts as little as the engine can do without."""
    keys: frozenset[str] | None = None
    """Only rows of these keys, whatever else is asked; none of them: no row at all."""

    def matches(self, row: LogRow) -> bool:
        return (
            (self.since_ms is None or row.started_ms >= self.since_ms)
            and (self.until_ms is None or row.started_ms < self.until_ms)
            and self.request_id in {None, row.request_id}
            and self.key_id in {None, row.key_id}
            and self.account_id in {None, row.account_id}
            and self.provider in {None, row.provider}
            and (self.model is None or self.model in {row.model_asked, row.model_used})
            and self.client in {None, row.client}
            and self.status in {None, row.status}
            and self.status_class in {None, row.status // 100}
            and self.succeeded in {None, row.succeeded}
            and self.error in {None, row.error}
            and self.streamed in {None, row.streamed}
            and self.lossy in {None, row.losses is not None}
            and (self.slower_than_ms is None or row.duration_ms > self.slower_than_ms)
            and (
                self.first_token_slower_than_ms is None
                or (row.first_token_ms is not None and row.first_token_ms > self.first_token_slower_than_ms)
            )
            and (self.text is None or any(self.text.lower() in each.lower() for each in _searched(row)))
            and (self.keys is None or row.key_id in self.keys)
        )

    def searches(self) -> Iterator[Search]:
        """Ways that together find every row once, each along one index that is already in the order of time.

        A condition that is met by several values of a column becomes a way for each, since no engine can merge them in order.
        """
        time = tuple(self._time())
        rest = tuple(self._unindexed())
        for conditions in product(*self._alternatives()):
            yield Search((*conditions[:1], *time), (*conditions[1:], *rest))

    @property
    def condition(self) -> Condition:
        """All of it at once, for what is not read in the order of time."""
        ways = [and_(true(), *search.indexed, *search.rest) for search in self.searches()]
        return or_(*ways) if ways else _columns.id.is_(None)

    def _time(self) -> Iterator[Condition]:
        if self.since_ms is not None:
            yield _columns.started_ms >= self.since_ms
        if self.until_ms is not None:
            yield _columns.started_ms < self.until_ms

    def _alternatives(self) -> Iterator[list[Condition]]:
        """The conditions that have an index, the one that leaves fewest rows first."""
        if self.request_id is not None:
            yield [_columns.request_id == self.request_id]
        if self.keys is not None:
            yield [_columns.key_id == key for key in sorted(self.keys) if self.key_id in {None, key}]
        elif self.key_id is not None:
            yield [_columns.key_id == self.key_id]
        for column, value in (
            (_columns.account_id, self.account_id),
            (_columns.client, self.client),
        ):
            if value is not None:
                yield [column == value]
        if (failures := self._failures()) is not None:
            yield [failures]
        if self.model is not None:
            asked, used = _columns.model_asked, _columns.model_used
            yield [used == self.model, and_(asked == self.model, or_(used.is_(None), used != asked))]
        if self.provider is not None:
            yield [_columns.provider == self.provider]

    def _failures(self) -> Condition | None:
        """What only failures have is looked for among them alone."""
        conditions: list[Condition] = []
        if self.error is not None:
            conditions.append(_columns.error == self.error)
        if self.status is not None and self.status >= 400:
            conditions.append(_columns.status == self.status)
        if self.status_class is not None and self.status_class >= 4:
            conditions.append(_of_class(self.status_class))
        if not conditions and self.succeeded is not False:
            return None
        return and_(~_columns.succeeded, *conditions)

    def _unindexed(self) -> Iterator[Condition]:
        if self.status is not None and self.status < 400:
            yield _columns.status == self.status
        if self.status_class is not None and self.status_class < 4:
            yield _of_class(self.status_class)
        if self.succeeded:
            yield _columns.succeeded
        if self.streamed is not None:
            yield _columns.streamed if self.streamed else ~_columns.streamed
        if self.lossy is not None:
            yield _columns.losses.is_not(None) if self.lossy else _columns.losses.is_(None)
        if self.slower_than_ms is not None:
            yield _columns.duration_ms > self.slower_than_ms
        if self.first_token_slower_than_ms is not None:
            yield _columns.first_token_ms > self.first_token_slower_than_ms
        if self.text is not None:
            searched = (_columns.error_text, _columns.model_asked, _columns.model_used, _columns.request_id)
            yield or_(*(each.icontains(self.text, autoescape=True) for each in searched))


def _of_class(status_class: int) -> Condition:
    return and_(_columns.status >= status_class * 100, _columns.status < status_class * 100 + 100)


def _searched(row: LogRow) -> Iterator[str]:
    texts: tuple[Any, ...] = (row.error_text, row.model_asked, row.model_used, row.request_id)
    return (each for each in texts if each is not None)
