"""Rows of the other program's log are rows of ours, or are seen to be none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.migrate.claude_api_logs import OurRows, named
from isthmus.observability.log_row import LogRow

ROW = {
    "id": "0b8a4f6e-0000-4000-8000-000000000001",
    "timestamp": "2026-11-20T15:04:05+08:00",
    "client_ip": "10.0.0.1",
    "path": "/v1/messages",
    "model": "a",
    "status_code": 200,
    "is_success": 1,
    "is_stream": 1,
    "input_tokens": 10,
    "output_tokens": 2,
    "duration_ms": 7,
}


def ours(**columns: Any) -> LogRow:
    (row,) = OurRows([{**ROW, **columns}], "amazon-q")
    return LogRow(**row)


def test_a_row() -> None:
    row = ours()
    assert row.request_id == ROW["id"]
    assert row.started_ms == 1_795_158_245_000
    assert (row.client, row.provider, row.streamed, row.duration_ms) == ("10.0.0.1", "amazon-q", True, 7)
    assert (row.input_tokens, row.output_tokens) == (10, 2)
    assert (row.input_estimated, row.output_estimated, row.cost_nano_usd) == (True, True, None)


@pytest.mark.parametrize(
    ("columns", "asked", "used"),
    [
        ({"original_model": None}, "a", "a"),
        ({"original_model": "b"}, "b", "a"),
        ({"model": None}, None, None),
    ],
)
def test_models(columns: dict[str, Any], asked: str | None, used: str | None) -> None:
    row = ours(**columns)
    assert (row.model_asked, row.model_used) == (asked, used)


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ({}, None),
        ({"is_success": 0, "status_code": 429}, "rate_limit"),
        ({"is_success": 0, "status_code": 503}, "upstream"),
        ({"is_success": 0, "status_code": 418}, "invalid_request"),
        ({"is_success": 0, "status_code": None}, "upstream"),
        ({"is_success": None, "status_code": 401}, "authentication"),
        ({"is_success": None, "status_code": 200}, None),
        ({"is_success": 1, "error_message": "retried"}, None),
    ],
)
def test_errors(columns: dict[str, Any], error: str | None) -> None:
    row = ours(**columns)
    assert (row.error, row.succeeded) == (error, error is None)
    assert row.error_text is None or error


@pytest.mark.parametrize(
    ("columns", "endpoint", "dialect"),
    [
        ({}, "messages", "anthropic"),
        ({"path": "/v1/chat/completions"}, "chat/completions", "openai_chat"),
        ({"path": None, "endpoint_type": "anthropic"}, "messages", "anthropic"),
        ({"path": None, "endpoint_type": "OpenAI"}, "chat/completions", "openai_chat"),
        ({"path": "/v2/x"}, "unknown", "openai_chat"),
    ],
)
def test_endpoints(columns: dict[str, Any], endpoint: str, dialect: str) -> None:
    row = ours(**columns)
    assert (row.endpoint, row.dialect) == (endpoint, dialect)


anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(st.dictionaries(st.sampled_from([*ROW, "error_message", "user_id", "account_id"]), anything))
def test_any_row_is_read(columns: dict[str, Any]) -> None:
    (row,) = OurRows([columns], "amazon-q")
    assert {*row} <= {*LogRow._fields}
    assert len(str(row["client"])) <= 64
    assert 0 <= row["duration_ms"] < 2**31
    assert 0 <= row["status"] <= 999


def test_rows_can_be_gone_through_again() -> None:
    rows = OurRows([ROW], "amazon-q")
    assert list(rows) == list(rows)


def test_names_of_users() -> None:
    rows = [{"id": 1, "name": "", "email": "x@y"}, {"id": "2", "name": "Ann"}, {"id": "3"}, {"name": "no id"}]
    assert named(rows, "name", "email") == {"1": "x@y", "2": "Ann"}
