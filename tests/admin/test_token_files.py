"""`/v2/accounts/import-tokens` takes what other programs wrote, and answers for each login without showing any."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

import asgi
import asking_as
from asking_as import VIEWER
from desk import ANNA, Desk, set_up
from isthmus.admin.token_files import router
from isthmus.control.people import Person
from isthmus.control.token_files import TokenFiles
from isthmus.storage.database import Database
from isthmus.storage.vault import Vault

ONE, TWO = "aorAAAAAmade-up-refresh-1", "aorAAAAAmade-up-refresh-2"


@pytest.fixture
def desk(sqlite: Database, vault: Vault) -> Desk:
    return set_up(sqlite, vault)


async def ask(desk: Desk, body: Any, person: Person = ANNA) -> asgi.Reply:
    routes = router(TokenFiles(desk.accounts, desk.providers))
    reply = await asking_as.ask(routes, "POST", "/v2/accounts/import-tokens", body, person)
    assert b"made-up" not in reply.body
    return reply


async def test_a_list_and_files_are_taken_together(desk: Desk) -> None:
    stored = json.dumps([{"refreshToken": TWO}, {"theme": "dark"}])
    body = {
        "text": f"{ONE}\nsomeone@example.com----made-up-word",
        "files": [
            {"name": "list.json", "text": stored},
            {"name": "list.json", "base64": base64.b64encode(b'{"refreshToken": "aor...zzz"}').decode()},
        ],
    }
    reply = await ask(desk, body)
    assert reply.status == 200, reply.body
    assert (reply.json["provider"], reply.json["provider_is_new"]) == ("amazon-q", True)
    items = [(each["at"], each["kind"], each["result"]) for each in reply.json["items"]]
    assert items == [
        ("line 1", "social", "added"),
        ("line 2", None, "invalid"),
        ("list.json: [0]", "social", "added"),
        ("list.json: [1]", None, "invalid"),
        ("list.json (2)", None, "invalid"),
    ]
    assert "refresh_token is masked" in reply.json["items"][4]["fields"][0]["message"]
    assert len(await desk.accounts.accounts.load_all()) == 2


async def test_a_dry_run_only_says_what_would_be(desk: Desk) -> None:
    reply = await ask(desk, {"text": ONE, "dry_run": True})
    assert (reply.json["provider_is_new"], reply.json["items"][0]["result"]) == (True, "added")
    assert await desk.accounts.accounts.load_all() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"files": [{"name": "a"}]}, "files.0"),
        ({"files": [{"name": "a", "text": "", "base64": ""}]}, "files.0"),
        ({"files": [{"name": "a", "base64": "not base64!"}]}, "files.0.base64"),
        ({"text": ONE, "provider": "openai"}, "provider"),
        ({"text": ONE, "dry_run": "no"}, "dry_run"),
        ({"text": ONE, "colour": "red"}, "colour"),
    ],
)
async def test_what_is_wrong_with_the_body_is_named(desk: Desk, body: Any, field: str) -> None:
    reply = await ask(desk, body)
    assert reply.status == 422, reply.body
    assert [each["field"] for each in reply.json["error"]["fields"]] == [field]


async def test_viewers_may_not(desk: Desk) -> None:
    assert (await ask(desk, {"text": ONE}, VIEWER)).status == 403
