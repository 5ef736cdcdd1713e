"""Rows are shown whole, and in no form that hurts whoever opens it."""

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.admin.log_views import COLUMNS, LogView, csv_head, csv_lines, events
from isthmus.observability.live_tail import Missed
from isthmus.observability.log_row import LogRow
from log_rows import log_row

NOT_SHOWN = {"cost_nano_usd", "micro_credits", "started_ms"}


def test_everything_known_of_a_request_is_shown() -> None:
    assert set(LogRow._fields) - NOT_SHOWN == set(COLUMNS) - {
        "cost_usd",
        "credits",
        "started_at",
        "succeeded",
    }
    row = log_row(
        1,
        cost_nano_usd=1_500_000_000,
        micro_credits=31_200,
        losses='["a", "b"]',
        error="upstream",
        key_id="key_1",
    )
    shown = json.loads(LogView.of(row).model_dump_json())
    assert (shown["cost_usd"], shown["credits"]) == (1.5, 0.0312)
    assert (shown["losses"], shown["succeeded"]) == (["a", "b"], False)
    assert (shown["started_at"], shown["key_id"]) == ("2026-09-21T14:13:21.000Z", "key_1")


def test_events_can_be_resumed() -> None:
    said = events([log_row(1), Missed(3), Missed(None)])
    request, three, some, end = said.split("\n\n")
    assert request.splitlines()[:2] == ["event: request", "id: req_1"]
    assert json.loads(request.splitlines()[2].removeprefix("data: "))["request_id"] == "req_1"
    assert (three, some, end) == (
        'event: missed\ndata: {"rows": 3}',
        'event: missed\ndata: {"rows": null}',
        "",
    )


def test_nothing_new_is_a_comment() -> None:
    assert events([]).startswith(":")
    assert events([]).endswith("\n\n")


@given(st.text(st.characters(codec="utf-8")))
def test_a_text_makes_no_event_of_its_own(text: str) -> None:
    said = events([log_row(1, error_text=text, request_id=text)])
    assert len(said.split("\n\n")) == 2
    lines = re.split("\r\n|\r|\n", said)
    assert [line.partition(":")[0] for line in lines if line] == ["event", "id", "data"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(start: str) -> None:
    row = log_row(1, model_asked=f"{start}SUM(A1)", error_text=f'{start}cmd|"x"', losses=f'["{start}1"]')
    row = row._replace(losses=json.dumps([f"{start}1"]))
    [cells] = csv.reader(io.StringIO(csv_lines([row]), newline=""))
    shown = dict(zip(COLUMNS, cells, strict=True))
    for name in ("model_asked", "error_text", "losses"):
        assert shown[name].startswith(f"'{start}")


def test_csv_has_a_head_and_plain_numbers() -> None:
    [head] = csv.reader(io.StringIO(csv_head()))
    [cells] = csv.reader(io.StringIO(csv_lines([log_row(1, cost_nano_usd=None)])))
    shown = dict(zip(head, cells, strict=True))
    assert (shown["status"], shown["cost_usd"], shown["duration_ms"]) == ("200", "", "1200")
