"""`/v2/accounts` tells operators everything but secrets, and takes nothing that could not be kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

import asgi
import asking_as
from asking_as import VIEWER
from desk import ANNA, CONFIGURED, KEY, Desk, set_up, written
from isthmus.admin.accounts import router
from isthmus.control.clock import now_ms
from isthmus.control.people import Person
from isthmus.core.survey import KeptSurvey, Quota, Survey
from isthmus.storage.accounts import Counts
from isthmus.storage.cooldowns import CooldownRow
from isthmus.storage.database import Database
from isthmus.storage.vault import Vault

FULL = {
    "label": "team",
    "enabled": False,
    "priority": -1,
    "weight": 2,
    "max_concurrency": 3,
    "requests_per_minute": 4,
    "tokens_per_minute": 5,
    "requests_per_day": 6,
    "tokens_per_day": 7,
    "proxy": "socks5://user:hunter2@proxy:1080",
    "details": {"plan": "pro"},
}


class Api:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.router = router(desk.accounts)

    async def ask(self, method: str, path: str, body: Any = b"", person: Person = ANNA) -> asgi.Reply:
        reply = await asking_as.ask(self.router, method, f"/v2/accounts{path}", body, person)
        assert KEY.encode() not in reply.body or "with_secrets=true" in path
        assert b"hunter2" not in reply.body or "with_secrets=true" in path
        return reply

    async def make(self, **fields: Any) -> dict[str, Any]:
        reply = await self.ask("POST", "", written(**fields))
        assert reply.status == 201, reply.body
        made: dict[str, Any] = reply.json
        return made


@pytest.fixture
def api(sqlite: Database, vault: Vault) -> Api:
    return Api(set_up(sqlite, vault))


async def test_what_an_upstream_said_is_shown_in_short(api: Api) -> None:
    made = await api.make()
    quotas = (Quota("Credits", 12.5, 50, "credit", 1_790_000_000_000), Quota("Trial", 1, 5, counts=False))
    survey = Survey(plan="FREE", owner="zoe@example.com", quotas=quotas, models=({"id": "m"},))

    async def known(ids: Sequence[str]) -> dict[str, KeptSurvey]:
        return {id: KeptSurvey(survey, 1_790_000_000_000) for id in ids if id == made["id"]}

    api.router = router(replace(api.desk.accounts, surveys=known))
    [shown] = [row for row in (await api.ask("GET", "")).json["items"] if row["survey"]]
    assert shown["survey"] == {
        "plan": "FREE",
        "owner": "zoe@example.com",
        "used": 12.5,
        "limit": 50.0,
        "unit": "credit",
        "resets_at": "2026-09-21T14:13:20.000Z",
        "models": 1,
        "read_at": "2026-09-21T14:13:20.000Z",
    }
    assert (await api.ask("GET", f"/{made['id']}")).json == shown
    survey = Survey()
    empty = (await api.ask("GET", f"/{made['id']}")).json["survey"]
    assert (empty["used"], empty["limit"], empty["resets_at"]) == (None, None, None)


async def test_an_account_is_shown_in_full_without_its_secrets(api: Api) -> None:
    made = await api.make(**FULL)
    shown = dict(made)
    assert shown.pop("id").startswith("acc_")
    assert shown.pop("created_at") == shown.pop("updated_at")
    assert shown == FULL | {
        "provider": "openai",
        "kind": "api_key",
        "credential_hint": "…1234",
        "off_reason": None,
        "read_only": False,
        "proxy": "socks5://proxy:1080",
        "state": "disabled",
        "in_flight": 0,
        "coolings": [],
        "successes": 0,
        "failures": 0,
        "input_tokens": 0,
        "output_tokens": 0,
        "last_used_at": None,
        "last_error": None,
        "last_error_at": None,
        "survey": None,
    }
    assert (await api.ask("GET", f"/{made['id']}", person=VIEWER)).json == made


async def test_what_became_of_an_account_is_shown(api: Api) -> None:
    id = (await api.make())["id"]
    await api.desk.accounts.accounts.add_counts(
        [Counts(id, 3, 1, 10, 20, 1_790_000_000_000, "429 slow down", 1_790_000_000_001)]
    )
    until_ms = now_ms() + 60_000
    rows = [CooldownRow(id, "small", until_ms, "rate_limit", "slow down", 2)]
    await api.desk.accounts.cooldowns.save(rows)
    shown = (await api.ask("GET", f"/{id}")).json
    assert (shown["state"], shown["successes"], shown["output_tokens"]) == ("cooling", 3, 20)
    assert shown["last_used_at"] == "2026-09-21T14:13:20.000Z"
    [cooling] = shown["coolings"]
    assert (cooling["model"], cooling["reason"], cooling["strikes"]) == ("small", "rate_limit", 2)
    cleared = await api.ask("POST", f"/{id}/clear-cooldown")
    assert (cleared.status, cleared.json["coolings"]) == (200, [])


async def test_a_list_is_filtered_sorted_and_paged(api: Api) -> None:
    for number in range(5):
        await api.make(key=f"sk-{number}", label=f"team {number}", enabled=number % 2 == 0)
    query = "?provider=openai&enabled=true&text=TEAM&sort=label&descending=true&limit=2"
    first = (await api.ask("GET", query)).json
    second = (await api.ask("GET", f"{query}&cursor={first['next_cursor']}")).json
    labels = [each["label"] for page in (first, second) for each in page["items"]]
    assert labels == ["team 4", "team 2", "team 0"]
    assert second["next_cursor"] is None
    configured = (await api.ask("GET", "?text=configuration")).json["items"]
    assert [each["id"] for each in configured] == [f"config:{name}" for name in CONFIGURED]
    assert all(each["read_only"] and each["created_at"] is None for each in configured)


async def test_an_account_is_edited_and_deleted(api: Api) -> None:
    id = (await api.make(**FULL))["id"]
    edited = (await api.ask("PATCH", f"/{id}", {"enabled": True, "proxy": None})).json
    assert (edited["enabled"], edited["proxy"], edited["weight"]) == (True, None, 2)
    unchanged = (await api.ask("PATCH", f"/{id}", {})).json
    assert unchanged["label"] == "team"
    gone = await api.ask("DELETE", f"/{id}")
    assert (gone.status, gone.body) == (204, b"")
    assert (await api.ask("GET", f"/{id}")).status == 404


async def test_a_feed_answers_for_each(api: Api) -> None:
    body = {"accounts": [written("sk-1", label="a"), {"weight": 0}, written("sk-1")]}
    items = (await api.ask("POST", "/feed", body)).json["items"]
    assert [each["result"] for each in items] == ["added", "invalid", "already_here"]
    assert {each["field"] for each in items[1]["fields"]} == {"provider", "credential", "weight"}
    assert items[0]["id"] == items[2]["id"]


async def test_an_export_is_what_an_import_takes(api: Api) -> None:
    await api.make(**FULL)
    safe = await api.ask("GET", "/export", person=ANNA)
    assert "attachment" in safe.headers["content-disposition"]
    assert safe.json["accounts"][0].keys().isdisjoint({"credential", "proxy"})
    again = await api.ask("POST", "/import?replace=true", safe.json)
    assert [each["result"] for each in again.json["items"]] == ["replaced"]
    whole = (await api.ask("GET", "/export?with_secrets=true")).json
    assert whole["accounts"][0]["credential"] == {"api_key": KEY}
    await api.ask("POST", "/bulk", {"action": "delete", "ids": [whole["accounts"][0]["id"]]})
    back = (await api.ask("POST", "/import", whole)).json["items"]
    assert [each["result"] for each in back] == ["added"]
    assert (await api.ask("GET", "/export?with_secrets=true")).json["accounts"][0]["proxy"] == FULL["proxy"]


async def test_accounts_are_tested_one_by_one_and_together(api: Api) -> None:
    good, dead = await api.make(key="sk-1"), await api.make(key="sk-2", label="dead")
    one = (await api.ask("POST", f"/{good['id']}/test")).json
    assert one == {
        "id": good["id"],
        "provider": "openai",
        "label": good["label"],
        "ok": True,
        "latency_ms": 5,
        "model": "m",
        "error": None,
    }
    items = (await api.ask("POST", "/test?provider=openai")).json["items"]
    assert {each["id"]: each["ok"] for each in items} == {
        "config:openai": True,
        good["id"]: True,
        dead["id"]: False,
    }
    assert len((await api.ask("POST", "/test")).json["items"]) == 4


async def test_a_dry_run_says_what_would_become_of_each(api: Api) -> None:
    here = await api.make(key="sk-here", label="mine")
    some = [written("sk-new"), written("sk-here"), written("sk-new"), written(weight=0)]
    for path in ("/feed?dry_run=true", "/import?dry_run=true"):
        items = (await api.ask("POST", path, {"accounts": some})).json["items"]
        assert [(each["result"], each["id"], each["here_as"], each["same_as"]) for each in items] == [
            ("added", None, None, None),
            ("already_here", here["id"], "mine", None),
            ("already_here", None, None, 0),
            ("invalid", None, None, None),
        ]
    replaced = await api.ask("POST", "/import?dry_run=true&replace=true", {"accounts": some[1:2]})
    assert [each["result"] for each in replaced.json["items"]] == ["replaced"]
    assert [each.label for each in await api.desk.accounts.accounts.load_all()] == ["mine"]


async def test_an_edit_may_ask_that_nobody_was_faster(api: Api) -> None:
    made = await api.make()
    path = f"/{made['id']}?if_updated_at={made['updated_at']}"
    edited = await api.ask("PATCH", path, {"weight": 2})
    assert (edited.status, edited.json["weight"]) == (200, 2)
    refused = await api.ask("PATCH", path, {"weight": 3})
    assert (refused.status, refused.json["error"]["code"]) == (409, "outdated")
    assert (await api.ask("PATCH", f"/{made['id']}?if_updated_at=now", {})).status == 422


async def test_bulk_actions_answer_for_each(api: Api) -> None:
    id = (await api.make())["id"]
    ids = [id, "config:openai", "acc_nobody"]
    for action, oks in (
        ("disable", [True, False, False]),
        ("enable", [True, False, False]),
        ("clear-cooldown", [True, True, False]),
        ("test", [True, True, False]),
        ("delete", [True, False, False]),
    ):
        reply = await api.ask("POST", "/bulk", {"action": action, "ids": ids})
        assert [(each["id"], each["ok"]) for each in reply.json["items"]] == list(
            zip(ids, oks, strict=True)
        ), action
        assert all(each["ok"] or each["message"] for each in reply.json["items"])
        assert (reply.json["items"][0]["probe"] is not None) == (action == "test")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "", {"provider": "openai"}, 422),
        ("POST", "", written(label="a\0b"), 422),
        ("POST", "", written(weight=10**40), 422),
        ("POST", "", written(provider="nobody"), 422),
        ("POST", "", written(key="\ud800"), 422),
        ("POST", "", written(**{"\ud800": 1}), 422),
        ("POST", "", written(details={"\ud800": 1}), 422),
        ("POST", "/feed", {"accounts": [{"\ud800": "\ud800"}]}, 200),
        ("POST", "/feed", {"accounts": [{"label": "\ud800"}]}, 200),
        ("POST", "/import", {"format": "other", "accounts": []}, 422),
        ("POST", "/import", {"accounts": [{}]}, 200),
        ("POST", "/bulk", {"action": "explode", "ids": []}, 422),
        ("POST", "/bulk", {"action": "delete", "ids": ["\0"]}, 422),
        ("PATCH", "/config:openai", {"weight": 2}, 409),
        ("PATCH", "/acc_nobody", {"weight": 2}, 404),
        ("PATCH", "/acc_nobody", {"provider": "play"}, 422),
        ("DELETE", "/config:openai", b"", 409),
        ("GET", "/acc\0", b"", 422),
        ("GET", "/" + "x" * 81, b"", 422),
        ("GET", "?cursor=AAAA", b"", 422),
        ("GET", "?state=happy", b"", 422),
        ("PUT", "/acc_1", b"", 405),
    ],
)
async def test_what_cannot_be_done_is_refused(
    api: Api, method: str, path: str, body: Any, status: int
) -> None:
    reply = await api.ask(method, path, body)
    assert reply.status == status, reply.body
    assert reply.json


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", written()),
        ("POST", "/feed", {"accounts": []}),
        ("POST", "/import", {"accounts": []}),
        ("GET", "/export", b""),
        ("POST", "/test", b""),
        ("POST", "/bulk", {"action": "test", "ids": []}),
        ("PATCH", "/acc_1", {}),
        ("DELETE", "/acc_1", b""),
        ("POST", "/acc_1/test", b""),
        ("POST", "/acc_1/clear-cooldown", b""),
    ],
)
async def test_a_viewer_changes_nothing_and_gets_no_export(
    api: Api, method: str, path: str, body: Any
) -> None:
    assert (await api.ask(method, path, body, VIEWER)).status == 403
