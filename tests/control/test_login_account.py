from __future__ import annotations

from dataclasses import replace

import pytest

from isthmus.control.failures import Conflict, Invalid
from isthmus.control.login_account import account_of, profile_of, signed_in_again
from isthmus.control.login_input import FinishInput
from isthmus.control.login_views import Approval, Onward
from isthmus.core.logins import SignedIn
from isthmus.core.secret import Secret
from isthmus.core.survey import Survey
from isthmus.storage.accounts import Account
from isthmus.storage.logins import StoredLogin

NOW = 1_790_000_000_000
SIGNED = SignedIn(
    "idc", {"access_token": Secret("a"), "refresh_token": Secret("r")}, {"expires_at": None, "x": 1}
)
BEFORE = Account("acc_1", "amazon-q", "idc", "team", {"refresh_token": Secret("old")}, 1, 1)


def login(label: str | None = None) -> StoredLogin:
    secrets = Onward({}, 1.0, label).stored()
    return StoredLogin("log_1", "amazon-q", "idc", "approved", secrets, "u", "u", "c", NOW, NOW, NOW)


def approval(*ids: str, owner: str | None = None, named: str | None = None) -> Approval:
    signed = SIGNED if named is None else replace(SIGNED, details={"profile_arn": named})
    return Approval(signed, Survey(owner=owner, profiles=tuple({"id": id, "name": ""} for id in ids)))


def written(**fields: object) -> FinishInput:
    return FinishInput.model_validate(fields)


def held(profile: str) -> Account:
    return replace(BEFORE, details={"profile_arn": profile})


@pytest.mark.parametrize(
    ("found", "wish", "before", "profile"),
    [
        (approval(), None, None, None),
        (approval("a"), None, None, "a"),
        (approval("a", "b"), "b", None, "b"),
        (approval(), "b", None, "b"),
        (approval("a", "b", named="a"), None, None, "a"),
        (approval("a", "b", named="a"), "b", None, "b"),
        (approval("a", "b"), None, held("b"), "b"),
        (approval(), None, held("b"), "b"),
        (approval("a"), None, held("gone"), "a"),
    ],
)
def test_the_profile_is_the_chosen_the_known_or_the_only_one(
    found: Approval, wish: str | None, before: Account | None, profile: str | None
) -> None:
    assert profile_of(found, written(profile=wish), before) == profile


def test_a_choice_is_asked_for_where_there_is_one() -> None:
    for before in (None, BEFORE, held("gone")):
        with pytest.raises(Conflict, match="2 profiles: choose one of a, b"):
            profile_of(approval("a", "b"), written(), before)
    with pytest.raises(Invalid):
        profile_of(approval("a", "b"), written(profile="c"), None)


@pytest.mark.parametrize(
    ("begun", "finished", "owner", "label"),
    [
        ("first", "last", "o@x", "last"),
        ("first", None, "o@x", "first"),
        (None, None, "o@x", "o@x"),
        (None, None, "a\x00 b\n" + "c" * 300, "a b " + "c" * 196),
        (None, None, " \n", None),
        (None, None, None, None),
    ],
)
def test_an_account_is_called_what_somebody_wished(
    begun: str | None, finished: str | None, owner: str | None, label: str | None
) -> None:
    made = account_of(login(begun), approval(owner=owner), written(label=finished), None)
    assert made.label == label


def test_an_account_is_made_of_both_halves() -> None:
    made = account_of(login(), approval(), written(priority=4, details={"note": "n"}), "a")
    assert (made.provider, made.kind, made.priority) == ("amazon-q", "idc", 4)
    assert made.credential == SIGNED.credential
    assert made.details == {"x": 1, "profile_arn": "a", "note": "n"}, "null is nothing to keep"


def test_details_that_are_too_much_are_named() -> None:
    with pytest.raises(Invalid) as refused:
        account_of(login(), approval(), written(details={f"d{n}": "x" * 86 for n in range(100)}), "a" * 900)
    assert [each.field for each in refused.value.fields] == ["details"]


def test_signing_in_again_replaces_the_credential_alone() -> None:
    off = replace(
        BEFORE, enabled=False, off_reason="needs sign-in", details={"expires_at": "old", "note": "n"}
    )
    after = signed_in_again(off, SIGNED, "a", NOW)
    assert after.credential == SIGNED.credential
    assert after.details == {"note": "n", "x": 1, "profile_arn": "a"}, (
        "nothing is known of the old token's end"
    )
    assert (after.enabled, after.off_reason, after.label, after.updated_ms) == (True, None, "team", NOW)
