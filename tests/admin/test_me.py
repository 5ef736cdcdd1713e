"""One's own password, sessions and tokens."""

from pathlib import Path

import pytest

import asgi
from admin_site import Caller, open_site
from assembled import logged, script
from cli.gateways import gateway
from isthmus.control.people import Role
from isthmus.storage.database import Database
from signing_in import PASSWORD


async def test_sessions_are_seen_and_ended(sqlite: Database) -> None:
    site = await open_site(sqlite)
    await site.office.user("anna", Role.HOLDER)
    first, second, third = [await site.browser("anna") for _ in range(3)]
    listed = (await first("GET", "/v2/me/sessions")).json
    assert listed["next_cursor"] is None
    assert [each["current"] for each in listed["items"]].count(True) == 1
    ids = {each["current"]: each["id"] for each in (await second("GET", "/v2/me/sessions")).json["items"]}
    assert all(ids[True] not in cookie for cookie in second.cookies.values())
    assert (await first("DELETE", f"/v2/me/sessions/{ids[True]}")).status == 204
    assert (await first("DELETE", f"/v2/me/sessions/{ids[True]}")).status == 404
    assert (await second("GET", "/v2/me")).status == 401
    assert (await first("DELETE", "/v2/me/sessions")).json == {"ended": 1}
    assert ((await first("GET", "/v2/me")).status, (await third("GET", "/v2/me")).status) == (200, 401)


async def test_a_new_password_signs_out_everywhere_else(sqlite: Database) -> None:
    site = await open_site(sqlite)
    await site.office.user("anna", Role.VIEWER)
    first, second = await site.browser("anna"), await site.browser("anna")
    reply = await first("POST", "/v2/me/password", {"current": "wrong", "new": "another password"})
    assert (reply.status, [each["field"] for each in reply.json["error"]["fields"]]) == (422, ["current"])
    reply = await first("POST", "/v2/me/password", {"current": PASSWORD, "new": "another password"})
    assert reply.status == 204
    assert ((await first("GET", "/v2/me")).status, (await second("GET", "/v2/me")).status) == (200, 401)
    await site.browser("anna", "another password")


async def test_tokens_are_made_listed_and_removed(sqlite: Database) -> None:
    site = await open_site(sqlite)
    await site.office.user("anna", Role.VIEWER)
    await site.office.user("bert", Role.HOLDER)
    anna, bert = await site.browser("anna"), await site.browser("bert")
    made = await anna("POST", "/v2/me/tokens", {"name": "nightly", "expires_at": "2199-01-01T00:00:00Z"})
    assert made.status == 201 and made.json["expires_at"] == "2199-01-01T00:00:00.000Z"
    token = made.json["token"]
    script = Caller(site, {"authorization": f"bearer {token}"})
    assert (await script("GET", "/v2/me")).json == (await anna("GET", "/v2/me")).json
    listed = await anna("GET", "/v2/me/tokens")
    (shown,) = listed.json["items"]
    assert (shown["id"], shown["name"], shown["prefix"]) == (made.json["id"], "nightly", token[:10])
    assert shown["last_used_at"] is not None and token.encode() not in listed.body
    assert (await bert("GET", "/v2/me/tokens")).json["items"] == []
    assert (await bert("DELETE", f"/v2/me/tokens/{shown['id']}")).status == 404
    assert (await anna("DELETE", f"/v2/me/tokens/{shown['id']}")).status == 204
    assert (await script("GET", "/v2/me")).status == 401


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "a\0b"},
        {"name": "x" * 201},
        {"name": "late", "expires_at": "1999-01-01T00:00:00Z"},
        {"name": "odd", "expires_at": "tomorrow"},
        {"name": "far", "expires_at": "9999-12-31T23:59:59-23:59"},
        {"name": "number", "expires_at": 4_000_000_000},
        {"name": "huge", "expires_at": 10**30},
    ],
)
async def test_tokens_that_cannot_be_made(sqlite: Database, body: dict[str, object]) -> None:
    site = await open_site(sqlite)
    script = await site.script("anna", Role.HOLDER)
    assert (await script("POST", "/v2/me/tokens", body)).status == 422


async def test_a_script_has_no_session(sqlite: Database) -> None:
    site = await open_site(sqlite)
    script = await site.script("bot", Role.HOLDER)
    assert (await script("GET", "/v2/me/sessions")).json["items"] == []
    assert (await script("POST", "/v2/sign-out")).status == 204
    assert (await script("GET", "/v2/me")).status == 200


async def test_a_key_for_the_playground_does_not_close_an_open_gateway(tmp_path: Path) -> None:
    body = {"model": "dummy", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
    async with gateway(tmp_path) as (running, stores):
        root = await script(running, stores, Role.ADMIN)

        async def status(**headers: str) -> int:
            sent = {"content-type": "application/json", **headers}
            return (await asgi.ask(running.live.gateway, "POST", "/v1/messages", body, sent)).status

        made = (await root("POST", "/v2/me/playground-key")).json
        assert made["name"] == "Playground (admin)"
        assert await status(**{"x-api-key": made["secret"]}) == 200
        assert await status() == 200, "others need no key as before"
        again = (await root("POST", "/v2/me/playground-key")).json
        assert again["id"] == made["id"]
        assert await status(**{"x-api-key": again["secret"]}) == 200
        await logged(running, 3)
        rows = (await root("GET", "/v2/logs")).json["items"]
        assert [row["key_id"] for row in reversed(rows)] == [made["id"], None, made["id"]]
        assert (await root("POST", "/v2/keys", {"name": "lasting"})).status == 201
        assert await status() == 401, "a key that lasts closes it"
        assert await status(**{"x-api-key": again["secret"]}) == 200
        viewer = await script(running, stores, Role.VIEWER)
        refused = await viewer("POST", "/v2/me/playground-key")
        assert (refused.status, refused.json["error"]["code"]) == (403, "forbidden")
