"""`/v2/providers` shows settings with masks, and holds them to the words of the configuration file."""

from __future__ import annotations

from typing import Any

import pytest

import asgi
import asking_as
from asking_as import VIEWER
from desk import ANNA, Desk, account_input, set_up
from isthmus.admin.providers import router
from isthmus.control.people import Person
from isthmus.storage.database import Database
from isthmus.storage.vault import Vault

SETTINGS = {
    "base_url": "https://vendor.example/v1",
    "models": {"small": "vendor-small"},
    "headers": {"x-team": "canary"},
    "proxy": "http://user:canary@proxy:3128",
}


class Api:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.router = router(desk.providers)

    async def ask(self, method: str, path: str, body: Any = b"", person: Person = ANNA) -> asgi.Reply:
        reply = await asking_as.ask(self.router, method, f"/v2/providers{path}", body, person)
        assert b"canary" not in reply.body
        return reply


@pytest.fixture
def api(sqlite: Database, vault: Vault) -> Api:
    return Api(set_up(sqlite, vault))


async def test_a_provider_is_made_shown_changed_and_deleted(api: Api) -> None:
    made = await api.ask("POST", "", {"name": "vendor", "settings": SETTINGS})
    assert made.status == 201, made.body
    shown = made.json
    assert shown["created_at"] is not None
    assert (shown["type"], shown["enabled"], shown["read_only"]) == ("openai-compatible", True, False)
    assert (shown["base_url"], shown["proxy"]) == (SETTINGS["base_url"], "http://proxy:3128")
    assert shown["settings"] == SETTINGS | {"headers": {"x-team": "***"}, "proxy": "***"}
    sent_back = {"settings": shown["settings"] | {"timeout": 9}}
    edited = (await api.ask("PATCH", "/vendor", sent_back)).json
    assert edited["settings"] == shown["settings"] | {"timeout_s": 9}
    stored = await api.desk.providers.providers.find("vendor")
    assert stored is not None
    assert stored.settings["headers"]["x-team"].reveal() == "canary"
    assert (await api.ask("DELETE", "/vendor")).status == 204
    assert (await api.ask("GET", "/vendor")).status == 404


async def test_an_edit_may_ask_that_nobody_was_faster(api: Api) -> None:
    made = (await api.ask("POST", "", {"name": "vendor", "settings": SETTINGS})).json
    path = f"/vendor?if_updated_at={made['updated_at']}"
    assert (await api.ask("PATCH", path, {"enabled": False})).status == 200
    refused = await api.ask("PATCH", path, {"enabled": True})
    assert (refused.status, refused.json["error"]["code"]) == (409, "outdated")


async def test_those_of_the_configuration_are_listed_read_only(api: Api) -> None:
    first = (await api.ask("GET", "?limit=1", person=VIEWER)).json
    second = (await api.ask("GET", f"?limit=1&cursor={first['next_cursor']}", person=VIEWER)).json
    assert [each["name"] for page in (first, second) for each in page["items"]] == ["openai", "play"]
    assert first["items"][0]["accounts"] == {"healthy": 1}
    assert first["items"][0]["read_only"]
    assert second["next_cursor"] is None


async def test_a_provider_with_accounts_is_not_deleted_by_accident(api: Api) -> None:
    await api.ask("POST", "", {"name": "vendor", "settings": SETTINGS})
    await api.desk.accounts.create(ANNA, account_input(provider="vendor"))
    assert (await api.ask("DELETE", "/vendor")).status == 409
    assert (await api.ask("DELETE", "/vendor?with_accounts=true")).status == 204


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "", {"name": "vendor"}, 422, "settings"),
        ("POST", "", {"name": "v2", "settings": SETTINGS}, 422, "name"),
        ("POST", "", {"name": "a\0", "settings": SETTINGS}, 422, "name"),
        ("POST", "", {"name": "play", "settings": SETTINGS}, 409, "name"),
        ("POST", "", {"name": "x", "settings": {"\ud800": 1}}, 422, None),
        ("POST", "", {"name": "x", "settings": {"quirks": {"\ud800": 1}}}, 422, "settings"),
        ("POST", "", {"name": "x", "settings": {"models": {"a": "\ud800"}}}, 422, "settings"),
        ("POST", "", {"name": "x", "type": "\ud800"}, 422, "type"),
        ("POST", "", {"name": "x", "settings": SETTINGS | {"timeout_s": 10**400}}, 422, "settings.timeout_s"),
        ("PATCH", "/play", {"enabled": False}, 409, None),
        ("PATCH", "/nobody", {"enabled": False}, 404, None),
        ("PATCH", "/nobody", {"name": "other"}, 422, "name"),
        ("DELETE", "/play", b"", 409, None),
        ("DELETE", "/a\0", b"", 422, "name"),
        ("GET", "/nobody", b"", 404, None),
        ("GET", "?cursor=x", b"", 422, "cursor"),
    ],
)
async def test_what_cannot_be_done_is_refused(
    api: Api, method: str, path: str, body: Any, status: int, field: str | None
) -> None:
    reply = await api.ask(method, path, body)
    assert reply.status == status, reply.body
    fields = [each["field"] for each in reply.json["error"]["fields"]]
    assert field is None or field in fields


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PATCH", "/play"), ("DELETE", "/play")])
async def test_a_viewer_changes_nothing(api: Api, method: str, path: str) -> None:
    body = {"name": "vendor", "settings": SETTINGS} if method == "POST" else {}
    assert (await api.ask(method, path, body, VIEWER)).status == 403
