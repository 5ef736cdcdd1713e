"""Nobody gets past the guard: every route of the application is asked, by everybody, in every spelling."""

import re
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI

import asgi
from admin_site import FROM_OUR_PAGE, MAX_BODY_BYTES, REQUEST_ID, Caller, Site, every_route, open_site
from isthmus.admin.asking import Asker
from isthmus.admin.guard import MAX_PUBLIC_BODY_BYTES
from isthmus.admin.rules import need_for, suffices
from isthmus.control.clock import now_ms
from isthmus.control.identity import new_session_secret, new_token
from isthmus.control.people import OPERATOR, Role
from isthmus.storage.database import Database
from signing_in import PASSWORD

PUBLIC = {("GET", "/v2/setup"), ("POST", "/v2/setup"), ("POST", "/v2/sign-in")}


def elsewhere() -> APIRouter:
    """Routes as other parts of the API have them, so that the table is tried where it says something of them."""
    router = APIRouter()

    async def answer(asker: Asker) -> dict[str, str]:
        return {"name": asker.name}

    for path in ("keys", "keys/{id}", "logs", "stats", "models", "settings", "accounts/export", "backup"):
        router.add_api_route(f"/{path}", answer, methods=["GET"], name=f"read {path}")
    for path in ("keys", "logs/cleanup", "backup"):
        router.add_api_route(f"/{path}", answer, methods=["POST"], name=f"write {path}")
    return router


@pytest.fixture
async def site(sqlite: Database) -> Site:
    return await open_site(sqlite, [elsewhere()])


def inner(site: Site) -> FastAPI:
    app = site.app.app
    assert isinstance(app, FastAPI)
    return app


async def test_every_route_is_listed(site: Site) -> None:
    routes = set(every_route(inner(site)))
    described = {
        (method.upper(), re.sub(r"\{[^}]*\}", "x", path))
        for path, item in inner(site).openapi()["paths"].items()
        for method in item
    }
    assert described < routes and len(described) > 20
    assert {("GET", "/v2/openapi.json"), ("DELETE", "/v2/me/tokens/x")} < routes


async def test_every_route_but_three_needs_credentials(site: Site) -> None:
    for method, path in every_route(inner(site)):
        reply = await Caller(site)(method, path, headers=FROM_OUR_PAGE)
        assert (reply.status == 401) is ((method, path) not in PUBLIC), (method, path, reply.status)
        if reply.status == 401:
            assert reply.headers["www-authenticate"] == "Bearer"
            assert reply.json["error"]["code"] == "unauthenticated"
        assert_hardened(reply)


@pytest.mark.parametrize("role", Role)
async def test_every_role_gets_what_the_table_says(site: Site, role: Role) -> None:
    script = await site.script("bot", role)
    for method, path in every_route(inner(site)):
        reply = await script(method, path)
        allowed = suffices(role, need_for(method, path))
        assert (reply.status == 403) is not allowed, (method, path, reply.status)
        assert reply.status not in {401, 500}, (method, path)
        assert_hardened(reply)


def assert_hardened(reply: asgi.Reply) -> None:
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["x-request-id"] == REQUEST_ID


async def test_a_holder_reads_their_own_and_changes_nothing_else(site: Site) -> None:
    holder = await site.script("bot", Role.HOLDER)
    for path in ("/v2/me", "/v2/keys", "/v2/keys/key_1", "/v2/logs", "/v2/stats", "/v2/models"):
        assert (await holder("GET", path)).json["name"] == "bot", path
    for method, path in (
        ("POST", "/v2/keys"),
        ("GET", "/v2/settings"),
        ("GET", "/v2/users"),
        ("GET", "/v2/openapi.json"),
        ("GET", "/v2/nothing"),
        ("GET", "/v2/accounts/export"),
    ):
        assert (await holder(method, path)).status == 403, path


@pytest.mark.parametrize(
    "path",
    [
        "/v2/setup/",
        "//v2/setup",
        "/v2//setup",
        "/v2/./setup",
        "/v2/keys/../setup",
        "/V2/setup",
        "/v2/SETUP",
        "/v2/setup\0",
        "/v2/setup;x",
        "/v2/setup%2f..%2fkeys",
        "/v2",
        "/v2/",
        "/",
        "",
        "/v2/nothing",
        "/v2/openapi.json",
    ],
)
async def test_other_spellings_open_no_door(site: Site, path: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "POST", "get", "PROPFIND"):
        assert (await Caller(site)(method, path)).status == 401, method
    viewer = await site.script("bot", Role.VIEWER)
    for spelled in (
        "/v2/accounts/export/",
        "/v2//accounts/export",
        "//v2/accounts/export",
        "/v2/./accounts/export",
    ):
        assert (await viewer("GET", spelled)).status in {403, 404}
    admin = await site.script("root", Role.ADMIN)
    if path != "/v2/openapi.json":
        assert (await admin("GET", path)).status == 404


