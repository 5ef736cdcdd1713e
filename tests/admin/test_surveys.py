"""What an upstream says of an account, as operators see it."""

from __future__ import annotations

from typing import Any

import pytest

import asgi
import asking_as
from asking_as import VIEWER
from desk import ANNA
from isthmus.admin.surveys import router
from isthmus.config import ProviderSettings
from isthmus.control.account_views import configured_account
from isthmus.control.keeper import AccessKeeper
from isthmus.control.people import Person
from isthmus.control.surveys import Surveys
from isthmus.core.errors import UpstreamError
from isthmus.core.secret import Secret
from isthmus.core.survey import Quota, Survey
from isthmus.storage.accounts import AccountStore
from isthmus.storage.database import Database
from isthmus.storage.leases import LeaseStore
from isthmus.storage.surveys import SurveyStore
from isthmus.storage.vault import Vault
from token_service import Clock, TokenService

WHOLE = Survey(
    plan="KIRO FREE",
    owner="zoe@example.com",
    quotas=(Quota("Credits", 12.4, 50.0, "credit", 1_790_000_000_000), Quota("Trial", 3, counts=False)),
    models=({"id": "claude-sonnet-4.5", "window": 200_000},),
    profiles=({"id": "arn", "name": "team"},),
    resets_ms=1_790_000_000_000,
    problems=("profiles: 403",),
)


class Api:
    def __init__(self, database: Database, vault: Vault) -> None:
        self.service = TokenService(Clock(), survey=WHOLE)
        self.accounts = AccountStore(database, vault)
        declared = configured_account(
            "amazon", ProviderSettings(type="amazon-q", api_key=Secret("ksk_made-up"))
        )
        reach, clock = self.service.reach(configured={declared.id: declared}.get), self.service.clock
        keeper = AccessKeeper(self.accounts, LeaseStore(database), reach, clock)
        self.router = router(Surveys(SurveyStore(database), self.accounts, keeper, reach, clock))

    async def ask(self, method: str, id: str = "acc_1", person: Person = ANNA) -> asgi.Reply:
        return await asking_as.ask(self.router, method, f"/v2/accounts/{id}/survey", b"", person)


@pytest.fixture
async def api(sqlite: Database, vault: Vault) -> Api:
    api = Api(sqlite, vault)
    await api.accounts.add_all([api.service.account(), api.service.account("acc_other", provider="vendor")])
    return api


async def test_what_is_read_is_shown_and_kept(api: Api) -> None:
    empty = await api.ask("GET", person=VIEWER)
    assert (empty.status, empty.json["read_at"], empty.json["models"]) == (200, None, [])
    read = await api.ask("POST")
    assert read.status == 200, read.body
    shown: dict[str, Any] = read.json
    assert shown.pop("read_at") == "2026-09-21T14:13:20.000Z"
    assert shown == {
        "plan": "KIRO FREE",
        "owner": "zoe@example.com",
        "quotas": [
            {
                "name": "Credits",
                "used": 12.4,
                "limit": 50.0,
                "unit": "credit",
                "resets_at": "2026-09-21T14:13:20.000Z",
                "counts": True,
            },
            {"name": "Trial", "used": 3.0, "limit": None, "unit": "", "resets_at": None, "counts": False},
        ],
        "models": [{"id": "claude-sonnet-4.5", "window": 200_000}],
        "profiles": [{"id": "arn", "name": "team"}],
        "resets_at": "2026-09-21T14:13:20.000Z",
        "problems": ["profiles: 403"],
    }
    assert (await api.ask("GET")).json == read.json


async def test_an_account_of_the_configuration_file_is_no_exception(api: Api) -> None:
    assert (await api.ask("POST", "config:amazon")).json["plan"] == "KIRO FREE"
    assert (await api.ask("GET", "config:amazon")).json["plan"] == "KIRO FREE"
    assert api.service.surveyed == ["ksk_made-up"]


async def test_twice_within_minutes_is_too_often(api: Api) -> None:
    assert (await api.ask("POST")).status == 200
    again = await api.ask("POST")
    assert again.status == 429
    assert 0 < int(again.headers["retry-after"]) <= 300
    assert "5 minutes" in again.json["error"]["message"]


async def test_what_cannot_be_read_is_said_in_the_upstream_s_words(api: Api) -> None:
    api.service.survey = UpstreamError("sick", status=503, detail="no capacity")
    refused = await api.ask("POST")
    assert refused.status == 503
    assert "no capacity" in refused.json["error"]["message"]


@pytest.mark.parametrize(("id", "status"), [("acc_9", 404), ("acc_other", 409), ("config:x", 404)])
async def test_accounts_that_have_none(api: Api, id: str, status: int) -> None:
    assert [(await api.ask(method, id)).status for method in ("GET", "POST")] == [status, status]


async def test_only_administrators_ask_upstreams(api: Api) -> None:
    assert (await api.ask("POST", person=VIEWER)).status == 403
