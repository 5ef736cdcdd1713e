"""`/v2/stats` is the dashboard; a holder sees their own part of it."""

from collections.abc import Collection

import pytest
from fastapi import APIRouter

import asking_as
from asking_as import HOLDER, VIEWER
from isthmus.admin.stats import KeySummaryAnswer, router
from isthmus.control.people import Person, Role
from isthmus.control.statistics import ConversationFigures, ProcessFigures, StatisticsService
from isthmus.observability.request_log import QueueState
from isthmus.storage.database import Database
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums
from log_rows import START_MS, log_row

NOW_MS = START_MS + 30_000


BUSY = ProcessFigures("claude", idle=1, busy=2, waiting=3, started=4, died=5)


async def own_keys(person: Person) -> Collection[str] | None:
    return {"key_1"} if person.role is Role.HOLDER else None


async def talks(owners: Collection[str] | None) -> ConversationFigures | None:
    """Seven in all, one of them of key_1."""
    return ConversationFigures(7, 40, 2) if owners is None else ConversationFigures(len(owners), 4, 0)


@pytest.fixture
def service(sqlite: Database) -> StatisticsService:
    sums = RequestSums(sqlite)
    state = QueueState(3, 10_000, 5, 2, "OSError: disk full")
    return StatisticsService(
        sums,
        RequestLogs(sqlite, sums),
        own_keys,
        lambda: state,
        "1.2.3",
        START_MS,
        lambda: NOW_MS,
        processes=lambda: [BUSY],
        conversations=talks,
    )


@pytest.fixture
def api(service: StatisticsService) -> APIRouter:
    return router(service)


async def test_the_dashboard(api: APIRouter, service: StatisticsService) -> None:
    rows = [log_row(1, key_id="key_1", input_tokens=5, cost_nano_usd=10**9), log_row(2, error="upstream")]
    await service.logs.save([*rows, log_row(3, losses='["top_k=dropped"]')])
    answer = (await asking_as.ask(api, "GET", "/v2/stats", person=VIEWER)).json
    assert (answer["version"], answer["uptime_s"]) == ("1.2.3", 30.0)
    assert (answer["requests_last_minute"], answer["tokens_last_minute"]) == (3, 5)
    assert (answer["today"]["requests"], answer["today"]["cost_usd"]) == (3, 1.0)
    assert [each["name"] for each in answer["by_key"]] == [None, "key_1"]
    assert [each["name"] for each in answer["errors"]] == ["upstream"]
    assert answer["losses"] == [{"loss": "top_k=dropped", "requests": 1}]
    assert answer["processes"] == [
        {"provider": "claude", "idle": 1, "busy": 2, "waiting": 3, "started": 4, "died": 5}
    ]
    assert (answer["queue"]["queued"], answer["queue"]["dropped"]) == (3, 2)
    assert answer["conversations"] == {"kept": 7, "messages": 40, "begun_today": 2}
    own = (await asking_as.ask(api, "GET", "/v2/stats", person=HOLDER)).json
    assert own["conversations"]["kept"] == 1
    assert (own["today"]["requests"], own["queue"], own["losses"]) == (1, None, [])


async def test_what_the_holder_of_a_key_sees(service: StatisticsService) -> None:
    await service.logs.save([log_row(1, key_id="key_1"), log_row(2)])
    shown = KeySummaryAnswer.of(await service.public_summary("key_1", "key:key_1"))
    assert shown.today is not None
    assert (shown.version, shown.today.requests) == ("1.2.3", 1)
    assert shown.conversations is not None
    assert shown.conversations.messages == 4
    assert KeySummaryAnswer.of(await service.public_summary(None, "key:None")).month is None
