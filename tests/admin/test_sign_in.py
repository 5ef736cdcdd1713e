"""Setting up, signing in, signing out."""

import pytest

from admin_site import FROM_OUR_PAGE, REQUEST_ID, Caller, open_site
from isthmus.control.attempts import FREE
from isthmus.control.people import Role
from isthmus.storage.database import Database
from signing_in import PASSWORD


async def test_the_first_administrator_sets_the_gateway_up(sqlite: Database) -> None:
    site = await open_site(sqlite)
    token = site.office.sign_in.first.token
    assert token is not None
    browser = Caller(site, dict(FROM_OUR_PAGE))
    assert (await browser("GET", "/v2/setup")).json == {"needed": True}
    body = {"token": "wrong", "name": "anna", "password": PASSWORD}
    assert (await browser("POST", "/v2/setup", body)).status == 401
    assert browser.cookies == {}
    reply = await browser("POST", "/v2/setup", body | {"token": token.reveal()})
    assert reply.status == 200
    assert reply.json == (await browser("GET", "/v2/me")).json
    assert (reply.json["name"], reply.json["role"]) == ("anna", "admin")
    assert (await browser("GET", "/v2/setup")).json == {"needed": False}
    assert (await browser("POST", "/v2/setup", body | {"token": token.reveal()})).status == 409


async def test_signing_in_and_out(sqlite: Database) -> None:
    site = await open_site(sqlite)
    await site.office.user("anna", Role.HOLDER)
    browser = await site.browser("anna")
    stolen = dict(browser.cookies)
    assert (await browser("GET", "/v2/me")).json["role"] == "holder"
    assert (await browser("POST", "/v2/sign-out")).status == 204
    assert (await browser("GET", "/v2/me")).status == 401
    assert (await Caller(site, {}, stolen)("GET", "/v2/me")).status == 401


async def test_a_program_may_sign_in_too(sqlite: Database) -> None:
    """It says nothing of pages; only a browser that names a foreign one is refused."""
    site = await open_site(sqlite)
    await site.office.user("anna")
    body = {"name": "anna", "password": PASSWORD}
    assert (await Caller(site)("POST", "/v2/sign-in", body)).status == 200
    for foreign in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        assert (await Caller(site, foreign)("POST", "/v2/sign-in", body)).status == 403


async def test_guessing_is_answered_with_a_wait(sqlite: Database) -> None:
    site = await open_site(sqlite)
    caller = Caller(site)
    for _ in range(FREE):
        assert (await caller("POST", "/v2/sign-in", {"name": "x", "password": "y"})).status == 401
    reply = await caller("POST", "/v2/sign-in", {"name": "x", "password": "y"})
    assert (reply.status, reply.json["error"]["code"]) == (429, "too_many_attempts")
    assert reply.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"name": "anna"}',
        b'{"name": "", "password": "secret-password"}',
        b'{"name": "a\\u0000b", "password": "secret-password"}',
        b'{"name": "\\ud800", "password": "secret-password"}',
        b'{"name": "anna", "password": "secret-password", "more": 1}',
        b'{"name": 1, "password": ["secret-password"]}',
        b'{"name": "anna", "password": "' + b"secret-password" * 100 + b'"}',
        b"\xff\xfe",
    ],
)
async def test_input_that_is_none_is_refused_without_repeating_it(sqlite: Database, body: bytes) -> None:
    site = await open_site(sqlite)
    reply = await Caller(site)("POST", "/v2/sign-in", body)
    assert reply.status in {400, 422}, reply.body
    assert reply.json["error"]["request_id"] == REQUEST_ID
    assert b"secret-password" not in reply.body


async def test_half_a_character_is_only_wrong(sqlite: Database) -> None:
    """JSON can write what UTF-8 cannot."""
    site = await open_site(sqlite)
    await site.office.user("anna", Role.VIEWER)
    reply = await Caller(site)("POST", "/v2/sign-in", b'{"name": "anna", "password": "\\ud800 0123456789"}')
    assert reply.status == 401
    body = b'{"token": "\\ud800", "name": "anna", "password": "0123456789"}'
    assert (await Caller(site)("POST", "/v2/setup", body)).status == 401
