"""`isthmus accounts survey`, as its users have it."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from amazon_accounts import configuration, signed_in
from isthmus.cli.account_surveys import (
    Reading,
    SurveyDesk,
    open_survey_desk,
    problem_lines,
    survey_row,
    survey_table,
    used_text,
)
from isthmus.cli.app import main
from isthmus.cli.stores import open_stores
from isthmus.config import Settings
from isthmus.core.secret import Secret
from isthmus.core.survey import KeptSurvey, Quota, Survey
from isthmus.simulators.amazon_q import Simulator
from isthmus.storage.accounts import Account, AccountStore

KEY = Account("acc_key", "vendor", "api_key", "key", {"api_key": Secret("sk-1")}, 1, 1)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as simulator:
        yield simulator


@pytest.fixture
async def config(tmp_path: Path, simulator: Simulator) -> Path:
    """With an account that signs in and one that is a key."""
    values = configuration(simulator, storage={"data_dir": str(tmp_path)})
    values["providers"]["vendor"] = {"base_url": "http://127.0.0.1:9/v1"}
    account = signed_in(simulator, id="acc_q", label="team")
    async with open_stores(Settings.model_validate(values)) as stores:
        await AccountStore(stores.database, stores.vault).add_all([account, KEY])
    file = tmp_path / "isthmus.json"
    file.write_text(json.dumps(values))
    return file


async def read(desk: SurveyDesk, ids: list[str], *, named: bool) -> list[Reading]:
    return [each async for each in desk.readings(ids, named=named)]


async def test_accounts_that_tell_nothing_are_left_out_unless_they_were_named(config: Path) -> None:
    async with open_survey_desk(config) as desk:
        ids = ["acc_q", "acc_key"]
        [told] = await read(desk, ids, named=False)
        assert told.is_whole
        again, silent = await read(desk, ids, named=True)
    assert again == told, "what was read a moment ago"
    assert "tells nothing" in str(silent.problem)


async def test_an_account_that_must_sign_in_again_says_so(config: Path, simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    simulator.revoke(account)
    async with open_survey_desk(config) as desk:
        [reading] = await read(desk, ["acc_q"], named=True)
    assert reading.kept is None
    assert "needs sign-in" in str(reading.problem)


async def test_the_command_prints_a_table_or_rows(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    async def run(*arguments: str) -> tuple[int, str]:
        code = await asyncio.to_thread(main, ["accounts", "survey", *arguments, "--config", str(config)])
        out, err = capsys.readouterr()
        return code, out + err

    code, table = await run("--all")
    assert code == 0, table
    assert "acc_q" in table
    assert "acc_key" not in table
    code, rows = await run("team", "--json")
    row: dict[str, Any] = json.loads(rows)[0]
    assert (code, row["id"], bool(row["models"]), row["problems"]) == (0, "acc_q", True, [])
    assert (await run("key"))[0] == 1
    for wrong in ((), ("team", "--all")):
        assert (await run(*wrong))[0] == 2


WHOLE = Survey(
    plan="KIRO\x1b[31m FREE",
    owner="zoe@example.com",
    quotas=(Quota("Credits", 12.4, 50.0, "credit", 1_790_000_000_000),),
    models=({"id": "m"},),
    problems=("profiles: 403",),
)


def printed(*readings: Reading) -> str:
    out = io.StringIO()
    Console(file=out, width=200).print(survey_table(readings))
    return out.getvalue()


def test_a_table_shows_what_counts_and_no_orders_to_terminals() -> None:
    shown = printed(Reading(KEY, KeptSurvey(WHOLE, 5)))
    assert all(each in shown for each in ("KIRO", "12.4 of 50 credit", "2026-09-21T14:13:20Z", " 1"))
    assert "\x1b" not in shown
    assert "–" in printed(Reading(KEY, problem="sick"))


def test_what_could_not_be_read_has_lines_of_its_own() -> None:
    partly, silent = Reading(KEY, KeptSurvey(WHOLE, 5)), Reading(KEY, problem="sick\n")
    assert list(problem_lines([partly, silent])) == ["acc_key: profiles: 403", "acc_key: sick "]
    assert not partly.is_whole


def test_a_row_has_everything() -> None:
    row = survey_row(Reading(KEY, KeptSurvey(WHOLE, 1_790_000_000_000)))
    assert (row["owner"], row["read_at"], row["problems"]) == (
        "zoe@example.com",
        "2026-09-21T14:13:20Z",
        ["profiles: 403"],
    )
    assert row["quotas"] == [
        {
            "name": "Credits",
            "used": 12.4,
            "limit": 50.0,
            "unit": "credit",
            "resets_at": "2026-09-21T14:13:20Z",
            "counts": True,
        }
    ]


@pytest.mark.parametrize(
    ("quota", "text"),
    [
        (Quota("c", 12.4, 50.0, "credits"), "12.4 of 50 credits"),
        (Quota("c", 3, None, ""), "3"),
        (Quota("c", 3, 10), "3 of 10"),
    ],
)
def test_an_allowance_in_words(quota: Quota, text: str) -> None:
    assert used_text(quota) == text
