"""An export holds secrets only when they were asked for."""

from __future__ import annotations

import json
from dataclasses import replace

from isthmus.control.account_file import AccountFile, account_file
from isthmus.core.secret import Secret
from isthmus.storage.accounts import Account

ACCOUNT = Account(
    "acc_1",
    "openai",
    "api_key",
    "one",
    {"api_key": Secret("sk-canary-1")},
    1,
    1,
    proxy=Secret("http://user:canary-2@proxy:1"),
    details={"plan": "pro"},
)
BARE_PROXY = replace(ACCOUNT, proxy=Secret("http://proxy:1"))


def test_secrets_are_left_out_unless_asked_for() -> None:
    without = json.dumps(account_file([ACCOUNT], with_secrets=False))
    assert "canary" not in without
    assert "proxy" not in without
    [entry] = account_file([ACCOUNT], with_secrets=True)["accounts"]
    assert entry["credential"] == {"api_key": "sk-canary-1"}
    assert entry["proxy"] == "http://user:canary-2@proxy:1"


def test_a_proxy_without_a_password_is_no_secret() -> None:
    [entry] = account_file([BARE_PROXY], with_secrets=False)["accounts"]
    assert entry["proxy"] == "http://proxy:1"


def test_what_is_written_is_what_is_read() -> None:
    for with_secrets in (False, True):
        text = json.dumps(account_file([ACCOUNT, BARE_PROXY], with_secrets=with_secrets))
        assert len(AccountFile.model_validate_json(text).accounts) == 2
