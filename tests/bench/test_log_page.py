"""The benchmark of the log finds in it what it is meant to find."""

from pathlib import Path

import pytest

from bench.log_page import DEEP, FILTERS, made, measure
from isthmus.storage.database import Database
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums


async def test_every_filter_finds_rows_first_and_deep(sqlite: Database) -> None:
    logs = RequestLogs(sqlite, RequestSums(sqlite))
    # One rare row in so few would be one too many: take them from around a place where there is one.
    rows = [row for number, row in enumerate(made(100_000)) if number % 40 == 0 or 49_990 < number < 50_010]
    await logs.save(rows)
    for name, wanted in FILTERS.items():
        if name != "text in none":
            assert (await logs.page(wanted, 5)).rows, name
    assert (await logs.page(FILTERS["all"], 5, DEEP)).rows


async def test_it_prints_what_it_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await measure(tmp_path / "log.db", 1500)
    said = capsys.readouterr().out
    assert all(f"| {name} |" in said for name in FILTERS)
    assert "| by day and model |" in said
