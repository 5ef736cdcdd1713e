"""Keys of users go on working, within the limits that they had."""

from datetime import UTC, datetime
from typing import Any

import pytest

from isthmus.migrate.claude_api_files import Stock
from isthmus.migrate.claude_api_users import add_own_key, add_users
from isthmus.migrate.haul import Haul, NewKey, UsedOnDay

NOW_MS = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp() * 1000)
KEY = "sk-made-up-user-key-1"


def added(usage: Any = (), **columns: Any) -> Haul:
    haul = Haul("claude-api")
    row = {"id": "u1", "name": "Ann", "api_key": KEY, **columns}
    add_users(haul, Stock("backup", users=[row], usage=list(usage)), NOW_MS)
    return haul


def only(**columns: Any) -> NewKey:
    (key,) = added(**columns).keys
    return key


def test_limits_and_notes() -> None:
    key = only(
        daily_quota=1, monthly_quota=2, request_quota=3, rate_limit_rpm=4, notes="a\nb", email="x@y", is_vip=1
    )
    assert (key.tokens_per_day, key.tokens_per_month, key.requests_per_day, key.requests_per_minute) == (
        1,
        2,
        3,
        4,
    )
    assert key.note == "a b; x@y; VIP in claude-api"
    assert key.secret is not None
    assert key.secret.matches(KEY)


def test_zero_and_nothing_are_no_limit() -> None:
    key = only(daily_quota=0, monthly_quota=None, request_quota=-1, rate_limit_rpm=0)
    assert (key.tokens_per_day, key.tokens_per_month, key.requests_per_day, key.requests_per_minute) == (
        None,
    ) * 4
    assert (key.enabled, key.expires_ms, key.note) == (True, None, None)


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({}, "Ann"),
        ({"name": "", "email": "x@y"}, "x@y"),
        ({"name": None}, "claude-api-1"),
        ({"name": "a\x00\nb"}, "a b"),
    ],
)
def test_names(columns: dict[str, Any], name: str) -> None:
    assert only(**columns).name == name


@pytest.mark.parametrize(("seconds", "expires_ms"), [(None, None), (1798761600, 1798761600000)])
def test_a_key_ends_when_it_was_meant_to(seconds: int | None, expires_ms: int | None) -> None:
    key = only(expires_at=seconds)
    assert (key.enabled, key.expires_ms) == (True, expires_ms)


@pytest.mark.parametrize("seconds", [0, -5, 10**15, 1795000000])
def test_a_key_that_has_ended_stays_off(seconds: int) -> None:
    haul = added(expires_at=seconds)
    (key,) = haul.keys
    assert (key.enabled, key.expires_ms, key.note) == (False, None, "expired in claude-api")
    assert [line.what for line in haul.report.changed] == ["users[0].expires_at"]


@pytest.mark.parametrize("enabled", [0, False, "false"])
def test_a_user_who_was_off_stays_off(enabled: object) -> None:
    assert only(enabled=enabled).enabled is False


def test_the_use_of_this_month_counts() -> None:
    days = ["2026-11-01", "2026-11-21", "2026-10-31", "soon", None]
    usage = [
        {"user_id": "u1", "date": day, "input_tokens": 5, "output_tokens": 6, "request_count": 7}
        for day in days
    ]
    haul = added([*usage, {"user_id": "u2", "date": "2026-11-01"}])
    assert haul.keys[0].used == (UsedOnDay("2026-11-01", 7, 5, 6), UsedOnDay("2026-11-21", 7, 5, 6))


@pytest.mark.parametrize("key", [None, "", "sk-made...", "your-api-key"])
def test_what_is_no_key_is_left_out(key: str | None) -> None:
    haul = added(api_key=key)
    assert haul.keys == []
    assert haul.report.left_out[0].what.startswith("users[0]")


@pytest.mark.parametrize(
    ("kind", "users", "written", "keys"),
    [
        ("database", [], "made-up-local-key", ["made-up-local-key"]),
        ("database", [], "", [None]),
        ("backup", [], None, [None]),
        ("export", [], None, []),
        ("database", [{"id": "u1"}], "", []),
        ("database", [], "****", []),
    ],
)
def test_the_key_of_the_program(
    kind: str, users: list[Any], written: str | None, keys: list[str | None]
) -> None:
    haul = Haul("claude-api")
    add_own_key(haul, Stock(kind, users=users), written)
    assert [key.secret and key.secret.reveal() for key in haul.keys] == keys
