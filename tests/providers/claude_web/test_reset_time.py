from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.providers.claude_web.reset_time import LONGEST_S, find_reset, moment_of

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC).timestamp()
AT = NOW + 3600


def found(
    headers: dict[str, str] | None = None,
    body: dict[str, Any] | None = None,
    limit: dict[str, Any] | None = None,
    message: str = "",
    zone: str = "Etc/UTC",
) -> tuple[float, str] | None:
    reset = find_reset(headers or {}, body or {}, limit, message, NOW, zone)
    return None if reset is None else (reset.at_s, reset.source)


def windows(*rows: tuple[str, float]) -> dict[str, Any]:
    return {"windows": {str(at): {"status": row[0], "resets_at": row[1]} for at, row in enumerate(rows)}}


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ({"limit": {"resetsAt": AT}}, "limit object"),
        ({"limit": {"resetsAt": AT * 1000}}, "limit object"),
        (
            {"limit": {"resetsAt": None, **windows(("exceeded_limit", AT - 60), ("exceeded_limit", AT))}},
            "limit object, windows",
        ),
        (
            {"limit": windows(("exceeded_limit", AT), ("within_limit", AT + 60))},
            "limit object, windows",
        ),
        *[
            ({"body": body}, f"body, {name}")
            for name in ("resets_at", "resetsAt", "reset_at", "resetAt")
            for value in (AT, AT * 1000, str(AT), "2026-05-04T11:00:00Z", "2026-05-04T13:00:00+02:00")
            for body in ({name: value}, {"error": {name: value}})
        ],
        ({"headers": {"anthropic-ratelimit-unified-reset": str(int(AT))}}, "header anthropic-ratelimit-unified-reset"),
        ({"headers": {"retry-after": "3600"}}, "header retry-after"),
        ({"headers": {"retry-after": format_datetime(datetime.fromtimestamp(AT, UTC), usegmt=True)}}, "header retry-after"),
        *[
            ({"headers": {"x-ratelimit-reset": value}}, "header x-ratelimit-reset")
            for value in (str(int(AT)), str(int(AT * 1000)), "3600", "2026-05-04T11:00:00Z")
        ],
        *[({"body": body}, "body, retry_after") for body in ({"retry_after": 3600}, {"error": {"retry_after": "3600"}})],
        ({"message": "Please try again in 60 minutes."}, "message"),
        ({"message": "You are out of messages until 11:00 AM."}, "message, clock"),
        ({"message": "Out of messages until 11 am"}, "message, clock"),
        ({"message": "Limit reached, come back at 11:00"}, "message, clock"),
        ({"message": "Out of messages until 1:00 PM", "zone": "Europe/Berlin"}, "message, clock"),
        ({"message": "Out of messages until 11:00 AM", "zone": "Nowhere/At all"}, "message, clock"),
    ],
)  # fmt: skip
def test_every_place(given: dict[str, Any], source: str) -> None:
    assert found(**given) == (AT, source)


def test_the_order() -> None:
    everywhere: dict[str, Any] = {
        "limit": {"resetsAt": NOW + 1, **windows(("exceeded_limit", NOW + 2))},
        "body": {"resets_at": NOW + 3, "retry_after": 7},
        "headers": {
            "anthropic-ratelimit-unified-reset": str(NOW + 4),
            "retry-after": "5",
            "x-ratelimit-reset": "6",
        },
        "message": "try again in 8 s",
    }
    for at in range(1, 9):
        assert (reset := found(**everywhere)) is not None
        assert reset[0] == NOW + at
        match at:
            case 1:
                everywhere["limit"]["resetsAt"] = None
            case 2:
                everywhere["limit"] = None
            case 3:
                del everywhere["body"]["resets_at"]
            case 4 | 5 | 6:
                del everywhere["headers"][next(iter(everywhere["headers"]))]
            case _:
                everywhere["body"] = {}


@pytest.mark.parametrize("at_s", [NOW, NOW - 1, 0, NOW + LONGEST_S + 1, float("inf"), float("nan")])
def test_a_time_that_is_not_usable_is_passed_over(at_s: float) -> None:
    assert found(limit={"resetsAt": at_s}) is None
    assert found(limit={"resetsAt": at_s}, headers={"retry-after": "60"}) == (NOW + 60, "header retry-after")


def test_a_clock_that_has_passed_today_is_tomorrows() -> None:
    assert found(message="until 9:30 AM") == (NOW + 23.5 * 3600, "message, clock")
    assert found(message="until 12:00 AM") == (NOW + 14 * 3600, "message, clock")


@pytest.mark.parametrize("value", [True, None, [], {}, "", "soon", "nan", 10**400])
def test_no_moment(value: object) -> None:
    assert moment_of(value) is None


nonsense = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    st.dictionaries(st.sampled_from(["resets_at", "retry_after", "error"]), nonsense),
    st.dictionaries(st.sampled_from(["resetsAt", "windows"]), nonsense),
    st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-reset"]), st.text()),
    st.text(),
)
def test_whatever_is_said_a_time_is_usable(
    body: dict[str, Any], limit: dict[str, Any], headers: dict[str, str], message: str
) -> None:
    reset = find_reset(headers, body, limit, message, NOW)
    assert reset is None or NOW < reset.at_s <= NOW + LONGEST_S
