"""Old rows go in the background; sums stay longer; a database that is away is no end."""

import asyncio

import pytest

from isthmus.control.retention import DAYS_KEPT_DAYS, HOURS_KEPT_DAYS, Retention
from isthmus.storage.database import Database
from isthmus.storage.log_filter import LogFilter
from isthmus.storage.request_logs import DELETE_ROWS, RequestLogs
from isthmus.storage.request_sums import DAY_MS, RequestSums, Slice, Span
from log_rows import log_row

NOW_MS = 20_000 * DAY_MS


async def test_rows_and_sums_go_when_their_time_has_come(sqlite: Database) -> None:
    sums = RequestSums(sqlite)
    logs = RequestLogs(sqlite, sums)
    ages = {"young": 1, "old": 8, "by the day": HOURS_KEPT_DAYS + 2, "forgotten": DAYS_KEPT_DAYS + 2}
    await logs.save(
        [
            log_row(request_id=name, started_ms=NOW_MS - days * DAY_MS, model_used=name)
            for name, days in ages.items()
            for _ in range(DELETE_ROWS if name == "old" else 1)
        ]
    )
    retention = Retention(logs, sums, lambda: 7, lambda: NOW_MS)
    assert await retention.forget_old(rest_s=0) == DELETE_ROWS + 2
    assert [each.row.request_id for each in (await logs.page(LogFilter(), 10)).rows] == ["young"]
    always = Slice(0, NOW_MS + DAY_MS)
    assert sum(each.requests for each in await sums.sums(always, every=Span.HOUR)) == DELETE_ROWS + 1
    assert sum(each.requests for each in await sums.sums(always)) == DELETE_ROWS + 2
    assert await retention.forget_old(rest_s=0) == 0


async def test_it_goes_on_after_a_failure(sqlite: Database) -> None:
    sums = RequestSums(sqlite)
    asked = asyncio.Event()

    def keep_days() -> int:
        asked.set()
        return 7

    await sqlite.close()
    running = asyncio.create_task(Retention(RequestLogs(sqlite, sums), sums, keep_days).run(every_s=0.01))
    for _ in range(2):
        asked.clear()
        await asyncio.wait_for(asked.wait(), 5)
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
