"""The session cookie."""

import pytest

from admin_site import FROM_OUR_PAGE, Caller, open_site
from isthmus.admin.session import cookie_in, cookie_name
from isthmus.core.secret import Secret
from isthmus.storage.database import Database
from signing_in import PASSWORD


@pytest.mark.parametrize(
    ("scheme", "name", "flags"),
    [
        ("http", "isthmus_session", {"HttpOnly", "Path=/", "SameSite=strict", "Max-Age=43200"}),
        (
            "https",
            "__Host-isthmus_session",
            {"HttpOnly", "Path=/", "SameSite=strict", "Max-Age=43200", "Secure"},
        ),
    ],
)
async def test_the_cookie_is_out_of_the_reach_of_pages_and_networks(
    sqlite: Database, scheme: str, name: str, flags: set[str]
) -> None:
    site = await open_site(sqlite, scheme=scheme)
    await site.office.user("anna")
    browser = Caller(site, dict(FROM_OUR_PAGE))
    reply = await browser("POST", "/v2/sign-in", {"name": "anna", "password": PASSWORD})
    value, *attributes = reply.headers["set-cookie"].split("; ")
    assert value.startswith(f"{name}=") and len(value) == len(name) + 44
    assert set(attributes) == flags
    assert (await browser("GET", "/v2/me")).status == 200
    reply = await browser("POST", "/v2/sign-out")
    assert "Max-Age=0" in reply.headers["set-cookie"]
    assert browser.cookies == {}


def test_each_scheme_reads_its_own_cookie() -> None:
    headers = ["a=1; isthmus_session=plain", "__Host-isthmus_session=safe"]
    assert cookie_in(headers, "http") == Secret("plain")
    assert cookie_in(headers, "https") == Secret("safe")
    for none in ([], [""], ["isthmus_session="], ["isthmus_session"], ["xisthmus_session=a"]):
        assert cookie_in(none, "http") is None
    assert cookie_name("https") != cookie_name("http")
