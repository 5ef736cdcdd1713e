"""What a login is, and whether it was in use."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from isthmus.migrate.claude_api_accounts import add_accounts
from isthmus.migrate.claude_api_files import Stock
from isthmus.migrate.gathered import Gathered
from isthmus.migrate.haul import Haul, NewAccount

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
DAY_MS = 86_400_000
TOKEN = "aorAAAAAmade-up-refresh-1"


def added(**columns: Any) -> Haul:
    haul = Haul("claude-api")
    stock = Stock("export", [{"refreshToken": TOKEN, **columns}])
    add_accounts(haul, Gathered(haul, "amazon-q"), stock, NOW_MS)
    return haul


def only(**columns: Any) -> NewAccount:
    (account,) = added(**columns).accounts
    return account


@pytest.mark.parametrize(
    ("columns", "kind", "members"),
    [
        ({}, "social", {"refresh_token"}),
        ({"clientId": "social-made-up", "clientSecret": "social-token"}, "social", {"refresh_token"}),
        ({"clientId": "a", "clientSecret": "b", "auth_method": "Social"}, "social", {"refresh_token"}),
        (
            {"clientId": "a", "clientSecret": "b"},
            "builder_id",
            {"refresh_token", "client_id", "client_secret"},
        ),
        (
            {"client_id": "a", "client_secret": "b"},
            "builder_id",
            {"refresh_token", "client_id", "client_secret"},
        ),
        (
            {"clientId": "a", "clientSecret": "b", "auth_method": "IdC"},
            "builder_id",
            {"refresh_token", "client_id", "client_secret"},
        ),
    ],
)
def test_kinds(columns: dict[str, str], kind: str, members: set[str]) -> None:
    account = only(**columns, accessToken="made-up-access")
    assert (account.kind, {*account.credential}) == (kind, members)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({}, None),
        ({"enabled": 1, "status": "normal"}, None),
        ({"enabled": 0}, "switched off in claude-api"),
        ({"enabled": False, "status": "exhausted"}, "switched off in claude-api"),
        ({"status": "disabled", "status_reason": "old\none"}, "switched off in claude-api: old one"),
        ({"status": "suspended", "status_reason": "odd"}, "suspended, as claude-api saw it: odd"),
        ({"status": "expired"}, "its login has expired: sign in again"),
        ({"status": "exhausted"}, None),
    ],
)
def test_why_an_account_is_off(columns: dict[str, Any], reason: str | None) -> None:
    account = only(**columns)
    assert (account.off_reason, account.enabled) == (reason, reason is None)


@pytest.mark.parametrize(
    ("since_days", "rests_for_days"), [(0, 30), (10, 20), (30, None), (400, None), (None, 30)]
)
def test_a_used_up_quota_rests_as_long_as_there(since_days: int | None, rests_for_days: int | None) -> None:
    at = None if since_days is None else (NOW - timedelta(days=since_days)).isoformat()
    account = only(status="exhausted", exhausted_at=at)
    expected = None if rests_for_days is None else NOW_MS + rests_for_days * DAY_MS
    assert account.cooled_until_ms == expected
    assert bool(account.cooled_reason) == (expected is not None)


def test_what_is_known_beside() -> None:
    account = only(
        email="one@example.com",
        label="team",
        region="eu-west-1",
        q_user_id="q",
        subscription_type="PRO",
        usage_current=1.5,
        usage_limit=50,
        quota_refreshed_at="2026-11-20T08:00:00+08:00",
        token_expiry=1798761600,
        success_count=4,
        error_count=-1,
    )
    assert account.label == "one@example.com"
    assert (account.successes, account.failures) == (4, 0)
    assert account.details == {
        "auth_region": "eu-west-1",
        "email": "one@example.com",
        "name": "team",
        "q_user_id": "q",
        "subscription": "PRO",
        "usage": 1.5,
        "usage_limit": 50,
        "usage_seen_at": "2026-11-20T00:00:00Z",
        "trial_ends_at": "2027-01-01T00:00:00Z",
    }


@pytest.mark.parametrize(
    "columns",
    [
        {"refreshToken": ""},
        {"refreshToken": "aor...xyz"},
        {"clientId": "a"},
        {"clientId": "a", "clientSecret": "****"},
    ],
)
def test_a_login_that_cannot_be_refreshed_is_left_out(columns: dict[str, str]) -> None:
    haul = added(**columns)
    assert (haul.accounts, len(haul.report.left_out)) == ([], 1)


def test_what_is_never_carried_is_counted_once() -> None:
    haul = Haul("claude-api")
    rows = [{"refreshToken": f"{TOKEN}{n}", "password": "made-up-word", "machineId": "m"} for n in range(3)]
    add_accounts(haul, Gathered(haul, "amazon-q"), Stock("export", rows), NOW_MS)
    texts = {line.what: line.text for line in haul.report.left_out}
    assert texts.keys() == {"accounts[].machine_id", "accounts[].password"}
    assert all(text.startswith("of 3 accounts") for text in texts.values())
