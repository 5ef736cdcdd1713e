"""What the requests come to, over a time and today. Read from sums (`storage.request_sums`), so a year is as quick as an hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from isthmus.control.clock import now_ms
from isthmus.control.conversations import ConversationFigures
from isthmus.control.failures import FieldProblem, Invalid
from isthmus.control.figures import Figures, Latency, figures_of
from isthmus.control.log_texts import texts
from isthmus.control.logs import OwnKeys
from isthmus.control.people import Person
from isthmus.control.retention import DAYS_KEPT_DAYS, HOURS_KEPT_DAYS
from isthmus.observability.request_log import QueueState
from isthmus.storage.log_filter import LogFilter
from isthmus.storage.request_logs import RequestLogs, Traffic
from isthmus.storage.request_sums import DAY_MS, HOUR_MS, Dimension, RequestSums, Slice, Span, Sums

__all__ = [
    "CacheFigures",
    "ConversationFigures",
    "Dimension",
    "Figures",
    "KeySummary",
    "Latency",
    "ProcessFigures",
    "QueueState",
    "Report",
    "Span",
    "StatisticsService",
    "Summary",
]

MINUTE_MS: Final = 60_000
MAX_GROUPS: Final = 10_000
TOP: Final = 10
LOSSY_ROWS: Final = 500
"""The newest rows with losses that the dashboard's list of them is made of."""


@dataclass(frozen=True, slots=True)
class Group:
    at_ms: int | None
    """Where its hour or day begins."""
    name: str | None
    """None where it is not known, or was not asked for."""
    figures: Figures


@dataclass(frozen=True, slots=True)
class Report:
    since_ms: int
    """As asked for, but at the beginning of an hour or day."""
    until_ms: int
    total: Figures
    groups: Sequence[Group]


@dataclass(frozen=True, slots=True)
class LossCount:
    loss: str
    requests: int


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """The answers that are kept of one provider, and how often one was looked for since they are."""

    provider: str
    entries: int
    bytes: int
    hits: int
    misses: int


@dataclass(frozen=True, slots=True)
class ProcessFigures:
    """The processes of one provider that answers through a program."""

    provider: str
    idle: int
    busy: int
    waiting: int
    """Requests that wait for one."""
    started: int
    died: int
    """Ended by themselves."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The dashboard."""

    version: str
    uptime_s: float
    last_minute: Traffic
    today: Figures
    by_provider: Sequence[Group]
    by_model: Sequence[Group]
    by_key: Sequence[Group]
    errors: Sequence[Group]
    """By class, of today."""
    losses: Sequence[LossCount]
    queue: QueueState | None
    """How the writing of the log goes; nothing that concerns the holder of a key."""
    caches: Sequence[CacheFigures]
    """Of this process."""
    processes: Sequence[ProcessFigures]
    """Below this process."""
    conversations: ConversationFigures | None
    """Of the keys in question; None where there are none."""


@dataclass(frozen=True, slots=True)
class KeySummary:
    """What the holder of a key may see."""

    version: str
    uptime_s: float
    today: Figures | None
    month: Figures | None
    """None without a key."""
    caches: Sequence[CacheFigures]
    processes: Sequence[ProcessFigures]
    conversations: ConversationFigures | None
    """Of whoever asks."""


ConversationCount = Callable[[Collection[str] | None], Awaitable[ConversationFigures | None]]
"""Of these owners; None for everybody's."""


async def _no_conversations(_: Collection[str] | None) -> ConversationFigures | None:
    return None


