"""What was read comes back as it was, on every engine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from isthmus.core.secret import Secret
from isthmus.core.survey import KeptSurvey, Quota, Survey
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.database import Database
from isthmus.storage.surveys import SurveyStore
from isthmus.storage.vault import Vault

WHOLE = Survey(
    plan="KIRO FREE",
    owner="zoë@example.com",
    quotas=(Quota("Credits", 12.4, 50.0, "credit", 1_785_542_400_000), Quota("Trial", 3, None, counts=False)),
    models=({"id": "claude-sonnet-4.5", "window": 200_000, "inputs": ["TEXT", "IMAGE"]},),
    profiles=({"id": "arn:aws:codewhisperer:us-east-1:1:profile/P", "name": "team"},),
    resets_ms=1_785_542_400_000,
    problems=("profiles: nul\0 and ☂",),
)


@pytest.fixture
def store(database: Database) -> SurveyStore:
    return SurveyStore(database)


async def test_surveys_come_back_as_they_went(store: SurveyStore) -> None:
    kept = {"acc_1": KeptSurvey(WHOLE, 5), "config:amazon": KeptSurvey(Survey(), 6, "mark")}
    for id, each in kept.items():
        await store.save(id, each)
    assert await store.load_all() == kept
    assert await store.load(["acc_1", "acc_9"]) == {"acc_1": kept["acc_1"]}
    assert await store.load([]) == {}


async def test_a_long_one_has_room(store: SurveyStore) -> None:
    models = tuple({"id": f"model-{number}", "schema": {"description": "x" * 1000}} for number in range(300))
    await store.save("acc_1", KeptSurvey(Survey(models=models), 5))
    assert (await store.load_all())["acc_1"].survey.models == models


async def test_a_newer_one_takes_the_place_of_the_older(store: SurveyStore) -> None:
    await store.save("acc_1", KeptSurvey(WHOLE, 5))
    await store.save("acc_1", KeptSurvey(replace(WHOLE, plan=None), 9))
    assert await store.load_all() == {"acc_1": KeptSurvey(replace(WHOLE, plan=None), 9)}


@pytest.mark.parametrize("unreadable", ["", "[]", '{"plan": 1}', '{"new": 1, "quotas": []}', "{"])
async def test_one_that_cannot_be_read_is_left_out(
    store: SurveyStore, database: Database, unreadable: str
) -> None:
    await store.save("acc_1", KeptSurvey(WHOLE, 5))
    await store.save("acc_2", KeptSurvey(WHOLE, 5))

    async def spoil(connection: AsyncConnection) -> None:
        spoilt = text("UPDATE surveys SET survey = :survey WHERE account_id = 'acc_1'")
        await connection.execute(spoilt, {"survey": unreadable})

    await database.write(spoil)
    assert await store.load_all() == {"acc_2": KeptSurvey(WHOLE, 5)}


async def test_a_removed_account_takes_its_survey_with_it(
    store: SurveyStore, database: Database, vault: Vault
) -> None:
    accounts = AccountStore(database, vault)
    await accounts.add_all([Account("acc_1", "q", "builder_id", "q", {"refresh_token": Secret("r")}, 1, 1)])
    await store.save("acc_1", KeptSurvey(WHOLE, 5))
    await accounts.remove(["acc_1"])
    assert await store.load_all() == {}
