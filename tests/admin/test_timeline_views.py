"""One request is shown with all that its row has, and with the course it took."""

from __future__ import annotations

import json

from isthmus.admin.log_views import LogView
from isthmus.admin.timeline_views import LogDetail
from log_rows import log_row

ATTEMPTS = [
    "acc_0 rate_limit (429) after 50 ms, begun at 100 ms, then waited 150 ms",
    "acc_1 answered after 900 ms, begun at 300 ms",
]


def test_a_request_has_its_row_and_its_time_line() -> None:
    row = log_row(
        1,
        account_id="acc_1",
        attempts=2,
        attempt_list=json.dumps(ATTEMPTS),
        queued_ms=20,
        first_attempt_ms=100,
        first_token_ms=500,
    )
    shown = json.loads(LogDetail.of(row).model_dump_json())
    course = shown.pop("timeline")
    assert shown == json.loads(LogView.of(row).model_dump_json())
    assert (course["first_token_ms"], course["duration_ms"], course["starts_known"]) == (500, 1200, True)
    told = [(each["kind"], each["start_ms"], each["length_ms"], each["outcome"]) for each in course["spans"]]
    assert told == [
        ("gateway", 0, 80, None),
        ("queue", 80, 20, None),
        ("attempt", 100, 50, "rate_limit"),
        ("queue", 150, 150, None),
        ("attempt", 300, 900, "answered"),
    ]
    assert (course["spans"][2]["account_id"], course["spans"][2]["status"]) == ("acc_0", 429)
