"""The way in, and the frame around every page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from console.browsing import ROOT, Visits
from console.scenery import PASSWORD, PEOPLE
from isthmus.console.site import BUILT

FIRST_LOAD_BYTES = 250 << 10
PAGES = re.findall(r"path: '(/[^']*)'", (ROOT / "console/src/pages.ts").read_text("utf-8"))
_TRANSFERRED = """() => Object.fromEntries([
    ...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource'),
].map((each) => [each.name, each.transferSize]))"""
_NOTHING_COMES = """() => performance.now() - Math.max(...performance.getEntriesByType('resource')
    .filter((each) => each.name.includes('/assets/')).map((each) => each.responseEnd)) > 600"""


def sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_signing_in_leads_to_where_one_wanted_to_go(visit: Visits) -> None:
    page = visit("/about", role=None)
    expect(page).to_have_url(f"{visit.scenery.origin}/admin/sign-in?next=/about")
    sign_in(page, PEOPLE["viewer"], "not the password")
    expect(page.get_by_role("alert")).to_be_visible()
    sign_in(page, PEOPLE["viewer"], PASSWORD)
    expect(page).to_have_url(f"{visit.scenery.origin}/admin/about")
    expect(page.get_by_role("navigation").first).to_be_visible()


def test_signing_out_leads_back_to_the_door(visit: Visits) -> None:
    page = visit("/profile", cookie=visit.scenery.person("odile", "viewer"))
    page.get_by_role("button", name="odile").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page).to_have_url(re.compile(r"/admin/sign-in"))
    page.goto(f"{visit.scenery.origin}/admin/profile")
    expect(page).to_have_url(re.compile(r"/admin/sign-in"))


def test_a_gateway_in_trouble_is_said_and_asked_again(visit: Visits) -> None:
    visit.forgive(r"500|Internal Server Error")
    page = visit("/about", role="viewer")
    expect(page.get_by_role("heading", name="About")).to_be_visible()
    page.route(
        "**/v2/me",
        lambda route: route.fulfill(status=500, json={"error": {"code": "internal", "message": "a bug"}}),
    )
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("a bug")
    page.unroute("**/v2/me")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="About")).to_be_visible()


@pytest.mark.parametrize(("language", "words"), [("en", "Sign in"), ("zh", "登录")])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_browser_says_language_and_theme(
    visit: Visits,
    accessible: Callable[[Page], None],
    shot: Callable[[Page, str], None],
    language: str,
    words: str,
    theme: str,
) -> None:
    page = visit("/sign-in", role=None, language=language, theme=theme)
    expect(page.get_by_role("button", name=words)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN" if language == "zh" else "en")
    is_dark = page.evaluate("() => document.documentElement.classList.contains('dark')")
    assert is_dark is (theme == "dark")
    accessible(page)
    if (language, theme) == ("en", "light"):
        shot(page, "sign-in")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_the_frame_is_accessible(visit: Visits, accessible: Callable[[Page], None], phone: bool) -> None:
    page = visit("/no-such-page", phone=phone)
    expect(page.get_by_role("main")).to_be_visible()
    accessible(page)
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], "the page is wider than the screen"


def test_a_role_sees_its_own_pages_in_the_menu(visit: Visits) -> None:
    links = {}
    for role in ("admin", "holder"):
        page = visit("/no-such-page", role=role)
        expect(page.get_by_role("link", name="API keys").first).to_be_visible()
        links[role] = page.get_by_role("link", name="Users").count()
    assert links["admin"] >= 1
    assert links["holder"] == 0


@pytest.mark.parametrize("path", ["/sign-in", "/no-such-page", *PAGES])
def test_the_first_load_is_small(visit: Visits, path: str) -> None:
    """Whatever page one opens first, with all that it draws by itself; what the API answers is not counted."""
    if not list((BUILT / "assets").glob("*.js.br")):
        pytest.skip("needs a console whose files have been compressed: run `make console`")
    page = visit(path, role=None if path == "/sign-in" else "admin", first=True)
    page.get_by_role("heading").first.wait_for()
    if path == "/":
        expect(page.locator("figure canvas")).to_have_count(3)
    page.wait_for_function(_NOTHING_COMES)
    sizes: dict[str, int] = page.evaluate(_TRANSFERRED)
    files = {name: size for name, size in sizes.items() if "/v2/" not in name}
    assert any(name.endswith(".js") for name in files)
    assert all(files.values()), f"not a first visit: {files}"
    assert sum(files.values()) < FIRST_LOAD_BYTES, sorted(files.items(), key=lambda each: -each[1])[:12]


def test_no_script_is_inline_and_none_is_made_of_text(visit: Visits) -> None:
    page = visit("/sign-in", role=None)
    assert page.evaluate("() => [...document.scripts].filter((each) => !each.src).length") == 0
    policy = visit.scenery.gateway.ask("/admin/sign-in").headers["content-security-policy"]
    assert "unsafe-eval" not in policy
    assert "script-src" not in policy
    visit.forgive("Content Security Policy")
    ran = page.evaluate(
        """() => {
            const script = document.createElement('script')
            script.textContent = 'globalThis.ran = true'
            document.head.append(script)
            return globalThis.ran === true
        }"""
    )
    assert ran is False


def test_what_pages_may_not_do_is_noticed(visit: Visits) -> None:
    """The guards of all other browser tests."""
    page = visit("/sign-in", role=None)
    page.evaluate(
        "() => { fetch('http://192.0.2.1/x').catch(() => null); new Image().src = 'http://192.0.2.1/y' }"
    )
    page.evaluate("() => { setTimeout(() => { throw new Error('on purpose') }) }")
    page.evaluate("() => { console.error('said aloud') }")
    page.wait_for_timeout(300)
    found = visit.unforgiven()
    for word in ("Content Security Policy", "script failed: on purpose", "console error: said aloud"):
        assert any(word in each for each in found), found
    visit.forgive("")


def test_a_page_is_found_by_its_name(visit: Visits) -> None:
    page = visit("/no-such-page", role="viewer")
    expect(page.get_by_role("button", name="Search or jump to")).to_be_visible()
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog")
    palette.get_by_placeholder("Search or jump to").fill("abou")
    expect(palette.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{visit.scenery.origin}/admin/about")
