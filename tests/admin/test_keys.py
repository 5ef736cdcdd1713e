"""`/v2/keys` shows a secret once, and takes nothing that could not be kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import APIRouter

import asgi
import asking_as
from asking_as import HOLDER, VIEWER
from isthmus.admin.keys import router
from isthmus.control.clock import now_ms
from isthmus.control.keys import KeyService
from isthmus.control.people import Person
from isthmus.storage.audit import AuditLog
from isthmus.storage.database import Database
from isthmus.storage.key_usage import KeyUsageStore, Used, UsedOnDay, day_of
from isthmus.storage.keys import KeyStore

NOTHING = {"requests": 0, "failures": 0, "input_tokens": 0, "output_tokens": 0, "cost_usd": 0}
FULL = {
    "name": "laptop",
    "expires_at": "2099-01-02T03:04:05.678Z",
    "user_id": "usr_1",
    "providers": ["openai"],
    "models": ["gpt-5*"],
    "ips": ["10.0.0.0/8"],
    "mcp": ["files:read_*"],
    "requests_per_minute": 1,
    "requests_per_day": 2,
    "tokens_per_minute": 3,
    "tokens_per_day": 4,
    "tokens_per_month": 5,
    "max_concurrency": 6,
    "usd_per_day": 0.1,
    "usd_per_month": 2.5,
    "note": "hers",
}


class Api:
    def __init__(self, database: Database) -> None:
        self.usage = KeyUsageStore(database)
        self.router: APIRouter = router(KeyService(KeyStore(database), self.usage, AuditLog(database)))

    async def ask(
        self, method: str, path: str, body: Any = b"", person: Person = asking_as.ADMIN
    ) -> asgi.Reply:
        return await asking_as.ask(self.router, method, f"/v2/keys{path}", body, person)

    async def make(self, **fields: Any) -> dict[str, Any]:
        reply = await self.ask("POST", "", {"name": "laptop"} | fields)
        assert reply.status == 201, reply.body
        made: dict[str, Any] = reply.json
        return made


@pytest.fixture
def api(sqlite: Database) -> Api:
    return Api(sqlite)


async def test_a_key_is_made_and_its_secret_shown_once(api: Api) -> None:
    made = await api.make(**FULL)
    secret = made.pop("secret")
    assert secret.startswith(made["prefix"])
    assert made.pop("warnings") == []
    assert {name: made[name] for name in FULL} == FULL
    assert (made["state"], made["enabled"], made["today"]) == ("active", True, NOTHING)
    for reply in (await api.ask("GET", f"/{made['id']}"), await api.ask("GET", "")):
        assert secret not in reply.body.decode()
    assert (await api.ask("GET", f"/{made['id']}")).json == made
    assert (await api.ask("GET", "")).json == {"items": [made], "next_cursor": None}


async def test_a_key_without_restrictions_says_so(api: Api) -> None:
    made = await api.make()
    assert [made[name] for name in FULL if name != "name"] == [None] * (len(FULL) - 1)
    assert made["last_used_at"] is None


async def test_a_secret_may_be_brought_along(api: Api) -> None:
    made = await api.make(secret="sk-12345678")
    assert (made["secret"], made["prefix"]) == ("sk-12345678", "sk-")
    assert "may be guessed" in made["warnings"][0]
    again = await api.ask("POST", "", {"name": "again", "secret": "sk-12345678"})
    assert (again.status, again.json["error"]["code"]) == (409, "conflict")
    assert "sk-12345678" not in again.json["error"]["message"]


async def test_an_edit_leaves_what_it_does_not_name(api: Api) -> None:
    made = await api.make(**FULL)
    changes = {"name": "desktop", "enabled": False, "models": None, "usd_per_day": 0.3, "expires_at": None}
    reply = await api.ask("PATCH", f"/{made['id']}", changes)
    assert reply.status == 200
    edited = reply.json
    assert {name: edited[name] for name in FULL} == FULL | {
        name: value for name, value in changes.items() if name != "enabled"
    }
    assert (edited["state"], edited["created_at"]) == ("disabled", made["created_at"])
    assert (await api.ask("PATCH", f"/{made['id']}", {})).json["name"] == "desktop"


async def test_a_key_ends_at_its_time(api: Api) -> None:
    made = await api.make()
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    assert (await api.ask("PATCH", f"/{made['id']}", {"expires_at": past})).json["state"] == "expired"
    assert (await api.ask("POST", "", {"name": "late", "expires_at": past})).status == 422


async def test_a_rotated_key_has_a_new_secret(api: Api) -> None:
    made = await api.make()
    rotated = (await api.ask("POST", f"/{made['id']}/rotate")).json
    assert rotated["id"] == made["id"]
    assert rotated["secret"] != made["secret"]


async def test_a_deleted_key_is_gone(api: Api) -> None:
    made = await api.make()
    assert (await api.ask("DELETE", f"/{made['id']}")).status == 204
    for method, path in (("GET", ""), ("DELETE", ""), ("PATCH", ""), ("POST", "/rotate"), ("GET", "/usage")):
        reply = await api.ask(method, f"/{made['id']}{path}", {} if method == "PATCH" else b"")
        assert (reply.status, reply.json["error"]["code"]) == (404, "not_found")


async def test_keys_are_found_by_text_user_and_state(api: Api) -> None:
    await api.make(name="anna's laptop", user_id="usr_1")
    await api.make(name="robot", enabled=False)

    async def found(query: str) -> list[str]:
        return [key["name"] for key in (await api.ask("GET", f"?{query}")).json["items"]]

    assert await found("text=ANNA") == await found("user_id=usr_1") == await found("enabled=true")
    assert await found("enabled=false") == await found("text=rob") == ["robot"]
    first = (await api.ask("GET", "?limit=1")).json
    assert len(first["items"]) == 1
    second = (await api.ask("GET", f"?limit=1&cursor={first['next_cursor']}")).json
    assert second["next_cursor"] is None
    assert {first["items"][0]["name"], second["items"][0]["name"]} == {"anna's laptop", "robot"}


async def test_use_is_told_by_day(api: Api) -> None:
    made = await api.make()
    today = day_of(now_ms())
    used = UsedOnDay(made["id"], today, Used(2, 1, 10, 5, 1_500_000_000))
    await api.usage.add([used, UsedOnDay(made["id"], "2020-02-02", Used(7))])
    figures = {"requests": 2, "failures": 1, "input_tokens": 10, "output_tokens": 5, "cost_usd": 1.5}
    answer = (await api.ask("GET", f"/{made['id']}/usage")).json
    assert answer == {
        "items": [{"day": today, **figures}],
        "total": figures,
        "today": figures,
        "this_month": figures,
    }
    earlier = (await api.ask("GET", f"/{made['id']}/usage?from=2020-02-02&to=2020-02-03")).json
    assert [day["requests"] for day in earlier["items"]] == [earlier["total"]["requests"]] == [7]
    assert (await api.ask("GET", f"/{made['id']}")).json["this_month"] == figures


@pytest.mark.parametrize(
    "query", ["from=2020-01-01", "from=2026-02-02&to=2026-02-01", "from=x", "to=0001-01-01"]
)
async def test_ranges_are_checked(api: Api, query: str) -> None:
    made = await api.make()
    reply = await api.ask("GET", f"/{made['id']}/usage?{query}")
    assert reply.status == (200 if query == "to=0001-01-01" else 422)


async def test_holders_see_their_own_and_change_nothing(api: Api) -> None:
    mine, others = await api.make(user_id="usr_1"), await api.make(user_id="usr_0")
    listed = (await api.ask("GET", "", person=HOLDER)).json["items"]
    assert [key["id"] for key in listed] == [mine["id"]]
    assert (await api.ask("GET", f"/{others['id']}", person=HOLDER)).status == 404
    assert (await api.ask("GET", f"/{others['id']}/usage", person=HOLDER)).status == 404
    assert (await api.ask("GET", f"/{mine['id']}/usage", person=HOLDER)).status == 200
    for person in (HOLDER, VIEWER):
        for method, path, body in (
            ("POST", "", {"name": "x"}),
            ("PATCH", f"/{mine['id']}", {"name": "x"}),
            ("DELETE", f"/{mine['id']}", b""),
            ("POST", f"/{mine['id']}/rotate", b""),
        ):
            assert (await api.ask(method, path, body, person)).status == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"name": "x", "models": []}, "models"),
        ({"name": "x", "models": ["a\x00"]}, "models.0"),
        ({"name": "x", "models": "gpt"}, "models"),
        ({"name": "x", "ips": ["home"]}, "ips.0"),
        ({"name": "x", "mcp": ["files", "files:"]}, "mcp.1"),
        ({"name": "x", "max_concurrency": 0}, "max_concurrency"),
        ({"name": "x", "tokens_per_day": 10**30}, "tokens_per_day"),
        ({"name": "x", "usd_per_day": 0}, "usd_per_day"),
        ({"name": "x", "usd_per_day": 1e300}, "usd_per_day"),
        ({"name": "x", "expires_at": "9999-12-31T23:59:59-23:00"}, "expires_at"),
        ({"name": "x", "expires_at": -(10**30)}, "expires_at"),
        ({"name": "x", "secret": "short"}, "secret"),
        ({"name": "x", "secret": "not ascii ü"}, "secret"),
        ({"name": "x", "note": "\x00"}, "note"),
        ({"name": "x", "user_id": ""}, "user_id"),
        ({"name": "x", "colour": "red"}, "colour"),
    ],
)
async def test_what_cannot_be_kept_is_refused_by_its_field(api: Api, body: Any, field: str) -> None:
    reply = await api.ask("POST", "", body)
    assert reply.status == 422
    assert [each["field"] for each in reply.json["error"]["fields"]] == [field]


@pytest.mark.parametrize("body", [{"name": None}, {"enabled": None}, {"secret": "sk-12345678"}])
async def test_an_edit_cannot_take_away_what_a_key_needs(api: Api, body: Any) -> None:
    made = await api.make()
    assert (await api.ask("PATCH", f"/{made['id']}", body)).status == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/key_%00", 422),
        ("GET", f"/{'k' * 65}", 422),
        ("GET", "/key_1", 404),
        ("GET", "?cursor=x", 422),
        ("GET", "?limit=0", 422),
        ("GET", "?text=%00", 422),
        ("PUT", "", 405),
        ("PUT", "/key_1", 405),
    ],
)
async def test_other_questions_are_refused(api: Api, method: str, path: str, status: int) -> None:
    reply = await api.ask(method, path.replace("%00", "\0") if "?" not in path else path)
    assert (reply.status, "error" in reply.json) == (status, True)
