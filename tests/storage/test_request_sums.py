"""Sums say of any requests what counting them one by one would say."""

from collections.abc import Sequence
from itertools import groupby

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from isthmus.observability.log_row import LogRow
from isthmus.storage.database import Database
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import (
    CLIENT_LEFT,
    DAY_MS,
    HOUR_MS,
    UNNAMED_ERROR,
    Dimension,
    RequestSums,
    Slice,
    Span,
    Sums,
)
from isthmus.storage.schema import request_logs, request_sums
from log_rows import START_MS, log_row, some_rows

ALWAYS = Slice(0, 2 * START_MS)


@pytest.fixture
def sums(database: Database) -> RequestSums:
    return RequestSums(database)


def error_of(row: LogRow) -> str:
    if row.succeeded:
        return ""
    return CLIENT_LEFT if row.client_left else row.error or UNNAMED_ERROR


NAME_OF = {
    Dimension.PROVIDER: lambda row: row.provider or "",
    Dimension.MODEL: lambda row: row.model_used or "",
    Dimension.ACCOUNT: lambda row: row.account_id or "",
    Dimension.KEY: lambda row: row.key_id or "",
    Dimension.ERROR: error_of,
}


def figures(rows: Sequence[LogRow]) -> tuple[int, ...]:
    return (
        len(rows),
        sum(row.succeeded for row in rows),
        sum(error_of(row) == CLIENT_LEFT for row in rows),
        sum(row.input_estimated or row.output_estimated for row in rows),
        sum(row.input_tokens or 0 for row in rows),
        sum(row.output_tokens or 0 for row in rows),
        sum(row.cost_nano_usd or 0 for row in rows),
        sum(row.succeeded for row in rows),
        sum(row.succeeded and row.first_token_ms is not None for row in rows),
    )


def figures_of(sums: Sums) -> tuple[int, ...]:
    return (
        sums.requests,
        sums.succeeded,
        sums.client_left,
        sums.estimated,
        sums.input_tokens,
        sums.output_tokens,
        sums.cost_nano_usd,
        sum(sums.durations),
        sum(sums.first_tokens),
    )


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=some_rows(), by=st.sampled_from(Dimension), batch=st.integers(1, 7))
async def test_sums_are_what_counting_says(
    database: Database, sums: RequestSums, rows: list[LogRow], by: Dimension, batch: int
) -> None:
    for table in (request_logs, request_sums):
        await database.write(lambda connection, table=table: connection.execute(delete(table)))  # type: ignore[misc]
    logs = RequestLogs(database, sums)
    for at in range(0, len(rows), batch):
        await logs.save(rows[at : at + batch])
    name = NAME_OF[by]
    groups = {each: figures(list(some)) for each, some in groupby(sorted(rows, key=name), name)}
    assert {each.name: figures_of(each) for each in await sums.sums(ALWAYS, by)} == groups
    [total] = await sums.sums(ALWAYS)
    assert figures_of(total) == figures(rows)
    assert total.failed == len(rows) - total.succeeded - total.client_left


async def test_time_is_cut_into_hours_and_days(database: Database, sums: RequestSums) -> None:
    day_ms = START_MS - START_MS % DAY_MS
    starts = [day_ms, day_ms + HOUR_MS - 1, day_ms + HOUR_MS, day_ms + DAY_MS]
    await RequestLogs(database, sums).save([log_row(started_ms=each) for each in starts])
    by_hour = await sums.sums(ALWAYS, every=Span.HOUR)
    assert [(each.at_ms, each.requests) for each in by_hour] == [
        (day_ms, 2),
        (day_ms + HOUR_MS, 1),
        (day_ms + DAY_MS, 1),
    ]
    by_day = await sums.sums(ALWAYS, Dimension.MODEL, Span.DAY)
    assert [(each.at_ms, each.name, each.requests) for each in by_day] == [
        (day_ms, "claude", 3),
        (day_ms + DAY_MS, "claude", 1),
    ]


async def test_a_slice_takes_whole_hours_and_what_it_asks_for(database: Database, sums: RequestSums) -> None:
    await RequestLogs(database, sums).save(
        [log_row(started_ms=START_MS, key_id="key_1"), log_row(started_ms=START_MS + DAY_MS, key_id="key_2")]
    )

    async def requests(wanted: Slice) -> int:
        return sum(each.requests for each in await sums.sums(wanted))

    assert await requests(Slice(START_MS + 1, START_MS + 2)) == 1
    assert await requests(Slice(START_MS + HOUR_MS, START_MS + DAY_MS + HOUR_MS)) == 1
    assert await requests(Slice(0, 2 * START_MS, {Dimension.KEY: "key_1", Dimension.MODEL: "claude"})) == 1
    assert await requests(Slice(0, 2 * START_MS, {Dimension.MODEL: "gpt"})) == 0
    assert await requests(Slice(0, 2 * START_MS, keys={"key_2"})) == 1
    assert await requests(Slice(0, 2 * START_MS, keys=set())) == 0


async def test_old_sums_go_when_they_are_told_to(database: Database, sums: RequestSums) -> None:
    await RequestLogs(database, sums).save(
        [log_row(started_ms=START_MS), log_row(started_ms=START_MS + DAY_MS)]
    )
    assert await sums.delete_older_than(Span.HOUR, START_MS + HOUR_MS) == 1
    assert [each.requests for each in await sums.sums(ALWAYS, every=Span.HOUR)] == [1]
    assert [each.requests for each in await sums.sums(ALWAYS)] == [2]
    assert await sums.delete_older_than(Span.DAY, START_MS + DAY_MS - START_MS % DAY_MS) == 1
    assert [each.requests for each in await sums.sums(ALWAYS)] == [1]


@given(
    starts=st.lists(st.integers(0, 80), max_size=12), since=st.integers(0, 80), hours_long=st.integers(1, 80)
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_days_and_hours_add_up_to_what_hours_alone_do(
    sqlite: Database, starts: list[int], since: int, hours_long: int
) -> None:
    await sqlite.write(lambda connection: connection.execute(delete(request_sums)))
    sums = RequestSums(sqlite)
    await RequestLogs(sqlite, sums).save(
        [log_row(started_ms=20 * DAY_MS + hour * HOUR_MS) for hour in starts]
    )
    wanted = Slice(20 * DAY_MS + since * HOUR_MS, 20 * DAY_MS + (since + hours_long) * HOUR_MS)
    expected = sum(since <= hour < since + hours_long for hour in starts)
    for every in (None, *Span):
        assert sum(each.requests for each in await sums.sums(wanted, every=every)) == expected
