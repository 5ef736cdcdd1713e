"""Figures are what the requests were, for whom they are, over the time that was asked for."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from isthmus.control import statistics as module
from isthmus.control.failures import Invalid
from isthmus.control.people import OPERATOR, Person, Role
from isthmus.control.statistics import ConversationFigures, Dimension, Span, StatisticsService
from isthmus.observability.request_log import QueueState
from isthmus.storage.database import Database
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import DAY_MS, HOUR_MS, RequestSums
from log_rows import log_row

HOLDER = Person("usr_2", "bea", Role.HOLDER)
TODAY_MS = 20_000 * DAY_MS  # 2024-10-04, a Friday
NOW_MS = TODAY_MS + 10 * HOUR_MS
IDLE = QueueState(0, 10, 5, 0, None)


async def own_keys(person: Person) -> Collection[str] | None:
    return {"key_1"} if person.role is Role.HOLDER else None


@pytest.fixture
def service(sqlite: Database) -> StatisticsService:
    sums = RequestSums(sqlite)
    return StatisticsService(
        sums, RequestLogs(sqlite, sums), own_keys, lambda: IDLE, "1.2.3", NOW_MS - 5000, lambda: NOW_MS
    )


def at(ms: int, **values: Any) -> Any:
    return log_row(started_ms=ms, **values)


async def test_figures_of_a_time(service: StatisticsService) -> None:
    tokens = {"input_tokens": 100, "cache_read_tokens": 20, "cache_write_tokens": 3, "output_tokens": 7}
    await service.logs.save(
        [
            *(at(NOW_MS - HOUR_MS, **tokens, cost_nano_usd=5, first_token_ms=300, duration_ms=900),) * 7,
            at(NOW_MS - HOUR_MS, status=500, error="upstream", output_estimated=True),
            at(NOW_MS - HOUR_MS, client_left=True),
            at(NOW_MS - 2 * DAY_MS),
        ]
    )
    report = await service.report(OPERATOR, NOW_MS - 2 * HOUR_MS, NOW_MS)
    total = report.total
    assert (total.requests, total.succeeded, total.failed, total.client_left) == (9, 7, 1, 1)
    assert (total.success_rate, total.estimated_requests, total.cost_nano_usd) == (7 / 8, 1, 35)
    assert total.requests_per_minute == pytest.approx(9 / 120, abs=0.001)
    assert total.tokens_per_minute == pytest.approx(7 * 130 / 120, abs=0.1)
    assert (total.input_tokens, total.cache_read_tokens, total.output_tokens) == (700, 140, 49)
    assert total.duration.p50 == total.duration.p99 == pytest.approx(900, rel=0.19)
    assert total.first_token.p90 == pytest.approx(300, rel=0.19)
    assert report.groups == []


async def test_a_day_is_asked_for_by_default(service: StatisticsService) -> None:
    await service.logs.save([at(NOW_MS - 25 * HOUR_MS), at(NOW_MS - 23 * HOUR_MS)])
    report = await service.report(OPERATOR)
    assert (report.total.requests, report.until_ms - report.since_ms) == (1, DAY_MS)


async def test_groups_by_name_and_time(service: StatisticsService) -> None:
    await service.logs.save(
        [at(TODAY_MS, model_used="a"), at(TODAY_MS, model_used=None), at(TODAY_MS - DAY_MS, model_used="a")]
    )
    report = await service.report(OPERATOR, TODAY_MS - DAY_MS, NOW_MS, Dimension.MODEL, Span.DAY)
    assert [(each.at_ms, each.name, each.figures.requests) for each in report.groups] == [
        (TODAY_MS - DAY_MS, "a", 1),
        (TODAY_MS, None, 1),
        (TODAY_MS, "a", 1),
    ]
    assert report.groups[0].figures.requests_per_minute == pytest.approx(1 / 1440, abs=0.001)
    only = await service.report(OPERATOR, TODAY_MS, NOW_MS, only={Dimension.MODEL: "a"})
    assert only.total.requests == 1


async def test_a_holder_has_figures_of_their_own_keys_alone(service: StatisticsService) -> None:
    rows = [at(NOW_MS - 1000, key_id=key, losses='["x=dropped"]') for key in ("key_1", "key_2", None)]
    await service.logs.save(rows)
    assert (await service.report(HOLDER)).total.requests == 1
    summary = await service.summary(HOLDER)
    assert (summary.today.requests, summary.last_minute.requests, summary.queue) == (1, 1, None)
    assert [each.name for each in summary.by_key] == ["key_1"]
    assert [each.requests for each in summary.losses] == [1]
    assert (await service.summary(OPERATOR)).today.requests == 3


@pytest.mark.parametrize(
    ("since_ms", "until_ms", "every", "said"),
    [
        (NOW_MS, NOW_MS, None, "before `until`"),
        (NOW_MS - 100 * DAY_MS, NOW_MS, Span.HOUR, "62 days"),
        (NOW_MS - 500 * DAY_MS, NOW_MS, Span.DAY, "400 days"),
        (-(10**14), NOW_MS, None, "400 days"),
    ],
)
async def test_times_that_make_no_sense_are_refused(
    service: StatisticsService, since_ms: int, until_ms: int, every: Span | None, said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        await service.report(OPERATOR, since_ms, until_ms, None, every)


async def test_too_many_groups_are_refused(
    service: StatisticsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_GROUPS", 1)
    await service.logs.save([at(TODAY_MS), at(TODAY_MS + HOUR_MS)])
    with pytest.raises(Invalid, match="groups"):
        await service.report(OPERATOR, every=Span.HOUR)


async def test_the_dashboard_has_today_and_now(service: StatisticsService) -> None:
    lossy = '["top_k=dropped", "seed=dropped"]'
    await service.logs.save(
        [
            at(TODAY_MS - 1),
            at(TODAY_MS + 1, error="upstream", status=502),
            at(NOW_MS - 90_000, losses='["top_k=dropped"]'),
            at(NOW_MS - 1000, losses=lossy, input_tokens=40, output_tokens=2, key_id="key_1"),
        ]
    )
    summary = await service.summary(OPERATOR)
    assert (summary.version, summary.uptime_s, summary.queue) == ("1.2.3", 5.0, IDLE)
    assert (summary.last_minute.requests, summary.last_minute.tokens) == (1, 42)
    assert summary.today.requests == 3
    assert [(each.name, each.figures.requests) for each in summary.by_key] == [(None, 2), ("key_1", 1)]
    assert [(each.name, each.figures.requests) for each in summary.errors] == [("upstream", 1)]
    assert [(each.loss, each.requests) for each in summary.losses] == [
        ("top_k=dropped", 2),
        ("seed=dropped", 1),
    ]


async def test_an_empty_log_has_figures_too(service: StatisticsService) -> None:
    summary = await service.summary(OPERATOR)
    assert (summary.today.requests, summary.today.success_rate, summary.today.duration.p50) == (0, None, None)
    assert (await service.report(OPERATOR)).total.requests == 0


async def test_the_holder_of_a_key_sees_its_day_and_month(service: StatisticsService) -> None:
    starts = {
        TODAY_MS: "key_1",
        TODAY_MS - 2 * DAY_MS: "key_1",
        TODAY_MS - 5 * DAY_MS: "key_1",
        TODAY_MS + 1: "key_2",
    }
    await service.logs.save([at(ms, key_id=key) for ms, key in starts.items()])
    summary = await service.public_summary("key_1", "key:key_1")
    assert summary.today is not None
    assert summary.month is not None
    assert (summary.today.requests, summary.month.requests) == (1, 2)
    nobody = await service.public_summary(None, "key:None")
    assert (nobody.version, nobody.today, nobody.month) == ("1.2.3", None, None)


async def test_whose_conversations_are_counted(service: StatisticsService) -> None:
    asked: list[Collection[str] | None] = []

    async def talks(owners: Collection[str] | None) -> ConversationFigures | None:
        asked.append(owners)
        return ConversationFigures(1, 2, 0)

    counting = replace(service, conversations=talks)
    assert (await counting.summary(OPERATOR)).conversations == ConversationFigures(1, 2, 0)
    await counting.summary(HOLDER)
    await counting.public_summary("key_1", "key:mark")
    await counting.public_summary(None, "key:None")
    assert asked == [None, ["key:key_1"], ["key:mark"], ["key:None"]]
    assert (await service.summary(OPERATOR)).conversations is None
