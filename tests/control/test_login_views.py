from __future__ import annotations

from dataclasses import replace

import pytest

from isthmus.control.login_views import Approval, LoginState, LoginView, Onward, state_of
from isthmus.core.logins import SignedIn
from isthmus.core.secret import Secret
from isthmus.core.survey import Survey
from isthmus.storage.logins import StoredLogin

NOW = 1_790_000_000_000
ONWARD = Onward({"device_code": Secret("hunter2")}, 5.0, "mine", Secret("http://user:hunter3@px:1"))
LOGIN = StoredLogin(
    id="log_1",
    provider="amazon-q",
    method="idc",
    state="waiting",
    secrets=ONWARD.stored(),
    url="https://x/?code=ABCD",
    plain_url="https://x/",
    code="ABCD",
    created_ms=NOW,
    expires_ms=NOW + 600_000,
    next_poll_ms=NOW + 5_000,
)
APPROVAL = Approval(
    SignedIn("idc", {"access_token": Secret("hunter4")}, {"expires_at": None}),
    Survey(plan="PRO", owner="anna@example.com", profiles=({"id": "a", "name": "A"},)),
)


def test_how_to_go_on_is_stored_whole() -> None:
    assert Onward.of(LOGIN) == ONWARD
    assert Onward.of(replace(LOGIN, secrets={})) == Onward({}, 0.0)
    assert ONWARD.asking == {"device_code": Secret("hunter2"), "interval_s": Secret("5.0")}


def test_what_came_of_it_is_stored_as_far_as_it_is_needed() -> None:
    assert Approval.of(replace(LOGIN, result=APPROVAL.stored())) == APPROVAL
    unread = Approval(APPROVAL.account)
    assert Approval.of(replace(LOGIN, result=unread.stored())) == unread
    assert (unread.owner, list(unread.profiles)) == (None, [])
    assert Approval.of(LOGIN) is None


def test_a_view_shows_everything_but_secrets() -> None:
    view = LoginView.of(replace(LOGIN, state="approved", result=APPROVAL.stored()), NOW)
    assert (view.state, view.owner, view.plan, view.label) == ("approved", "anna@example.com", "PRO", "mine")
    assert [each["id"] for each in view.profiles] == ["a"]
    assert "hunter" not in f"{view} {LOGIN} {APPROVAL} {ONWARD}"


@pytest.mark.parametrize(
    ("state", "after_ms", "shown"),
    [
        ("waiting", 599_999, LoginState.WAITING),
        ("waiting", 600_000, LoginState.EXPIRED),
        ("approved", 600_000, LoginState.EXPIRED),
        ("denied", 600_000, LoginState.DENIED),
        ("finished", 600_000, LoginState.FINISHED),
    ],
)
def test_time_ends_what_nobody_goes_on_with(state: str, after_ms: int, shown: LoginState) -> None:
    assert state_of(replace(LOGIN, state=state), NOW + after_ms) is shown
