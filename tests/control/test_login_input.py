from __future__ import annotations

import pytest

from isthmus.control.account_input import check
from isthmus.control.login_input import FinishInput, LoginInput


def test_a_sign_in_needs_little() -> None:
    written = check(LoginInput, {"provider": "amazon-q"})
    assert isinstance(written, LoginInput)
    assert (written.method, written.options, written.account_id, written.proxy) == (None, {}, None, None)


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"provider": ""}, "provider"),
        ({"method": "Builder ID"}, "method"),
        ({"options": {"start_url": 7}}, "options.start_url"),
        ({"options": {"start_url": "a\nb"}}, "options.start_url"),
        ({"account_id": "x" * 81}, "account_id"),
        ({"proxy": "nowhere"}, "proxy"),
        ({"password": "x"}, "password"),
    ],
)
def test_what_cannot_be_a_sign_in_is_named(written: dict[str, object], field: str) -> None:
    found = check(LoginInput, written)
    assert isinstance(found, tuple) and [each.field for each in found] == [field]


def test_an_account_takes_all_but_what_is_the_sign_ins_own() -> None:
    written = check(FinishInput, {"profile": "arn", "weight": 2, "details": {"a": 1}, "enabled": False})
    assert isinstance(written, FinishInput)
    fields = written.fields()
    assert (fields["weight"], fields["enabled"], fields["label"]) == (2, False, None)
    assert not {"profile", "details"} & fields.keys()
    assert isinstance(check(FinishInput, {"weight": 0}), tuple)
