"""`/v2/logins` drives a sign-in as the console does: start, show, poll, finish."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import asgi
import asking_as
from asking_as import HOLDER, VIEWER
from assembled import script
from cli.gateways import gateway
from desk import ANNA
from isthmus.admin.logins import router
from isthmus.control.people import Person, Role
from isthmus.simulators.amazon_q.simulator import Simulator
from isthmus.storage.database import Database
from isthmus.storage.vault import Vault
from signing_accounts import START_URL, Desk, open_desk


class Api:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.router = router(desk.logins)

    async def ask(self, method: str, path: str, body: Any = b"", person: Person = ANNA) -> asgi.Reply:
        reply = await asking_as.ask(self.router, method, f"/v2/logins{path}", body, person)
        for secret in (b"device-", b"client-secret-", b"aoa-sim-", b"aor-sim-"):
            assert secret not in reply.body
        return reply

    async def started(self, **body: Any) -> dict[str, Any]:
        reply = await self.ask("POST", "", {"provider": "amazon-q", **body})
        assert reply.status == 201, reply.body
        return dict(reply.json)


@pytest.fixture
async def api(sqlite: Database, vault: Vault) -> AsyncIterator[Api]:
    async with open_desk(sqlite, vault) as desk:
        yield Api(desk)


async def test_the_ways_to_sign_in_are_listed_with_what_they_ask(api: Api) -> None:
    [offered] = (await api.ask("GET", "/methods")).json["items"]
    assert (offered["provider"], offered["type"]) == ("amazon-q", "amazon-q")
    first, second = offered["methods"]
    assert (first["name"], first["options"]) == ("builder_id", [])
    assert [(each["name"], each["required"]) for each in second["options"]] == [
        ("start_url", True),
        ("auth_region", False),
    ]
    assert (await api.ask("GET", "/methods?provider=amazon-q")).json["items"] == [offered]
    assert (await api.ask("GET", "/methods?provider=nobody")).status == 404
    assert (await api.ask("GET", "/methods?provider=play")).status == 409


async def test_a_page_starts_polls_and_finishes(api: Api) -> None:
    begun = await api.started(label="team")
    assert begun["url"].endswith(f"?user_code={begun['code']}")
    assert (begun["state"], begun["interval_s"], begun["label"]) == ("waiting", 1.0, "team")
    assert begun["created_at"] == "2026-09-21T14:13:20.000Z"
    assert begun["next_poll_at"] == "2026-09-21T14:13:21.000Z"
    assert begun["expires_at"] == "2026-09-21T14:23:20.000Z"
    path = f"/{begun['id']}"
    assert (await api.ask("GET", path)).json == begun
    assert (await api.ask("POST", f"{path}/finish")).status == 409, "there is nothing that must be said"
    api.desk.simulator.approve(begun["code"], "anna@example.com")
    api.desk.clock.now_s += 1
    approved = (await api.ask("POST", f"{path}/poll")).json
    assert (approved["state"], approved["owner"]) == ("approved", "anna@example.com")
    finished = await api.ask("POST", f"{path}/finish", {"weight": 2})
    assert finished.status == 200, finished.body
    account = finished.json
    assert (account["kind"], account["label"], account["weight"]) == ("builder_id", "team", 2)
    [listed] = (await api.ask("GET", "")).json["items"]
    assert (listed["state"], listed["account_id"]) == ("finished", account["id"])


async def test_profiles_are_shown_to_choose_from(api: Api) -> None:
    owner = api.desk.with_profiles("anna@example.com", "SECONDPROFILE")
    begun = await api.started(method="idc", options={"start_url": START_URL})
    api.desk.simulator.approve(begun["code"], "anna@example.com")
    api.desk.clock.now_s += 1
    approved = (await api.ask("POST", f"/{begun['id']}/poll")).json
    assert [each["id"] for each in approved["profiles"]] == [owner.profile_arn, *owner.more_profiles]
    unchosen = await api.ask("POST", f"/{begun['id']}/finish", {})
    assert unchosen.status == 409
    assert [each["field"] for each in unchosen.json["error"]["fields"]] == ["profile"]
    chosen = await api.ask("POST", f"/{begun['id']}/finish", {"profile": owner.profile_arn})
    assert chosen.json["details"]["profile_arn"] == owner.profile_arn


async def test_a_sign_in_is_cancelled(api: Api) -> None:
    begun = await api.started()
    assert (await api.ask("DELETE", f"/{begun['id']}")).status == 204
    for method, path in (("GET", ""), ("POST", "/poll"), ("DELETE", "")):
        assert (await api.ask(method, f"/{begun['id']}{path}")).status == 404
    assert (await api.ask("POST", f"/{begun['id']}/finish", {})).status == 404


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "provider"),
        ({"provider": "amazon-q", "method": "idc"}, 422, "options.start_url"),
        ({"provider": "amazon-q", "methods": "idc"}, 422, "methods"),
        ({"provider": "nobody"}, 404, None),
        ({"provider": "play"}, 409, None),
        ({"account_id": "acc_gone"}, 404, None),
    ],
)
async def test_what_cannot_begin_says_why(
    api: Api, body: dict[str, Any], status: int, field: str | None
) -> None:
    refused = await api.ask("POST", "", body)
    assert refused.status == status, refused.body
    assert [each["field"] for each in refused.json["error"]["fields"]] == ([] if field is None else [field])
    assert (await api.ask("GET", "")).json == {"items": []}


async def test_administrators_alone_sign_accounts_in(api: Api) -> None:
    begun = await api.started()
    asked = [
        *[("GET", ""), ("GET", "/methods"), ("POST", ""), ("GET", f"/{begun['id']}")],
        *[("POST", f"/{begun['id']}/{each}") for each in ("poll", "finish")],
        ("DELETE", f"/{begun['id']}"),
    ]
    for method, path in asked:
        for person in (VIEWER, HOLDER):
            body = {"provider": "amazon-q"} if method == "POST" else b""
            sent = {} if path.endswith("finish") else body
            assert (await api.ask(method, path, sent, person)).status == 403, (method, path)
    assert (await api.ask("GET", f"/{begun['id']}")).json == begun


async def test_a_gateway_serves_what_has_signed_in(tmp_path: Path) -> None:
    """Wired as it is served: the provider's own addresses, the guard, and an account that is there at once."""
    async with Simulator() as simulator:
        amazon = {"type": "amazon-q", "amazon_q": simulator.settings}
        async with gateway(tmp_path, {"providers": {"amazon-q": amazon}}) as (running, stores):
            root = await script(running, stores, Role.ADMIN)
            begun = (await root("POST", "/v2/logins", {"provider": "amazon-q", "label": "mine"})).json
            simulator.approve(begun["code"])
            async with asyncio.timeout(30):
                while (await root("POST", f"/v2/logins/{begun['id']}/poll")).json["state"] == "waiting":
                    await asyncio.sleep(0.1)
            finished = await root("POST", f"/v2/logins/{begun['id']}/finish", {"weight": 2})
            assert finished.status == 200, finished.body
            account = finished.json
            assert (account["label"], account["state"]) == ("mine", "healthy")
            assert account["id"] in running.live.standings()
            noted = (await root("GET", "/v2/audit")).json["items"]
            actions = [each["action"] for each in noted if each["target"] in {begun["id"], account["id"]}]
            assert sorted(actions) == ["account.create", "login.finish", "login.start"]
