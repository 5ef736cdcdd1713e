import json
from typing import Any

import pytest

from isthmus.core.errors import UpstreamProtocolError
from isthmus.core.survey import Quota
from isthmus.providers.claude_web.quotas import read_usage, read_windows, resets_ms, spent_until_s

AT = "2026-05-04T10:00:00Z"
AT_MS = 1_777_888_800_000
USAGE = {
    "five_hour": {"utilization": 31.5, "resets_at": AT},
    "seven_day": {"utilization": 80, "resets_at": AT},
    "seven_day_opus": None,
    "limits": [
        {
            "kind": "weekly_scoped",
            "percent": 99,
            "resets_at": AT,
            "scope": {"model": {"display_name": "Opus"}},
        },
        {"kind": "weekly_scoped", "percent": "?"},
    ],
    "extra_usage": None,
}


def usage(value: Any) -> tuple[Quota, ...]:
    return read_usage(json.dumps(value).encode())


def test_the_page_of_usage() -> None:
    assert usage(USAGE) == (
        Quota("5 hours", 31.5, 100, "%", AT_MS, counts=False),
        Quota("7 days", 80, 100, "%", AT_MS, counts=True),
        Quota("7 days, Opus", 99, 100, "%", AT_MS, counts=False),
    )
    assert resets_ms(usage(USAGE)) == AT_MS
    assert spent_until_s(usage(USAGE)) is None
    assert usage({}) == ()


def test_a_window_that_is_used_up() -> None:
    spent = USAGE | {"seven_day": {"utilization": 100, "resets_at": AT}}
    assert spent_until_s(usage(spent)) == AT_MS / 1000


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>"])
def test_no_usage(body: bytes) -> None:
    with pytest.raises(UpstreamProtocolError, match="usage"):
        read_usage(body)


def test_the_limit_behind_an_answer_has_the_same_names() -> None:
    limit = {
        "windows": {
            "5h": {"status": "within_limit", "resets_at": AT_MS // 1000, "utilization": 0.31},
            "7d": {"status": "exceeded_limit", "resets_at": AT_MS // 1000, "utilization": 1.39},
            "7d_opus": {"utilization": 0.5, "resets_at": None},
            "overage": {"utilization": "none"},
        }
    }
    assert read_windows(limit) == (
        Quota("5 hours", 31, 100, "%", AT_MS, counts=False),
        Quota("7 days", 139, 100, "%", AT_MS, counts=True),
        Quota("7 days, Opus", 50, 100, "%", None, counts=False),
    )


@pytest.mark.parametrize(
    "limit", [{}, {"windows": None}, {"windows": {"5h": 3}}, {"resolved": {"limit": {"percent": 3}}}]
)
def test_other_forms_tell_nothing(limit: dict[str, Any]) -> None:
    assert read_windows(limit) == ()
