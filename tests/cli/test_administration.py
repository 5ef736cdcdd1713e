"""What the admin API says of a gateway is so, and what it is told happens."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from asgi import Reply, ask
from assembled import Script, logged, script
from cli.gateways import gateway
from isthmus.cli.running import Running
from isthmus.control.people import Role
from simulators.openai_vendor import OpenAIVendor

GOOD, BAD = "sk-good-0123456789abcdef", "sk-bad-0123456789abcdef"
MODELS = {"well": "sim-echo", "limited": "sim-429-then-ok"}
JSON = {"content-type": "application/json"}
OUR_PAGE = {**JSON, "sec-fetch-site": "same-origin"}


@dataclass(frozen=True, slots=True)
class Scene:
    """A gateway in front of a simulated vendor, and its administrator."""

    running: Running
    vendor: OpenAIVendor
    root: Script

    async def account(self, key: str, label: str) -> str:
        body = {"provider": "vendor", "label": label, "credential": {"api_key": key}}
        made = await self.root("POST", "/v2/accounts", body)
        assert made.status == 201, made.body
        return str(made.json["id"])

    async def hello(self, model: str, headers: dict[str, str] | None = None) -> Reply:
        asked = {"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
        sent = {**JSON, **(headers or {})}
        return await ask(self.running.live.gateway, "POST", "/v1/chat/completions", asked, sent)

    async def shown(self, id: str) -> Any:
        return (await self.root("GET", f"/v2/accounts/{id}")).json


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        vendor = await stack.enter_async_context(OpenAIVendor(keys=[GOOD]))
        providers = {
            "vendor": {"type": "openai-compatible", "base_url": vendor.base_url, "models": MODELS},
            "dummy": {"type": "dummy"},
        }
        running, stores = await stack.enter_async_context(gateway(tmp_path, {"providers": providers}))
        yield Scene(running, vendor, await script(running, stores, Role.ADMIN))


async def test_an_account_is_tried_with_a_real_call(scene: Scene) -> None:
    good, bad = await scene.account(GOOD, "good"), await scene.account(BAD, "bad")
    well = (await scene.root("POST", f"/v2/accounts/{good}/test")).json
    assert (well["ok"], well["model"], well["error"]) == (True, "sim-echo", None)
    asked = [request for request in scene.vendor.requests if request.method == "POST"]
    assert [request.headers["authorization"] for request in asked] == [f"Bearer {GOOD}"]
    refused = (await scene.root("POST", f"/v2/accounts/{bad}/test")).json
    assert not refused["ok"] and "Incorrect API key" in refused["error"] and BAD not in refused["error"]
    every = (await scene.root("POST", "/v2/accounts/test?provider=vendor")).json["items"]
    tried = {each["label"]: each["ok"] for each in every}
    assert tried == {"good": True, "bad": False}
    for id in (good, bad):
        account = await scene.shown(id)
        assert (account["state"], account["failures"]) == ("healthy", 0), "trying changes nothing"


async def test_an_account_rests_in_the_api_as_it_does_in_the_pool(scene: Scene) -> None:
    id = await scene.account(GOOD, "good")
    for other in (await scene.root("GET", "/v2/accounts?provider=vendor")).json["items"]:
        assert other["state"] == "healthy"
    before = datetime.now(UTC)
    assert (await scene.hello("limited")).status == 429
    account = await scene.shown(id)
    (rest,) = account["coolings"]
    until = datetime.fromisoformat(rest["until"])
    assert account["state"] == "cooling"
    assert before < until < before + timedelta(seconds=30)
    assert (rest["reason"], rest["text"]) == ("rate_limit", "Rate limit reached.")
    asked = len(scene.vendor.requests)
    assert (await scene.hello("limited")).status == 429
    assert len(scene.vendor.requests) == asked, "nobody asks an account that rests"


async def test_a_rest_that_an_operator_ends_is_over_at_once(scene: Scene) -> None:
    id = await scene.account(GOOD, "good")
    assert (await scene.hello("limited")).status == 429
    cleared = await scene.root("POST", f"/v2/accounts/{id}/clear-cooldown")
    assert (cleared.status, cleared.json["coolings"]) == (200, [])
    assert (await scene.shown(id))["state"] == "healthy"
    assert (await scene.hello("limited")).status == 200


async def test_settings_take_effect_at_once(scene: Scene) -> None:
    changed = await scene.root("PUT", "/v2/settings", {"aliases": {"fast": "dummy/dummy"}})
    assert {each["name"] for each in changed.json["items"] if each["changed"]} == {"aliases"}
    assert (await scene.hello("fast")).json["model"] == "fast"
    listed = (await scene.root("GET", "/v2/models?text=fast")).json["items"]
    assert [(each["name"], each["alias_of"]) for each in listed] == [("fast", "dummy/dummy")]
    limit = {"ip_limit.enabled": True, "ip_limit.max_requests": 1, "aliases": None}
    assert (await scene.root("PUT", "/v2/settings", limit)).status == 200
    assert [(await scene.hello("dummy/dummy")).status for _ in range(2)] == [200, 429]
    assert (await scene.root("GET", "/v2/models?text=fast")).json["items"] == []


async def test_a_key_is_good_as_soon_as_it_has_been_made_and_bad_as_soon_as_it_is_not(scene: Scene) -> None:
    key = (await scene.root("POST", "/v2/keys", {"name": "one"})).json
    bearer = {"authorization": f"Bearer {key['secret']}"}
    assert (await scene.hello("dummy/dummy", bearer)).status == 200
    assert (await scene.root("PATCH", f"/v2/keys/{key['id']}", {"enabled": False})).status == 200
    assert (await scene.hello("dummy/dummy", bearer)).status == 401


async def test_an_account_is_shown_as_it_is_after_the_change(scene: Scene) -> None:
    id = await scene.account(GOOD, "good")
    for enabled, state in ((False, "disabled"), (True, "healthy")):
        changed = await scene.root("PATCH", f"/v2/accounts/{id}", {"enabled": enabled})
        assert changed.json["state"] == state


async def test_another_gateway_notices_a_change_when_it_looks(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (one, stores), gateway(tmp_path) as (other, _):
        root = await script(one, stores, Role.ADMIN)
        blocked = {"network": "127.0.0.0/8", "force": True}
        assert (await root("POST", "/v2/ips/block", blocked)).status == 200
        assert (await ask(one.live.gateway, "GET", "/v2/setup")).status == 403
        await other.live.look()
        assert (await ask(other.live.gateway, "GET", "/v2/setup")).status == 403


async def test_a_wrong_setting_changes_nothing(scene: Scene) -> None:
    wrong = {"ip_limit.enabled": True, "request_log.retention_days": -1}
    refused = await scene.root("PUT", "/v2/settings", wrong)
    assert refused.status == 422
    assert [each["field"] for each in refused.json["error"]["fields"]] == ["request_log.retention_days"]
    assert not any(each["changed"] for each in (await scene.root("GET", "/v2/settings")).json["items"])


async def test_whoever_shows_a_key_sees_what_it_used(scene: Scene) -> None:
    made = [(await scene.root("POST", "/v2/keys", {"name": name})).json for name in ("one", "two")]
    one, two = ({"authorization": f"Bearer {key['secret']}"} for key in made)
    assert (await scene.hello("dummy/dummy", one)).status == 200
    await logged(scene.running, 1)
    app = scene.running.live.gateway
    summary = (await ask(app, "GET", "/stats", headers=one)).json
    assert summary["today"]["requests"] == summary["month"]["requests"] == 1
    assert summary["today"]["output_tokens"] > 0
    assert (await ask(app, "GET", "/stats", headers=two)).json["today"]["requests"] == 0
    assert (await ask(app, "GET", "/stats")).status == 401, "there are keys now"
    assert (await ask(app, "POST", "/v1/conversations", headers=one)).status == 201
    kept = [
        (await ask(app, "GET", "/stats", headers=each)).json["conversations"]["kept"] for each in (one, two)
    ]
    assert kept == [1, 0]
    assert (await scene.root("GET", "/v2/stats")).json["conversations"]["kept"] == 1


async def test_a_database_in_trouble_is_no_bug_of_ours(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (running, stores):
        root = await script(running, stores, Role.ADMIN)
        for there, gone, status, code in (
            ("accounts", "elsewhere", 503, "unavailable"),
            ("elsewhere", "accounts", 200, None),
        ):
            with closing(sqlite3.connect(tmp_path / "isthmus.db")) as connection, connection:
                connection.execute(f"ALTER TABLE {there} RENAME TO {gone}")
            reply = await root("GET", "/v2/accounts")
            assert (reply.status, reply.json.get("error", {}).get("code")) == (status, code)


async def test_from_the_first_start_to_a_script_that_works(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (running, _):
        app = running.live.gateway
        found = re.search(r"set-up token (\S+)", running.notes[0])
        assert found is not None
        person = {"name": "Anna", "password": "correct horse 7"}
        refused = await ask(app, "POST", "/v2/setup", {**person, "token": "x"}, JSON)
        assert refused.status == 401
        made = await ask(app, "POST", "/v2/setup", {**person, "token": found[1]}, OUR_PAGE)
        assert (made.status, made.json["name"], made.json["role"]) == (200, "anna", "admin")
        again = await ask(app, "POST", "/v2/setup", {**person, "token": found[1]}, OUR_PAGE)
        assert again.status in {401, 409}
        assert (await ask(app, "GET", "/v2/setup")).json == {"needed": False}
        cookie = {"cookie": made.headers["set-cookie"].partition(";")[0], **OUR_PAGE}
        token = (await ask(app, "POST", "/v2/me/tokens", {"name": "script"}, cookie)).json["token"]
        assert (await ask(app, "POST", "/v2/sign-out", headers=cookie)).status == 204
        assert (await ask(app, "GET", "/v2/me", headers=cookie)).status == 401
        bearer = {"authorization": f"Bearer {token}"}
        assert (await ask(app, "GET", "/v2/me", headers=bearer)).json["name"] == "anna"
        done = [line["action"] for line in (await ask(app, "GET", "/v2/audit", headers=bearer)).json["items"]]
        assert done[0] == "sign_out" and "set_up" in done
    async with gateway(tmp_path) as (running, _):
        assert running.notes == [], "the set-up is done once"
        assert (await ask(running.live.gateway, "GET", "/v2/me", headers=bearer)).status == 200
