"""The newest rows added up, on every engine; what is too much is said."""

from __future__ import annotations

from isthmus.storage.database import Database
from isthmus.storage.log_filter import LogFilter
from isthmus.storage.recent import MINUTE_MS, Address, Minute, RecentRequests
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums
from log_rows import START_MS, log_row

FIRST_MS = START_MS - START_MS % MINUTE_MS
FAILED = {"status": 500, "error": "upstream"}


async def save(database: Database) -> None:
    tokens = {"input_tokens": 10, "cache_read_tokens": 5, "output_tokens": 2}
    await RequestLogs(database, RequestSums(database)).save(
        [
            log_row(started_ms=FIRST_MS, **tokens, key_id="key_1"),
            log_row(started_ms=FIRST_MS + 59_999, client="::1", key_id="key_2"),
            log_row(started_ms=FIRST_MS + 2 * MINUTE_MS, **FAILED, key_id="key_1"),
            log_row(started_ms=FIRST_MS + 2 * MINUTE_MS + 5, client_left=True),
        ]
    )


async def test_by_the_minute(database: Database) -> None:
    await save(database)
    recent = RecentRequests(database)
    found = await recent.minutes(LogFilter(since_ms=FIRST_MS))
    assert found.complete
    assert found.rows == [Minute(FIRST_MS, 2, 0, 15, 2), Minute(FIRST_MS + 2 * MINUTE_MS, 2, 1, 0, 0)]
    own = await recent.minutes(LogFilter(since_ms=FIRST_MS, keys=frozenset({"key_1"})))
    assert [(each.at_ms, each.requests) for each in own.rows] == [
        (FIRST_MS, 1),
        (FIRST_MS + 2 * MINUTE_MS, 1),
    ]
    assert (await recent.minutes(LogFilter(keys=frozenset()))).rows == []


async def test_by_address(database: Database) -> None:
    await save(database)
    found = await RecentRequests(database).addresses(LogFilter(since_ms=FIRST_MS), 10)
    assert found.rows == [
        Address("127.0.0.1", 3, 1, FIRST_MS + 2 * MINUTE_MS + 5),
        Address("::1", 1, 0, FIRST_MS + 59_999),
    ]
    first = await RecentRequests(database).addresses(LogFilter(), 1)
    assert ([each.client for each in first.rows], first.complete) == (["127.0.0.1"], True)


async def test_of_too_many_the_newest_count_and_that_is_said(sqlite: Database) -> None:
    await save(sqlite)
    few = RecentRequests(sqlite, most_rows=2)
    minutes = await few.minutes(LogFilter())
    assert (minutes.complete, [each.at_ms for each in minutes.rows]) == (False, [FIRST_MS + 2 * MINUTE_MS])
    addresses = await few.addresses(LogFilter(), 10)
    assert (addresses.complete, [each.requests for each in addresses.rows]) == (False, [2])
