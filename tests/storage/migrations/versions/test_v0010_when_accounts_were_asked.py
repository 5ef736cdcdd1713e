"""Rows that are older than the time line stay as they were, and do not say when accounts were asked."""

from __future__ import annotations

import of_before
from isthmus.storage.database import open_database
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums
from log_rows import log_row

ROW = (
    "INSERT INTO request_logs (request_id, started_ms, endpoint, dialect, status, duration_ms, attempts, attempt_list, client) "
    "VALUES ('req_old', 1, 'messages', 'anthropic', 200, 900, 2, :attempts, '::1')"
)
ATTEMPTS = '["acc_0 upstream (500) after 300 ms", "acc_1 answered after 600 ms"]'


async def test_a_row_stays_as_it_was_and_others_join_it(empty_database_url: str) -> None:
    await of_before.leave(empty_database_url, "0009", ROW, {"attempts": ATTEMPTS})
    database = await open_database(empty_database_url)
    try:
        logs = RequestLogs(database, RequestSums(database))
        await logs.save([log_row(1, queued_ms=3, first_attempt_ms=7)])
        old, new = await logs.find("req_old"), await logs.find("req_1")
    finally:
        await database.close()
    assert old is not None
    assert (old.row.attempt_list, old.row.duration_ms) == (ATTEMPTS, 900)
    assert (old.row.queued_ms, old.row.first_attempt_ms) == (None, None)
    assert new is not None
    assert (new.row.queued_ms, new.row.first_attempt_ms) == (3, 7)
