"""The log is read newest first, whole, whatever is asked of it, and deleted piece by piece."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from isthmus.core.secret import Secret
from isthmus.observability.log_row import LogRow
from isthmus.observability.redaction import Redaction
from isthmus.observability.request_log import RequestLog
from isthmus.storage import request_logs as module
from isthmus.storage.database import Database
from isthmus.storage.log_filter import LogFilter
from isthmus.storage.request_logs import DELETE_ROWS, Counted, Position, RequestLogs, StoredRow
from isthmus.storage.request_sums import RequestSums, Slice
from isthmus.storage.schema import request_logs
from log_rows import START_MS, log_row, some_rows


@pytest.fixture
def logs(database: Database) -> RequestLogs:
    return RequestLogs(database, RequestSums(database))


async def whole(logs: RequestLogs, wanted: LogFilter, limit: int) -> list[StoredRow]:
    """Every page, one after another."""
    found: list[StoredRow] = []
    before: Position | None = None
    while True:
        page = await logs.page(wanted, limit, before)
        assert len(page.rows) <= limit
        found += page.rows
        if page.next is None:
            return found
        assert before is None or page.next < before, "pages lead on"
        before = page.next


async def test_a_row_comes_back_as_it_went(logs: RequestLogs) -> None:
    row = log_row(
        1,
        key_id="key_1",
        account_id="acc_1",
        lane="raw",
        streamed=True,
        status=200,
        error="upstream",
        error_text="漢字 and 'quotes' % ? $1 :name",
        stop="end_turn",
        input_tokens=10**12,
        cache_read_tokens=1,
        cache_write_tokens=2,
        output_tokens=3,
        reasoning_tokens=4,
        input_estimated=True,
        output_estimated=True,
        cost_nano_usd=10**15,
        micro_credits=31_200,
        first_token_ms=5,
        attempts=6,
        attempt_list='["a"]',
        losses='["b"]',
        notes='["c"]',
        upstream_status=529,
        upstream_request_id="up_1",
        client_left=True,
        queued_ms=7,
        first_attempt_ms=8,
    )
    assert None not in row
    await logs.save([log_row(0), row])
    found = await logs.find("req_1")
    assert found is not None
    assert found.row == row
    assert type(found.row.streamed) is bool
    assert await logs.find("req_9") is None


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=some_rows(),
    limit=st.integers(1, 9),
    scan=st.integers(1, 15),
    wanted=st.builds(
        LogFilter,
        model=st.sampled_from([None, "claude"]),
        text=st.sampled_from([None, "req_A", "100%"]),
        streamed=st.sampled_from([None, True]),
        keys=st.none() | st.frozensets(st.sampled_from(["key_1", "key_2"])),
        succeeded=st.sampled_from([None, True, False]),
    ),
)
async def test_pages_have_every_row_once_newest_first(
    sqlite: Database, rows: list[LogRow], limit: int, scan: int, wanted: LogFilter
) -> None:
    """However few rows a page may look at."""
    logs = RequestLogs(sqlite, RequestSums(sqlite))
    await sqlite.write(lambda connection: connection.execute(delete(request_logs)))
    await logs.save(rows)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "SCAN_ROWS", scan)
        found = await whole(logs, wanted, limit)
    positions = [each.position for each in found]
    assert positions == sorted(set(positions), reverse=True)
    assert sorted((each.row for each in found), key=str) == sorted(filter(wanted.matches, rows), key=str)


@pytest.mark.parametrize(
    "wanted", [LogFilter(), LogFilter(streamed=True), LogFilter(model="gpt", streamed=True)]
)
async def test_rows_are_counted_piece_by_piece(
    logs: RequestLogs, monkeypatch: pytest.MonkeyPatch, wanted: LogFilter
) -> None:
    monkeypatch.setattr(module, "COUNT_ROWS", 3)
    models = ("gpt", "claude", None)
    rows = [
        log_row(at // 2, streamed=at % 2 == 0, model_asked=models[at % 3], model_used=models[at % 2])
        for at in range(20)
    ]
    await logs.save(rows)
    here = sum(map(wanted.matches, rows))
    assert await logs.count(wanted, here, 60.0) == Counted(here, complete=True)
    assert await logs.count(wanted, here - 1, 60.0) == Counted(here - 1, complete=False)
    hurried = await logs.count(wanted, 100, 0.0)
    assert not hurried.complete
    assert hurried.rows <= 3


async def test_pages_do_not_shift_while_rows_are_added(logs: RequestLogs) -> None:
    await logs.save([log_row(number) for number in range(10)])
    first = await logs.page(LogFilter(), 4)
    await logs.save([log_row(number) for number in range(10, 20)])
    second = await logs.page(LogFilter(), 4, first.next)
    assert [each.row.request_id for each in (*first.rows, *second.rows)] == [
        f"req_{9 - at}" for at in range(8)
    ]


async def test_what_is_new_is_read_in_the_order_of_writing(logs: RequestLogs) -> None:
    assert await logs.last_id() == 0
    await logs.save([log_row(5), log_row(3)])
    seen = await logs.last_id()
    await logs.save([log_row(4), log_row(1), log_row(2)])
    assert [each.row.request_id for each in await logs.after(seen, 2)] == ["req_4", "req_1"]


async def test_a_row_that_fits_no_column_is_refused_as_a_value(logs: RequestLogs) -> None:
    """With nothing kept of its batch, neither rows nor sums."""
    with pytest.raises(ValueError, match="in 2 rows"):
        await logs.save([log_row(1), log_row(2, input_tokens=2**80)])
    with pytest.raises(ValueError, match="in 1 rows"):
        await logs.save([log_row(1, error_text="\ud800")])
    assert await logs.last_id() == 0
    assert await logs._sums.sums(Slice(0, 2 * START_MS)) == []


async def test_traffic_is_what_began_since(logs: RequestLogs) -> None:
    rows = [
        log_row(at, input_tokens=at, cache_read_tokens=1, output_tokens=2, key_id="key_1") for at in range(10)
    ]
    await logs.save([*rows, log_row(9)])
    traffic = await logs.traffic(START_MS + 8000)
    assert (traffic.requests, traffic.tokens) == (3, 8 + 9 + 2 * 3)
    assert (await logs.traffic(START_MS + 8000, frozenset({"key_1"}))).requests == 2
    assert (await logs.traffic(START_MS + 99_000)).tokens == 0


async def test_old_rows_go_in_pieces_and_their_sums_stay(logs: RequestLogs) -> None:
    await logs.save([log_row(number) for number in range(DELETE_ROWS + 30)])
    before_ms = START_MS + (DELETE_ROWS + 10) * 1000
    assert await logs.count_older_than(before_ms) == DELETE_ROWS + 10
    assert await logs.delete_older_than(before_ms, 0) == (DELETE_ROWS, False)
    assert await logs.delete_older_than(before_ms, 5) == (10, True)
    assert len(await whole(logs, LogFilter(), 500)) == 20
    [sums] = await logs._sums.sums(Slice(0, 2 * START_MS))
    assert sums.requests == DELETE_ROWS + 30


async def test_no_secret_reaches_the_database(sqlite: Database, tmp_path: Path) -> None:
    """Upstreams quote what they were sent; clients put keys where models are named."""
    secret = "canary-of-the-vault-0123456789"
    logs = RequestLogs(sqlite, RequestSums(sqlite))
    async with RequestLog(logs.save, Redaction([Secret(secret)]).text) as log:
        log.append(
            log_row(
                1,
                model_asked=secret,
                model_used=f"{secret}-x",
                error_text=f"bad key {secret}",
                attempt_list=f'["acc_1 said {secret}"]',
                notes=f'["{secret}"]',
                losses=f'["x={secret}"]',
            )
        )
    assert await logs.find("req_1") is not None
    await sqlite.close()
    assert files_with(secret, tmp_path) == []


def files_with(text: str, folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir() if text.encode() in file.read_bytes()]