async def test_the_prefix_of_a_mount_hides_nothing(site: Site) -> None:
    """A server that says `root_path` must not make the application read another path than the guard did."""
    viewer = await site.script("bot", Role.VIEWER)

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        await site(scope | {"root_path": "/v2/me"}, receive, send)

    reply = await asgi.ask(mounted, "GET", "/v2/me/v2/accounts/export", headers=viewer.headers)
    assert reply.status == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer "},
        {"authorization": "Bearer isa_"},
        {"authorization": "Bearer isa_" + "x" * 40},
        {"authorization": "Bearer sk-isthmus-key"},
        {"authorization": "Basic YW5uYTp4"},
        {"authorization": "isa_" + "x" * 40},
        {"x-api-key": "isa_" + "x" * 40},
        {"cookie": "isthmus_session=" + "x" * 43},
        {"cookie": "isthmus_session"},
        {"cookie": "\x01=;;;=\xff"},
    ],
)
async def test_credentials_that_are_none(site: Site, headers: dict[str, str]) -> None:
    reply = await Caller(site, headers)("GET", "/v2/me")
    assert reply.status == 401
    assert b"xxxx" not in reply.body


async def test_a_wrong_token_is_not_made_up_for_by_a_cookie(site: Site) -> None:
    await site.office.user("anna")
    browser = await site.browser("anna")
    assert (
        await browser("GET", "/v2/me", headers={"authorization": f"Bearer {new_token().reveal()}"})
    ).status == 401
    assert (await browser("GET", "/v2/me", headers={"authorization": "Basic cHJveHk6eA=="})).status == 200


async def test_a_session_ends_by_itself(sqlite: Database) -> None:
    site = await open_site(sqlite)
    anna = await site.office.user("anna")
    expired = await site.office.tokens.create(OPERATOR, anna.id, "old", now_ms() + 1)
    caller = Caller(site, {"authorization": f"Bearer {expired.secret.reveal()}"})
    while now_ms() <= (expired.token.expires_ms or 0):
        pass
    assert (await caller("GET", "/v2/me")).status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 201),
        ({"sec-fetch-site": "none"}, 201),
        ({"origin": "http://127.0.0.1:8000"}, 201),
        ({"origin": "https://127.0.0.1:8000"}, 201),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, 201),
        ({}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8000"}, 403),
        ({"origin": "http://127.0.0.1:9000"}, 403),
        ({"origin": "http://127.0.0.1:8000.evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"referer": "http://127.0.0.1:8000/"}, 403),
    ],
)
async def test_a_cookie_changes_things_from_our_own_page_alone(
    site: Site, headers: dict[str, str], status: int
) -> None:
    await site.office.user("anna")
    browser = await site.browser("anna")
    browser.headers = headers
    made = await browser("POST", "/v2/me/tokens", {"name": "ci"})
    assert made.status == status
    listed = await Caller(site, dict(FROM_OUR_PAGE), browser.cookies)("GET", "/v2/me/tokens")
    assert len(listed.json["items"]) == (status == 201)


async def test_a_cookie_reads_nothing_for_a_foreign_page(site: Site) -> None:
    await site.office.user("anna")
    browser = await site.browser("anna")
    browser.headers = {}
    assert (await browser("GET", "/v2/me")).status == 200
    assert (await browser("GET", "/v2/me", headers={"sec-fetch-site": "cross-site"})).status == 403


async def test_a_token_needs_no_page(site: Site) -> None:
    script = await site.script("bot", Role.HOLDER)
    for headers in ({}, {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}):
        assert (await script("POST", "/v2/me/tokens", {"name": "ci"}, headers)).status == 201


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
async def test_a_form_is_no_request(site: Site, kind: str) -> None:
    await site.office.user("anna")
    browser = await site.browser("anna")
    reply = await browser("POST", "/v2/me/tokens", {"name": "ci"}, {"content-type": kind})
    assert (reply.status, "application/json" in reply.json["error"]["message"]) == (422, True)
    reply = await browser(
        "POST", "/v2/me/tokens", {"name": "ci"}, {"content-type": "Application/JSON; charset=utf-8"}
    )
    assert reply.status == 201


async def test_no_body_is_larger_than_bearable(site: Site) -> None:
    script = await site.script("bot", Role.HOLDER)
    big, public = b" " * (MAX_BODY_BYTES + 1), b" " * (MAX_PUBLIC_BODY_BYTES + 1)
    chunked = {"transfer-encoding": "chunked"}
    for headers in ({}, chunked):
        reply = await script("POST", "/v2/me/tokens", big, headers)
        assert (reply.status, "too large" in reply.json["error"]["message"]) == (422, True)
        reply = await Caller(site)("POST", "/v2/sign-in", public, headers)
        assert (reply.status, "too large" in reply.json["error"]["message"]) == (422, True)
    assert (await script("POST", "/v2/me/tokens", {"name": "ci"}, chunked)).status == 201
    for length in ("9" * 4000, "-1", "x", ""):
        assert (await script("POST", "/v2/me/tokens", b"{}", {"content-length": length})).status == 422


async def test_what_is_said_shows_no_secret(site: Site) -> None:
    cookie = new_session_secret().reveal()
    reply = await Caller(site, {}, {"isthmus_session": cookie})("GET", "/v2/me")
    assert cookie.encode() not in reply.body
    assert PASSWORD.encode() not in (await Caller(site)("POST", f"/v2/{PASSWORD}")).body


async def test_nothing_but_http_is_served(site: Site) -> None:
    with pytest.raises(ValueError, match="websocket"):
        await site.app({"type": "websocket"}, None, None)
