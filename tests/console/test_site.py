"""Under `/admin` there is one page, its files, and nothing else of the machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from asgi import Reply, ask
from isthmus.console.assets import Asset
from isthmus.console.site import UNBUILT, ConsoleSite, open_site

PAGE, SCRIPT = b"<!doctype html><p>page", b"script();"
SITE = ConsoleSite(
    {
        "index.html": Asset("text/html; charset=utf-8", PAGE, "p1", {"br": b"page-br", "gzip": b"page-gz"}),
        "assets/app-1a2b.js": Asset("text/javascript; charset=utf-8", SCRIPT, "s1", {}),
    }
)
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-encoding": "gzip, deflate, br"}


async def get(path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Reply:
    return await ask(SITE, method, path, headers=headers or {})


@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/index.html", "/admin/keys", "/admin/logs/req_1", "/admin/a/b/c"]
)
async def test_every_page_is_the_one_page(path: str) -> None:
    reply = await get(path)
    assert (reply.status, reply.body) == (200, PAGE)
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["cache-control"] == "no-cache"


async def test_a_page_may_look_like_a_file_where_a_browser_goes_to_it() -> None:
    assert (await get("/admin/models/claude-sonnet-4.5", BROWSER)).status == 200
    assert (await get("/admin/models/claude-sonnet-4.5", {"accept": "*/*"})).status == 404


async def test_the_bare_name_leads_to_the_page() -> None:
    reply = await get("/admin")
    assert (reply.status, reply.headers["location"]) == (302, "/admin/")


async def test_files_named_by_their_content_are_kept_for_good() -> None:
    reply = await get("/admin/assets/app-1a2b.js", BROWSER)
    assert (reply.status, reply.body) == (200, SCRIPT)
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "content-encoding" not in reply.headers


@pytest.mark.parametrize(
    "path",
    [
        "/admin/assets/gone-1a2b.js",
        "/admin/assets/",
        "/admin/assets/../../site.py",
        "/admin/../pyproject.toml",
        "/admin/index.html.br",
        "/admin//etc/passwd.txt",
        "/admin/favicon.ico",
    ],
)
async def test_what_is_not_a_file_of_the_console_is_not_here(path: str) -> None:
    reply = await get(path)
    assert reply.status == 404
    assert reply.headers["cache-control"] == "no-store"


async def test_a_missing_script_is_never_the_page() -> None:
    """A browser with an older page would try to run it."""
    assert (await get("/admin/assets/gone-1a2b.js", BROWSER)).status == 404


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [("gzip, deflate, br", "br", b"page-br"), ("gzip", "gzip", b"page-gz"), ("", None, PAGE)],
)
async def test_a_page_travels_compressed(accepted: str, encoding: str | None, body: bytes) -> None:
    reply = await get("/admin/", {"accept-encoding": accepted})
    assert (reply.headers.get("content-encoding"), reply.body) == (encoding, body)
    assert reply.headers["vary"] == "accept-encoding"
    assert reply.headers["content-length"] == str(len(body))


@pytest.mark.parametrize("accepted", ["br", ""])
async def test_what_a_browser_has_is_not_sent_again(accepted: str) -> None:
    first = await get("/admin/", {"accept-encoding": accepted})
    for known in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
        again = await get("/admin/", {"accept-encoding": accepted, "if-none-match": known})
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert "content-length" not in again.headers
    other = await get("/admin/", {"accept-encoding": "gzip", "if-none-match": first.headers["etag"]})
    assert other.status == 200, "another form is another answer"


async def test_head_says_the_same_without_the_body() -> None:
    got, head = await get("/admin/"), await get("/admin/", method="HEAD")
    assert (head.status, head.headers, head.body) == (200, got.headers, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_pages_are_only_read(method: str) -> None:
    reply = await get("/admin/", method=method)
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/admin", "/admin/", "/admin/assets/app-1a2b.js", "/admin/gone.js"])
async def test_every_answer_keeps_foreign_scripts_and_frames_out(path: str) -> None:
    headers = (await get(path)).headers
    policy = dict(each.strip().split(" ", 1) for each in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert "script-src" not in policy, "scripts are what default-src says: no inline, no eval"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == "'none'"
    assert "http" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"


async def test_a_built_console_is_what_is_served(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_bytes(PAGE)
    site = open_site(tmp_path)
    assert site.is_built
    assert (await ask(site, "GET", "/admin/")).body == PAGE


async def test_without_one_a_page_says_what_to_do(tmp_path: Path) -> None:
    site = open_site(tmp_path / "none")
    assert not site.is_built
    reply = await ask(site, "GET", "/admin/keys", headers=BROWSER)
    assert reply.status == 503
    assert b"make console" in reply.body
    assert b'lang="zh-CN"' in reply.body


def test_that_page_asks_for_nothing() -> None:
    page = (UNBUILT / "index.html").read_text("utf-8")
    assert not re.search(r"<script|<link|<img|https?://|@import|url\(", page)