@dataclass(frozen=True, slots=True)
class StatisticsService:
    sums: RequestSums
    logs: RequestLogs
    own_keys: OwnKeys
    queue: Callable[[], QueueState]
    version: str
    started_ms: int
    now_ms: Callable[[], int] = now_ms
    caches: Callable[[], Sequence[CacheFigures]] = tuple
    processes: Callable[[], Sequence[ProcessFigures]] = tuple
    conversations: ConversationCount = _no_conversations

    async def report(
        self,
        person: Person,
        since_ms: int | None = None,
        until_ms: int | None = None,
        by: Dimension | None = None,
        every: Span | None = None,
        only: Mapping[Dimension, str] | None = None,
    ) -> Report:
        """The last 24 hours unless said otherwise, in whole hours. Raises `Invalid`."""
        now = self.now_ms()
        until = now if until_ms is None else until_ms
        since = until - DAY_MS if since_ms is None else since_ms
        since = _begin(since, every, now)
        _check(since, until, every, now)
        wanted = Slice(since, until, only, await self.own_keys(person))
        groups = await self.sums.sums(wanted, by, every, MAX_GROUPS + 1) if by or every else []
        if len(groups) > MAX_GROUPS:
            raise Invalid(f"more than {MAX_GROUPS} groups: ask for days, or for a shorter time")
        total = figures_of(await self._total(wanted), _minutes(since, until, now))
        return Report(since, until, total, [_group(each, wanted, every, now) for each in groups])

    async def summary(self, person: Person) -> Summary:
        now = self.now_ms()
        keys = await self.own_keys(person)
        today = Slice(now - now % DAY_MS, now + 1, None, keys)

        async def top(by: Dimension, limit: int = TOP) -> list[Group]:
            return [_group(each, today, None, now) for each in await self.sums.sums(today, by, None, limit)]

        errors = await top(Dimension.ERROR, 100)
        return Summary(
            self.version,
            self._uptime_s(now),
            await self.logs.traffic(now - MINUTE_MS, None if keys is None else frozenset(keys)),
            figures_of(await self._total(today), _minutes(today.since_ms, now, now)),
            await top(Dimension.PROVIDER),
            await top(Dimension.MODEL),
            await top(Dimension.KEY),
            [each for each in errors if each.name is not None],
            await self._losses(keys),
            self.queue() if keys is None else None,
            self.caches(),
            self.processes(),
            await self.conversations(None if keys is None else [f"key:{each}" for each in keys]),
        )

    async def public_summary(self, key_id: str | None, owner: str) -> KeySummary:
        """For whoever shows this key to the gateway itself; `owner` is whose conversations they have."""
        now = self.now_ms()
        uptime_s, talks = self._uptime_s(now), await self.conversations([owner])
        if key_id is None:
            return KeySummary(self.version, uptime_s, None, None, self.caches(), self.processes(), talks)

        async def used(since_ms: int) -> Figures:
            sums = await self._total(Slice(since_ms, now + 1, None, (key_id,)))
            return figures_of(sums, _minutes(since_ms, now, now))

        return KeySummary(
            self.version,
            uptime_s,
            await used(now - now % DAY_MS),
            await used(_month_begin(now)),
            self.caches(),
            self.processes(),
            talks,
        )

    async def _total(self, wanted: Slice) -> Sums | None:
        return next(iter(await self.sums.sums(wanted)), None)

    async def _losses(self, keys: Collection[str] | None) -> list[LossCount]:
        wanted = LogFilter(lossy=True, keys=None if keys is None else frozenset(keys))
        rows = (await self.logs.page(wanted, LOSSY_ROWS)).rows
        counts = Counter(loss for each in rows for loss in set(texts(each.row.losses)))
        return [LossCount(loss, requests) for loss, requests in counts.most_common(TOP)]

    def _uptime_s(self, now: int) -> float:
        return (now - self.started_ms) / 1000


def _begin(since_ms: int, every: Span | None, now: int) -> int:
    """Beyond what is kept by the hour there are whole days only."""
    by_day = every is Span.DAY or since_ms < now - HOURS_KEPT_DAYS * DAY_MS
    return since_ms - since_ms % (DAY_MS if by_day and every is not Span.HOUR else HOUR_MS)


def _check(since_ms: int, until_ms: int, every: Span | None, now: int) -> None:
    def refuse(message: str) -> None:
        raise Invalid(f"since: {message}", [FieldProblem("since", message)])

    if since_ms >= until_ms:
        refuse("must be before `until`")
    if every is Span.HOUR and since_ms < now - (HOURS_KEPT_DAYS + 1) * DAY_MS:
        refuse(f"by the hour statistics go back {HOURS_KEPT_DAYS} days: ask for days, or for a later time")
    if since_ms < now - (DAYS_KEPT_DAYS + 1) * DAY_MS:
        refuse(f"statistics go back {DAYS_KEPT_DAYS} days")


def _group(sums: Sums, wanted: Slice, every: Span | None, now: int) -> Group:
    since, until = wanted.since_ms, wanted.until_ms
    if sums.at_ms is not None:
        length_ms = HOUR_MS if every is Span.HOUR else DAY_MS
        since, until = max(since, sums.at_ms), min(until, sums.at_ms + length_ms)
    return Group(sums.at_ms, sums.name or None, figures_of(sums, _minutes(since, until, now)))


def _minutes(since_ms: int, until_ms: int, now: int) -> float:
    """The future does not thin out what was; a span that has just begun does not make a flood of a single request."""
    return max(1.0, (min(until_ms, now) - since_ms) / MINUTE_MS)


def _month_begin(now: int) -> int:
    day = datetime.fromtimestamp(now / 1000, UTC)
    return round(day.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)
