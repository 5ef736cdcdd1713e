"""What operators write is checked once, and no error repeats it."""

from __future__ import annotations

from typing import Any

import pytest

from desk import KEY, written
from isthmus.control.account_input import AccountInput, AccountPatch, AccountRecord, check
from isthmus.core.secret import Secret


def test_a_plain_account_needs_little() -> None:
    account = check(AccountInput, written())
    assert isinstance(account, AccountInput)
    assert account.credential == {"api_key": Secret(KEY)}
    assert KEY not in repr(account)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"provider": ""}, "provider"),
        ({"provider": "a\0b"}, "provider"),
        ({"provider": None}, "provider"),
        ({"kind": "API key"}, "kind"),
        ({"credential": {}}, "credential"),
        ({"credential": {"api_key": 5}}, "credential.api_key"),
        ({"credential": {"api_key": "line\nbreak"}}, "credential.api_key"),
        ({"credential": {"api_key": "\ud800"}}, "credential.api_key"),
        ({"credential": {"api_key": "x" * 20_001}}, "credential.api_key"),
        ({"label": "   "}, "label"),
        ({"label": "x" * 201}, "label"),
        ({"label": "a\x1bb"}, "label"),
        ({"label": "\ud800"}, "label"),
        ({"weight": 0}, "weight"),
        ({"weight": 10**30}, "weight"),
        ({"priority": -(10**30)}, "priority"),
        ({"tokens_per_day": 2**53 + 1}, "tokens_per_day"),
        ({"max_concurrency": 0}, "max_concurrency"),
        ({"proxy": "ftp://proxy"}, "proxy"),
        ({"proxy": "http://user:hunter2@"}, "proxy"),
        ({"details": {"a": "\ud800"}}, "details"),
        ({"details": {"a": float("nan")}}, "details"),
        ({"details": {"a": "x" * 10_001}}, "details"),
        ({"wieght": 1}, "wieght"),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(changes: dict[str, Any], field: str) -> None:
    problems = check(AccountInput, written() | changes)
    assert isinstance(problems, tuple)
    assert field in {each.field for each in problems}
    assert KEY not in str(problems)
    assert "hunter2" not in str(problems)


@pytest.mark.parametrize("written", [None, 5, "text", [], [1]])
def test_anything_else_is_no_account(written: object) -> None:
    assert isinstance(check(AccountInput, written), tuple)


def test_a_patch_changes_what_was_written_alone() -> None:
    patch = check(AccountPatch, {"weight": 3, "proxy": None})
    assert isinstance(patch, AccountPatch)
    assert patch.changes() == {"weight": 3, "proxy": None}
    assert isinstance(check(AccountPatch, {"label": None}), tuple)
    assert isinstance(check(AccountPatch, {"provider": "x"}), tuple), "an account stays with its provider"


def test_a_record_may_lack_its_credential() -> None:
    assert isinstance(check(AccountRecord, {"provider": "openai", "id": "acc_1"}), AccountRecord)
    assert isinstance(check(AccountInput, {"provider": "openai"}), tuple)


@pytest.mark.parametrize("changes", [{"weight": "2"}, {"weight": True}, {"enabled": 1}, {"enabled": "yes"}])
def test_numbers_are_numbers_and_truth_is_truth(changes: dict[str, Any]) -> None:
    assert isinstance(check(AccountInput, written() | changes), tuple)


def test_a_rest_ends_before_the_calendar_does() -> None:
    assert isinstance(check(AccountRecord, written(cooled_until_ms=253_402_300_800_000)), tuple)
