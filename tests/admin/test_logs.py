"""`/v2/logs` shows, watches, exports and cuts the log."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Collection
from typing import Any, Self
from urllib.parse import quote

import pytest
from fastapi import APIRouter

import asking_as
from asking_as import ADMIN, HOLDER, VIEWER
from isthmus.admin.app import admin_app
from isthmus.admin.logs import router
from isthmus.control.logs import LogService
from isthmus.control.people import Person, Role
from isthmus.control.statistics import StatisticsService
from isthmus.observability.request_log import RequestLog
from isthmus.storage.audit import AuditLog
from isthmus.storage.database import Database
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums
from log_rows import START_MS, log_row

NOW_MS = START_MS + 3_600_000


async def own_keys(person: Person) -> Collection[str] | None:
    return {"key_1"} if person.role is Role.HOLDER else None


@pytest.fixture
def service(sqlite: Database) -> LogService:
    logs = RequestLogs(sqlite, RequestSums(sqlite))
    return LogService(logs, RequestLog(logs.save, str), own_keys, AuditLog(sqlite), lambda: NOW_MS)


@pytest.fixture
def api(sqlite: Database, service: LogService) -> APIRouter:
    statistics = StatisticsService(
        RequestSums(sqlite), service.logs, own_keys, lambda: service.log.state, "1", 0, lambda: NOW_MS
    )
    return router(service, statistics)


async def found(api: APIRouter, query: str, person: Person = VIEWER) -> list[str]:
    reply = await asking_as.ask(api, "GET", f"/v2/logs?{query}", person=person)
    assert reply.status == 200, reply.body
    return [each["request_id"] for each in reply.json["items"]]


async def test_filters_and_pages(api: APIRouter, service: LogService) -> None:
    await service.logs.save(
        [
            log_row(0, status=529, error="overloaded", error_text="try 100% later", model_used="gpt"),
            log_row(1, key_id="key_1", streamed=True, losses='["a"]'),
            log_row(
                2, account_id="acc_1", client="::1", provider="other", duration_ms=9000, first_token_ms=8000
            ),
        ]
    )
    for query, expected in {
        "": [2, 1, 0],
        "status=529": [0],
        "status_class=2xx": [2, 1],
        "succeeded=false": [0],
        "error=overloaded": [0],
        "model=gpt": [0],
        "model=claude": [2, 1, 0],
        "key_id=key_1": [1],
        "streamed=true": [1],
        "lossy=true": [1],
        "account_id=acc_1": [2],
        "client=::1": [2],
        "provider=other": [2],
        "request_id=req_1": [1],
        "slower_than_ms=8999": [2],
        "slower_than_ms=9000": [],
        "first_token_slower_than_ms=7999": [2],
        f"text={quote('100% L')}": [0],
        "since=2026-09-21T14:13:21Z": [2, 1],
        "until=2026-09-21T14:13:21Z": [0],
        f"since={quote('2026-09-21T16:13:21.5+02:00')}": [2],
    }.items():
        assert await found(api, query) == [f"req_{number}" for number in expected], query
    first = (await asking_as.ask(api, "GET", "/v2/logs?limit=2", person=VIEWER)).json
    assert len(first["items"]) == 2
    assert await found(api, f"limit=2&cursor={first['next_cursor']}") == ["req_0"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=99", "status"),
        ("status_class=6xx", "status_class"),
        ("limit=0", "limit"),
        ("slower_than_ms=-1", "slower_than_ms"),
        (f"first_token_slower_than_ms={2**31}", "first_token_slower_than_ms"),
        ("limit=501", "limit"),
        ("cursor=x", "cursor"),
        ("text=a%00b", "text"),
        ("since=yesterday", "since"),
        ("until=0.5", "until"),
        ("until=1790000000", "until"),
        ("colour=red", "colour"),
        (f"model={'x' * 201}", "model"),
    ],
)
async def test_what_is_wrong_is_refused_by_its_field(api: APIRouter, query: str, field: str) -> None:
    reply = await asking_as.ask(api, "GET", f"/v2/logs?{query}")
    assert (reply.status, [each["field"] for each in reply.json["error"]["fields"]]) == (422, [field])


async def test_one_request_by_its_id(api: APIRouter, service: LogService) -> None:
    await service.logs.save([log_row(1, key_id="key_2")])
    assert (await asking_as.ask(api, "GET", "/v2/logs/req_1", person=VIEWER)).json["key_id"] == "key_2"
    assert (await asking_as.ask(api, "GET", "/v2/logs/req_2")).status == 404
    service.log.append(log_row(3, duration_ms=70))
    course = (await asking_as.ask(api, "GET", "/v2/logs/req_3")).json["timeline"]
    assert [(each["kind"], each["length_ms"]) for each in course["spans"]] == [("gateway", 70)]
    assert (await asking_as.ask(api, "GET", "/v2/logs/req_1", person=HOLDER)).status == 404


async def test_rows_are_counted_and_exported_as_far_as_wanted(
    api: APIRouter, service: LogService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.logs.save([log_row(number, duration_ms=number) for number in range(5)])
    monkeypatch.setattr("isthmus.control.logs.MAX_COUNT", 3)
    for query, expected in {"": (3, False), "slower_than_ms=1": (3, True), "status=500": (0, True)}.items():
        answer = (await asking_as.ask(api, "GET", f"/v2/logs/count?{query}", person=VIEWER)).json
        assert (answer["rows"], answer["complete"]) == expected, query
    exported = await asking_as.ask(api, "GET", "/v2/logs/export?limit=2&slower_than_ms=1", person=VIEWER)
    rows = csv.DictReader(io.StringIO(exported.body.decode(), newline=""))
    assert [row["request_id"] for row in rows] == ["req_4", "req_3"]


async def test_a_holder_finds_their_own_alone(api: APIRouter, service: LogService) -> None:
    await service.logs.save([log_row(1, key_id="key_1"), log_row(2, key_id="key_2")])
    assert await found(api, "", HOLDER) == ["req_1"]
    assert await found(api, "key_id=key_2", HOLDER) == []
    counted = await asking_as.ask(api, "GET", "/v2/logs/count", person=HOLDER)
    assert counted.json == {"rows": 1, "complete": True}
    exported = await asking_as.ask(api, "GET", "/v2/logs/export", person=HOLDER)
    assert exported.body.count(b"req_") == 1
    statistics = await asking_as.ask(api, "GET", "/v2/logs/stats?group_by=key", person=HOLDER)
    assert [each["name"] for each in statistics.json["groups"]] == ["key_1"]


async def test_statistics(api: APIRouter, service: LogService) -> None:
    await service.logs.save([log_row(1), log_row(2, error="upstream", status=500)])
    answer = (await asking_as.ask(api, "GET", "/v2/logs/stats?group_by=error&bucket=hour&provider=main")).json
    assert (answer["total"]["requests"], answer["total"]["success_rate"]) == (2, 0.5)
    assert [(each["at"], each["name"]) for each in answer["groups"]] == [
        ("2026-09-21T14:00:00.000Z", None),
        ("2026-09-21T14:00:00.000Z", "upstream"),
    ]
    for query in (
        "bucket=week",
        "since=1970-01-01T00:00:00Z",
        "since=9999-12-31T23:59:59Z",
        "until=0001-01-01T00:00:00Z",
    ):
        assert (await asking_as.ask(api, "GET", f"/v2/logs/stats?{query}")).status == 422, query


async def test_cleaning_up_is_for_administrators(api: APIRouter, service: LogService) -> None:
    await service.logs.save([log_row(1)])
    body: dict[str, Any] = {"older_than_days": 0}
    assert (await asking_as.ask(api, "POST", "/v2/logs/cleanup", body, VIEWER)).status == 403
    reply = await asking_as.ask(api, "POST", "/v2/logs/cleanup", body, ADMIN)
    assert reply.json == {"deleted": 1, "done": True}
    assert (
        await asking_as.ask(api, "POST", "/v2/logs/cleanup", {"older_than_days": -1}, ADMIN)
    ).status == 422


async def test_export_is_csv_of_all_that_fits(api: APIRouter, service: LogService) -> None:
    await service.logs.save([log_row(number, model_asked="=1+1") for number in range(1200)])
    reply = await asking_as.ask(api, "GET", "/v2/logs/export?status=200", person=VIEWER)
    assert reply.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(reply.body.decode())))
    assert [row["request_id"] for row in rows] == [f"req_{number}" for number in range(1199, -1, -1)]
    assert {row["model_asked"] for row in rows} == {"'=1+1"}


class Watcher:
    """A client of the live tail, which hangs up when it likes."""

    def __init__(self, api: APIRouter, query: str = "", last_event_id: str | None = None) -> None:
        self.headers = [] if last_event_id is None else [(b"last-event-id", last_event_id.encode())]
        self.query = query
        self.said = bytearray()
        self.status = 0
        self.left = asyncio.Event()
        self.app = admin_app([api])

    async def __aenter__(self) -> Self:
        self.task = asyncio.create_task(self._run())
        await self.until(b"\n\n")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.left.set()
        await asyncio.wait_for(self.task, 5)

    async def until(self, text: bytes) -> None:
        async with asyncio.timeout(5):
            while text not in self.said and not self.task.done():
                await asyncio.sleep(0.005)
        assert text in self.said

    @property
    def requests(self) -> list[str]:
        lines = self.said.decode().splitlines()
        return [
            json.loads(line[6:])["request_id"] for line in lines if line.startswith('data: {"request_id"')
        ]

    async def _run(self) -> None:
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/v2/logs/tail",
            "query_string": self.query.encode(),
            "headers": self.headers,
            "root_path": "",
            "scheme": "http",
            "http_version": "1.1",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 5),
            "state": {"request_id": "req_1", "person": ADMIN},
        }
        asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> dict[str, Any]:
            if (message := next(asked, None)) is not None:
                return message
            await self.left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            self.status = message.get("status", self.status)
            self.said += message.get("body", b"")

        await self.app(scope, receive, send)


async def test_requests_are_watched_as_they_end(api: APIRouter, service: LogService) -> None:
    async with Watcher(api, "status=500") as watcher:
        service.log.append(log_row(1))
        service.log.append(log_row(2, status=500))
        await watcher.until(b"req_2")
        assert (watcher.status, watcher.requests) == (200, ["req_2"])
        assert b"id: req_2\n" in watcher.said
        assert service.log.tails == 1
    assert service.log.tails == 0


async def test_a_watcher_comes_back_to_where_they_were(api: APIRouter, service: LogService) -> None:
    await service.logs.save([log_row(number) for number in range(3)])
    async with Watcher(api, last_event_id="req_0") as watcher:
        service.log.append(log_row(3))
        await watcher.until(b"req_3")
        assert watcher.requests == ["req_1", "req_2", "req_3"]


async def test_silence_is_kept_alive(api: APIRouter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isthmus.control.logs.QUIET_S", 0.01)
    async with Watcher(api) as watcher:
        await watcher.until(b": nothing new\n\n: nothing new\n\n")
