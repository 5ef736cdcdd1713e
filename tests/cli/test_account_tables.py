"""What people and scripts are shown of accounts holds no secret."""

from __future__ import annotations

import io
import json
from dataclasses import replace

from rich.console import Console

from isthmus.cli.account_tables import (
    account_row,
    account_table,
    added_row,
    problem_lines,
    reason_lines,
    trial_line,
    trial_row,
)
from isthmus.control.account_adding import Added, Fate
from isthmus.control.account_probing import ProbeResult, Trial
from isthmus.control.account_views import AccountView, LiveState
from isthmus.control.clock import new_id
from isthmus.control.failures import FieldProblem
from isthmus.core.secret import Secret
from isthmus.routing.exhausted import State
from isthmus.storage.accounts import Account
from isthmus.storage.cooldowns import CooldownRow

ACCOUNT = Account(
    "acc_1",
    "openai",
    "api_key",
    "team [red]",
    {"api_key": Secret("canary-that-is-long")},
    1_790_000_000_000,
    1_790_000_000_000,
    proxy=Secret("http://user:canary@proxy:1"),
    successes=12_345,
)
RESTING = AccountView(
    ACCOUNT,
    LiveState(State.COOLING, 0, (CooldownRow("acc_1", None, 1_790_000_000_000, "quota", "no money"),)),
)


def printed(thing: object, width: int = 200) -> str:
    text = io.StringIO()
    Console(file=text, width=width).print(thing)
    return text.getvalue()


def test_a_table_shows_what_accounts_there_are() -> None:
    text = printed(account_table([RESTING]))
    assert "team [red]" in text
    assert "12,345" in text
    assert "canary" not in text


def test_a_table_of_80_columns_cuts_nothing() -> None:
    account = replace(ACCOUNT, id=new_id("acc"), label="team")
    view = AccountView(account, LiveState(State.DISABLED, 0, ()))
    [_, row] = printed(account_table([view]), width=80).splitlines()
    assert row.split() == ["openai", "team", account.id, "…long", "disabled", "12,345", "0"]


def test_reasons_stand_below_on_one_line_each() -> None:
    well = AccountView(ACCOUNT, LiveState(State.HEALTHY, 0, ()))
    unfit = AccountView(replace(ACCOUNT, off_reason="proxy: no"), LiveState(State.DISABLED, 0, ()))
    off = AccountView(
        replace(ACCOUNT, enabled=False, off_reason="no\nmoney\x1b[2J"), LiveState(State.DISABLED, 0, ())
    )
    parted = AccountView(ACCOUNT, LiveState(State.DISABLED, 0, ()))
    assert [line.plain for line in reason_lines([well, RESTING, off, parted, unfit])] == [
        "acc_1  cooling  all models until 2026-09-21T14:13:20Z: no money",
        "acc_1  disabled  no money [2J",
        "acc_1  disabled  its provider 'openai' is switched off",
        "acc_1  disabled  proxy: no",
    ]


def test_a_row_is_json_without_secrets() -> None:
    text = json.dumps(account_row(RESTING))
    assert "canary" not in text
    row = json.loads(text)
    assert row["coolings"][0]["reason"] == "quota"
    assert (row["created_at"], row["last_used_at"]) == ("2026-09-21T14:13:20Z", None)


def test_a_trial_is_a_line_and_a_row() -> None:
    good, bad = (
        Trial(ACCOUNT, ProbeResult(True, 12)),
        Trial(ACCOUNT, ProbeResult(False, 3, None, "401 [/red]")),
    )
    assert trial_line(good).plain == "ok      openai  team [red] (acc_1)  12 ms"
    assert trial_line(bad).plain.endswith("401 [/red]")
    assert trial_row(bad)["error"] == "401 [/red]"


def test_problems_are_counted_as_people_count() -> None:
    added = [Added(0, Fate.ADDED, "acc_1"), Added(1, Fate.INVALID, problems=(FieldProblem("weight", "no"),))]
    assert list(problem_lines(added)) == ["account 2: weight: no"]
    assert added_row(added[1])["fields"] == [{"field": "weight", "message": "no"}]
