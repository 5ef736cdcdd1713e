"""Whatever others wrote, the row can be kept by every database and shows no secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.secret import Secret
from isthmus.observability.log_row import LARGEST_COUNT, LONGEST, Fitting, LogRow, fit
from isthmus.observability.redaction import Redaction

SECRET = "sk-canary-0123456789"
fitting = Fitting(Redaction([Secret(SECRET), Secret("plain words of a key")]).text)


def row(**values: object) -> LogRow:
    known = {
        "request_id": "req_1",
        "started_ms": 1,
        "endpoint": "messages",
        "dialect": "anthropic",
        "status": 200,
        "duration_ms": 5,
        "client": "127.0.0.1",
    }
    return LogRow(**(known | values))  # type: ignore[arg-type]


def test_an_ordinary_row_is_not_touched() -> None:
    ordinary = row(model_asked="claude", model_used="claude", input_tokens=7, notes='["a"]', error_text="no")
    assert fitting(ordinary) == ordinary
    bare = row(model_asked="claude")
    assert fitting(bare) is bare


@pytest.mark.parametrize("column", [*LONGEST, "model_asked", "model_used"])
def test_secrets_are_masked(column: str) -> None:
    shown = getattr(fitting(row(**{column: f"said {SECRET} and plain words of a key"})), column)
    assert shown == "said *** and ***"


def test_a_secret_on_the_edge_of_its_column_is_masked_whole() -> None:
    text = "x" * (LONGEST["error_text"] - 8) + " " + SECRET
    shown = fitting(row(error_text=text)).error_text
    assert shown is not None
    assert "canary" not in shown
    assert "sk-" not in shown


@given(st.text(), st.integers(1, 50))
def test_any_text_fits_and_can_be_kept(text: str, longest: int) -> None:
    shown = fit(text, longest, str)
    assert len(shown) <= longest
    assert "\0" not in shown
    shown.encode()


@given(st.none() | st.integers())
def test_counts_stay_within_what_sums_can_hold(count: int | None) -> None:
    kept = fitting(row(output_tokens=count)).output_tokens
    assert kept is None if count is None else kept is not None
    assert 0 <= (kept or 0) <= LARGEST_COUNT


def test_addresses_and_ids_of_others_are_cut() -> None:
    kept = fitting(row(client="1" * 100, upstream_request_id="r\0" * 300))
    assert len(kept.client) == 64
    assert kept.upstream_request_id is not None
    assert len(kept.upstream_request_id) == 200
    assert "\0" not in kept.upstream_request_id


@pytest.mark.parametrize(
    ("values", "succeeded"),
    [
        ({}, True),
        ({"status": 304}, True),
        ({"status": 400}, False),
        ({"error": "upstream"}, False),
        ({"client_left": True}, False),
    ],
)
def test_success_is_an_answer_to_its_end(values: dict[str, object], succeeded: bool) -> None:
    assert row(**values).succeeded is succeeded
