"""Rows of another program's log are carried once."""

from typing import Any

import pytest

from isthmus.control.carrying import Result
from isthmus.control.log_carrier import BATCH, LogCarrier
from isthmus.observability.log_row import Fitting
from isthmus.storage.database import Database
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums


@pytest.fixture
def logs(sqlite: Database) -> RequestLogs:
    return RequestLogs(sqlite, RequestSums(sqlite))


def row(number: int, **more: Any) -> dict[str, Any]:
    columns = {
        "request_id": f"old-{number}",
        "started_ms": 1_795_000_000_000 + number,
        "endpoint": "messages",
        "dialect": "anthropic",
        "status": 200,
        "duration_ms": 1200,
        "client": "127.0.0.1",
        "model_asked": "claude",
        "input_tokens": 10,
        "input_estimated": True,
    }
    return columns | more


def carrier(logs: RequestLogs) -> LogCarrier:
    return LogCarrier(logs, Fitting(lambda text: text.replace("secret", "***")))


async def test_rows_are_made_once(logs: RequestLogs) -> None:
    rows = [row(number) for number in range(BATCH + 3)]
    first = await carrier(logs).carry_log_rows(iter(rows), dry_run=False)
    assert (first.result, first.text) == (Result.MADE, f"{BATCH + 3} rows made")
    second = await carrier(logs).carry_log_rows(iter([*rows, row(BATCH + 3)]), dry_run=False)
    assert (second.result, second.text) == (Result.MADE, f"1 rows made, {BATCH + 3} rows already here")
    stored = await logs.find("old-7")
    assert stored is not None
    assert (stored.row.input_tokens, stored.row.input_estimated) == (10, True)


async def test_a_dry_run_stores_nothing(logs: RequestLogs) -> None:
    done = await carrier(logs).carry_log_rows([row(1)], dry_run=True)
    assert (done.result, done.text) == (Result.MADE, "1 rows made")
    assert await logs.find("old-1") is None


async def test_texts_are_made_fit_and_broken_rows_are_counted(logs: RequestLogs) -> None:
    rows = [
        row(1, error="upstream", error_text="a secret\x00"),
        {"request_id": "x"},
        row(2, no_such_column=1),
    ]
    done = await carrier(logs).carry_log_rows(rows, dry_run=False)
    assert done.text == "1 rows made, 2 rows not readable"
    stored = await logs.find("old-1")
    assert stored is not None
    assert stored.row.error_text == "a ***\N{REPLACEMENT CHARACTER}"
    done = await carrier(logs).carry_log_rows([{"request_id": "x"}], dry_run=False)
    assert done.result is Result.REFUSED


async def test_no_rows_are_no_failure(logs: RequestLogs) -> None:
    done = await carrier(logs).carry_log_rows([], dry_run=False)
    assert (done.result, done.text) == (Result.HERE, "no rows")
