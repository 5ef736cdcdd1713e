"""How long a token is good, and what is told of it when there is no other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.control.access import EARLY_S, LEAST_APART_S, AccessNow, Trouble, seconds_of, shown
from isthmus.core.errors import Kind, Next, Scope
from isthmus.core.secret import Secret
from isthmus.routing.cooldown import CoolingReason, judge
from isthmus.storage.accounts import Account

NOW = 1_790_000_000.0
TOKEN = Secret("a-1")


def account(expires_in_s: float | None = None, **credential: str) -> Account:
    members = {name: Secret(value) for name, value in (credential or {"access_token": "a-1"}).items()}
    at = None if expires_in_s is None else datetime.fromtimestamp(NOW + expires_in_s, UTC).isoformat()
    return Account("acc_1", "q", "builder_id", "q", members, 1, 1, details={"expires_at": at})


@pytest.mark.parametrize(
    ("expires_in_s", "good", "valid"),
    [(3600, True, True), (61, True, True), (60, False, True), (1, False, True), (0, False, False)],
)
def test_a_token_is_given_out_while_it_has_a_minute_to_go(
    expires_in_s: float, good: bool, valid: bool
) -> None:
    access = AccessNow.of(account(expires_in_s))
    assert (access.is_good(NOW), access.is_valid(NOW)) == (good, valid)


def test_one_whose_end_nobody_knows_is_used_until_it_is_refused() -> None:
    access = AccessNow.of(account())
    assert access.is_good(NOW * 2)
    assert access.due_s is None
    assert not access.is_good(NOW, TOKEN)
    assert access.is_good(NOW, Secret("another"))


def test_without_a_token_nothing_is_good() -> None:
    access = AccessNow.of(account(3600, refresh_token="r"))
    assert (access.is_good(NOW), access.is_valid(NOW), access.due_s) == (False, False, None)


def test_a_key_is_as_good_as_a_token() -> None:
    assert AccessNow.of(account(api_key="ksk_1")).token == Secret("ksk_1")


@given(st.floats(0, 90_000), st.floats(0, 1))
def test_a_token_is_renewed_before_requests_must_wait_for_it(life_s: float, drawn: float) -> None:
    def draw(low: float, high: float) -> float:
        return low + (high - low) * drawn

    access = AccessNow.of(account(life_s), got_s=NOW, draw=draw)
    assert access.due_s is not None
    assert access.due_s >= NOW + LEAST_APART_S, "however short it lives"
    if life_s > 20:
        assert access.is_good(access.due_s), "nobody has noticed yet"
    if life_s > 3000:
        early_s = NOW + life_s - access.due_s
        assert EARLY_S[0] - 1 <= early_s <= EARLY_S[1] + 1


def test_one_that_was_found_is_renewed_five_to_ten_minutes_early() -> None:
    ends_s = NOW + 3600
    for draw, early_s in ((min, 300.0), (max, 600.0)):
        assert AccessNow.of(account(3600), draw=draw).due_s == ends_s - early_s


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-21T10:00:00Z",
        "2026-11-21T10:00:00+00:00",
        "2026-11-21T12:00:00.000+02:00",
        "2026-11-21T10:00:00",
    ],
)
def test_every_way_to_write_a_moment(written: str) -> None:
    assert seconds_of(written) == datetime(2026, 11, 21, 10, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("unreadable", [None, 5, "", "soon", ["2026-11-21T10:00:00Z"]])
def test_a_moment_that_is_none(unreadable: Any) -> None:
    assert seconds_of(unreadable) is None


def test_a_lost_account_is_switched_off_with_the_reason() -> None:
    error = Trouble("Invalid refresh token provided", lost=True).error(NOW)
    assert (error.status, error.next, error.scope) == (401, Next.OTHER_ACCOUNT, Scope.CREDENTIAL)
    verdict = judge(error)
    assert verdict is not None
    assert (verdict.reason, verdict.text) == (
        CoolingReason.CREDENTIAL,
        "needs sign-in: Invalid refresh token provided",
    )
    assert "Invalid refresh" not in error.message, "clients are told nothing of accounts"


@pytest.mark.parametrize(
    ("trouble", "holds"),
    [
        (lambda: Trouble("x", NOW + 5), True),
        (lambda: Trouble("x", NOW), False),
        (lambda: Trouble("x", lost=True), True),
    ],
)
def test_nothing_is_tried_while_a_trouble_holds(trouble: Callable[[], Trouble], holds: bool) -> None:
    assert trouble().holds(NOW) is holds


def test_a_passing_trouble_rests_the_account_as_long_as_it_lasts() -> None:
    error = Trouble("503", NOW + 20).error(NOW)
    assert (error.kind, error.next, error.retry_after_s) == (Kind.OVERLOADED, Next.OTHER_ACCOUNT, 20)
    verdict = judge(error)
    assert verdict is not None
    assert (verdict.reason, verdict.wait_s) == (CoolingReason.SICK, 20)


def test_a_wrong_setting_is_named() -> None:
    error = Trouble("no such region", NOW + 5, at_fault=True).error(NOW)
    assert (error.scope, error.detail) == (Scope.CREDENTIAL, "cannot renew its access: no such region")


@pytest.mark.parametrize(
    ("members", "token"),
    [
        (["access_token", "refresh_token"], "access_token"),
        (["api_key"], "api_key"),
        (["session_key"], "session_key"),
        (["refresh_token"], ""),
        ([], ""),
    ],
)
def test_what_an_upstream_is_shown(members: list[str], token: str) -> None:
    assert shown({name: Secret(name) for name in members}) == Secret(token)
