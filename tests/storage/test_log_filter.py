"""The database and the question to a single row agree on what a filter means."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from isthmus.observability.log_row import LogRow
from isthmus.storage.database import Database
from isthmus.storage.log_filter import LogFilter
from isthmus.storage.request_logs import RequestLogs, way
from isthmus.storage.request_sums import RequestSums
from isthmus.storage.schema import request_logs
from log_rows import START_MS, log_row, some_rows

LITERAL = {"literal_binds": True}
WANTED = st.builds(
    LogFilter,
    since_ms=st.none() | st.integers(0, 8).map(lambda second: START_MS + second * 1000),
    until_ms=st.none() | st.integers(4, 13).map(lambda second: START_MS + second * 1000),
    request_id=st.sampled_from([None, None, "req_A", "req_a"]),
    key_id=st.sampled_from([None, None, "key_1", "key_9"]),
    account_id=st.sampled_from([None, None, "acc_1"]),
    provider=st.sampled_from([None, None, "main"]),
    model=st.sampled_from([None, None, "claude", "Claude"]),
    client=st.sampled_from([None, None, "::1"]),
    status=st.sampled_from([None, None, 200, 429]),
    status_class=st.sampled_from([None, None, 2, 4, 5]),
    succeeded=st.sampled_from([None, None, True, False]),
    error=st.sampled_from([None, None, "upstream"]),
    streamed=st.sampled_from([None, None, True, False]),
    lossy=st.sampled_from([None, None, True, False]),
    slower_than_ms=st.sampled_from([None, None, 0, 1_000_000]),
    first_token_slower_than_ms=st.sampled_from([None, None, 0, 50_000]),
    text=st.sampled_from([None, None, "100%", "IT_S", "req_", "%", "many"]),
    keys=st.none() | st.frozensets(st.sampled_from(["key_1", "key_2", "key_9"])),
)


@pytest.fixture
async def logs(database: Database) -> tuple[Database, RequestLogs]:
    return database, RequestLogs(database, RequestSums(database))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_database_and_single_row_agree(logs: tuple[Database, RequestLogs], data: st.DataObject) -> None:
    database, store = logs
    rows, wanted = data.draw(some_rows()), data.draw(WANTED)
    await database.write(lambda connection: connection.execute(delete(request_logs)))
    await store.save(rows)
    expected = sorted((row for row in rows if wanted.matches(row)), key=str)
    page = await store.page(wanted, 100)
    assert sorted((each.row for each in page.rows), key=str) == expected
    assert page.next is None
    counted = await store.count(wanted, 100, 60.0)
    assert (counted.rows, counted.complete) == (len(expected), True)
    traffic = await store.traffic(START_MS, wanted.keys)
    assert traffic.requests == sum(wanted.keys is None or row.key_id in wanted.keys for row in rows)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (LogFilter(), "started_ms"),
        (LogFilter(since_ms=5, until_ms=9), "started_ms"),
        (LogFilter(key_id="k", since_ms=5), "key_id_started_ms"),
        (LogFilter(account_id="a"), "account_id_started_ms"),
        (LogFilter(client="::1"), "client_started_ms"),
        (LogFilter(provider="p"), "provider_started_ms"),
        (LogFilter(model="m"), "model_used_started_ms|model_asked_started_ms"),
        (LogFilter(status=429), "succeeded_started_ms_id_error_status"),
        (LogFilter(status_class=5), "succeeded_started_ms_id_error_status"),
        (LogFilter(error="upstream"), "succeeded_started_ms_id_error_status"),
        (LogFilter(succeeded=False), "succeeded_started_ms_id_error_status"),
    ],
)
async def test_each_common_filter_reads_along_an_index(
    sqlite: Database, wanted: LogFilter, index: str
) -> None:
    """Without sorting: a page costs the same in a long log as in a short one."""
    async with sqlite.read() as connection:
        for search, expected in zip(wanted.searches(), index.split("|"), strict=True):
            query = str(
                way(search, None).limit(50).compile(dialect=connection.dialect, compile_kwargs=LITERAL)
            )
            plan = [row[3] for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
            assert search.rest == ()
            assert len(plan) == 1, plan
            assert f"USING INDEX ix_request_logs_{expected}" in plan[0]


async def test_nobody_sees_rows_without_a_key_of_theirs(sqlite: Database) -> None:
    store = RequestLogs(sqlite, RequestSums(sqlite))
    await store.save([log_row(1), log_row(2, key_id="key_1")])
    assert (await store.page(LogFilter(keys=frozenset()), 10)).rows == []
    assert [
        each.row.key_id for each in (await store.page(LogFilter(keys=frozenset({"key_1"})), 10)).rows
    ] == ["key_1"]


def test_a_key_of_somebody_else_is_not_found_by_asking_for_it() -> None:
    row: LogRow = log_row(1, key_id="key_2")
    assert not LogFilter(key_id="key_2", keys=frozenset({"key_1"})).matches(row)
