"""The log is read by whoever may, watched without gaps, and cut short."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import aclosing
from typing import Any

import pytest

from isthmus.control import logs as module
from isthmus.control.failures import Invalid, NotFound, Unavailable
from isthmus.control.logs import LogFilter, LogService
from isthmus.control.paging import write_cursor
from isthmus.control.people import OPERATOR, Person, Role
from isthmus.observability.live_tail import Missed
from isthmus.observability.log_row import LogRow
from isthmus.observability.request_log import RequestLog
from isthmus.storage.audit import AuditFilter, AuditLog
from isthmus.storage.database import Database
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import DAY_MS, RequestSums
from log_rows import START_MS, log_row

HOLDER = Person("usr_2", "bea", Role.HOLDER)


async def own_keys(person: Person) -> Collection[str] | None:
    return {"key_1"} if person.role is Role.HOLDER else None


@pytest.fixture
def service(sqlite: Database) -> LogService:
    """Its rows are written when a test says so."""
    logs = RequestLogs(sqlite, RequestSums(sqlite))
    log = RequestLog(logs.save, str)
    return LogService(logs, log, own_keys, AuditLog(sqlite), lambda: START_MS + 10 * DAY_MS)


def ids(batch: Sequence[LogRow | Missed]) -> list[str | None]:
    return [each.request_id if isinstance(each, LogRow) else None for each in batch]


async def watched(batches: AsyncIterator[Any], count: int) -> list[list[str | None]]:
    return [ids(await anext(batches)) for _ in range(count)]


async def test_pages_follow_each_other(service: LogService) -> None:
    await service.logs.save([log_row(number) for number in range(5)])
    first = await service.page(OPERATOR, LogFilter(), None, 3)
    second = await service.page(OPERATOR, LogFilter(), first.next_cursor, 3)
    assert ids([*first.items, *second.items]) == [f"req_{number}" for number in (4, 3, 2, 1, 0)]
    assert second.next_cursor is None


async def test_what_is_rare_is_searched_for_beyond_the_first_rows(
    service: LogService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.logs.save([log_row(number, streamed=number == 0) for number in range(20)])
    monkeypatch.setattr("isthmus.storage.request_logs.SCAN_ROWS", 3)
    monkeypatch.setattr(module, "SEARCH_S", 60.0)
    wanted = LogFilter(streamed=True)
    assert ids((await service.page(OPERATOR, wanted, None, 10)).items) == ["req_0"]
    monkeypatch.setattr(module, "SEARCH_S", 0.0)
    short = await service.page(OPERATOR, wanted, None, 10)
    assert (list(short.items), short.next_cursor is None) == ([], False)


@pytest.mark.parametrize("cursor", ["x", write_cursor("a", 1), write_cursor(2**70, 1), write_cursor(1)])
async def test_a_foreign_cursor_is_refused(service: LogService, cursor: str) -> None:
    with pytest.raises(Invalid, match="cursor"):
        await service.page(OPERATOR, LogFilter(), cursor, 10)


async def test_a_holder_sees_rows_of_their_own_keys_alone(service: LogService) -> None:
    await service.logs.save([log_row(1, key_id="key_1"), log_row(2, key_id="key_2"), log_row(3)])
    assert ids((await service.page(HOLDER, LogFilter(), None, 10)).items) == ["req_1"]
    assert list((await service.page(HOLDER, LogFilter(key_id="key_2"), None, 10)).items) == []
    assert (await service.find(HOLDER, "req_1")).key_id == "key_1"
    for id in ("req_2", "req_3"):
        assert (await service.find(OPERATOR, id)).request_id == id
        with pytest.raises(NotFound, match=id):
            await service.find(HOLDER, id)
    assert [ids(rows) async for rows in service.every(HOLDER, LogFilter())] == [["req_1"]]


async def test_as_many_rows_are_given_as_are_wanted(
    service: LogService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.logs.save([log_row(number) for number in range(5)])
    monkeypatch.setattr(module, "MAX_PAGE", 2)
    for most, expected in {None: 5, 9: 5, 3: 3, 2: 2}.items():
        given = [id async for rows in service.every(OPERATOR, LogFilter(), most) for id in ids(rows)]
        assert given == [f"req_{number}" for number in (4, 3, 2, 1, 0)][:expected]


async def test_a_row_is_found_before_it_is_stored(service: LogService) -> None:
    service.log.append(log_row(1, key_id="key_1"))
    service.log.append(log_row(2, key_id="key_2"))
    assert (await service.find(HOLDER, "req_1")).request_id == "req_1"
    with pytest.raises(NotFound, match="req_2"):
        await service.find(HOLDER, "req_2")


async def test_a_holder_watches_their_own_keys_alone(service: LogService) -> None:
    tail = await service.tail(HOLDER, LogFilter(), "req_0")
    await service.logs.save([log_row(0), log_row(1, key_id="key_1"), log_row(2)])
    assert await watched(tail, 1) == [["req_1"]]
    service.log.append(log_row(3, key_id="key_2"))
    service.log.append(log_row(4, key_id="key_1"))
    assert await watched(tail, 1) == [["req_4"]]


async def test_who_was_away_goes_on_where_they_were(service: LogService) -> None:
    """Some of it is stored, some on its way, some in both places at once."""
    await service.logs.save([log_row(number) for number in range(4)])
    for number in (3, 4, 5):
        service.log.append(log_row(number))
    async with aclosing(await service.tail(OPERATOR, LogFilter(), "req_1")) as tail:  # type: ignore[type-var]
        assert await watched(tail, 1) == [["req_2", "req_3", "req_4", "req_5"]]
        service.log.append(log_row(5))
        service.log.append(log_row(6))
        assert await watched(tail, 1) == [["req_6"]]


async def test_who_saw_a_row_that_is_not_stored_yet_goes_on_after_it(service: LogService) -> None:
    for number in range(3):
        service.log.append(log_row(number))
    assert await watched(await service.tail(OPERATOR, LogFilter(), "req_0"), 1) == [["req_1", "req_2"]]


async def test_what_is_on_its_way_when_one_begins_to_watch_is_not_missed(service: LogService) -> None:
    """It is in no page of the log yet, and ended before."""
    service.log.append(log_row(1, key_id="key_1"))
    service.log.append(log_row(2))
    async with aclosing(await service.tail(HOLDER, LogFilter(), None)) as tail:  # type: ignore[type-var]
        assert await watched(tail, 1) == [["req_1"]]
        service.log.append(log_row(3, key_id="key_1"))
        assert await watched(tail, 1) == [["req_3"]]


async def test_a_gap_is_told(service: LogService, monkeypatch: pytest.MonkeyPatch) -> None:
    await service.logs.save([log_row(number) for number in range(5)])
    assert await watched(await service.tail(OPERATOR, LogFilter(), "req_gone"), 1) == [[None]]
    monkeypatch.setattr(module, "MAX_REPLAY", 2)
    assert await watched(await service.tail(OPERATOR, LogFilter(), "req_0"), 1) == [["req_1", "req_2", None]]


async def test_watching_ends_with_the_gateway_and_leaves_nothing(service: LogService) -> None:
    async with service.log:
        tail = await service.tail(OPERATOR, LogFilter(), None)
        assert await watched(tail, 1) == [[]]
        service.log.append(log_row(1))
        assert await watched(tail, 1) == [["req_1"]]
        assert service.log.tails == 1
    assert [batch async for batch in tail] == []
    assert service.log.tails == 0


async def test_tails_are_not_without_number(service: LogService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TAILS", 1)
    service.log.tail()
    with pytest.raises(Unavailable, match="close one"):
        await service.tail(OPERATOR, LogFilter(), None)


async def test_cleaning_up_deletes_and_is_noted(service: LogService, sqlite: Database) -> None:
    await service.logs.save([log_row(0), log_row(9 * 86_400)])
    cleanup = await service.cleanup(OPERATOR, 5)
    assert (cleanup.deleted, cleanup.done) == (1, True)
    assert ids((await service.page(OPERATOR, LogFilter(), None, 10)).items) == [f"req_{9 * 86_400}"]
    [line] = await AuditLog(sqlite).page(AuditFilter(), None, 10)
    assert (line.action, line.target, line.detail) == ("logs.cleanup", "older than 5 days", "1 rows")
