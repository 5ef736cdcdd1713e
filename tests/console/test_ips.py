"""The addresses page: what is refused, and who asks most."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from console.browsing import Visits
from console.scenery import Scenery


@pytest.fixture(autouse=True)
def nobody_stays_blocked(seen: Scenery) -> Iterator[None]:
    yield
    for each in seen.api("GET", "/v2/ips/blocked")["items"]:
        seen.api("POST", "/v2/ips/unblock", {"network": each["network"]})


def row(page: Page, network: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_text(network, exact=True))


def block(page: Page, network: str) -> Locator:
    """The dialog, with this written in it."""
    page.get_by_role("button", name="Block", exact=True).first.click()
    dialog = page.get_by_role("dialog", name="Block an address")
    dialog.get_by_label("Address or network").fill(network)
    return dialog


def test_a_network_is_blocked_found_and_unblocked(visit: Visits, accessible: Callable[[Page], None]) -> None:
    seen = visit.scenery
    page = visit("/ips")
    expect(page.get_by_text("No address is blocked")).to_be_visible()
    dialog = block(page, "203.0.113.300")
    expect(dialog.get_by_text("This is neither an address nor a network.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Block")).to_be_disabled()
    dialog.get_by_label("Address or network").fill("203.0.113.77/24")
    expect(dialog.get_by_text("256 addresses")).to_be_visible()
    dialog.get_by_label("Reason").fill("guesses keys")
    dialog.get_by_label("Ends").click()
    page.get_by_role("option", name="In 7 days").click()
    accessible(page)
    dialog.get_by_label("Reason").press("Enter")
    expect(row(page, "203.0.113.0/24")).to_contain_text("guesses keys")
    expect(row(page, "203.0.113.0/24")).to_contain_text(re.compile(r"6 d 23 h|7 d"))
    [stored] = seen.api("GET", "/v2/ips/blocked")["items"]
    assert (stored["network"], stored["reason"]) == ("203.0.113.0/24", "guesses keys")

    dialog = block(page, "203.0.113.9")
    expect(dialog.get_by_text("It lies in 203.0.113.0/24")).to_be_visible()
    dialog.get_by_label("Address or network").fill("2001:db8::7")
    dialog.get_by_role("button", name="Block").click()
    expect(row(page, "2001:db8::7")).to_contain_text("until unblocked")
    page.keyboard.press("/")
    page.keyboard.type("203.0.113.200")
    expect(page.get_by_text("1 block", exact=True)).to_be_visible()
    expect(row(page, "203.0.113.0/24")).to_be_visible()
    page.get_by_role("button", name="Unblock 203.0.113.0/24").click()
    page.get_by_test_id("confirm").click()
    page.get_by_role("button", name="Clear the search").click()
    expect(row(page, "203.0.113.0/24")).to_have_count(0)
    assert [each["network"] for each in seen.api("GET", "/v2/ips/blocked")["items"]] == ["2001:db8::7/128"]


def test_what_may_shut_one_out_is_said_twice(visit: Visits, accessible: Callable[[Page], None]) -> None:
    # Loopback, as where the test comes from, but another address of it.
    page = visit("/ips")
    dialog = block(page, "127.77.0.1")
    dialog.get_by_label("Ends").click()
    page.get_by_role("option", name="At a time of your own").click()
    dialog.get_by_label("End", exact=True).fill("2020-01-01T00:00")
    expect(dialog.get_by_text("Choose a time that is still to come.")).to_be_visible()
    dialog.get_by_label("End", exact=True).fill("2999-01-01T00:00")
    dialog.get_by_role("button", name="Block").click()
    expect(dialog.get_by_role("alert")).to_contain_text("127.77.0.1/32 is this machine itself")
    expect(dialog.get_by_role("button", name="Block")).to_be_disabled()
    accessible(page)
    dialog.get_by_role("checkbox", name="I know; block it").check()
    dialog.get_by_role("button", name="Block").click()
    expect(row(page, "127.77.0.1")).to_be_visible()
    [stored] = visit.scenery.api("GET", "/v2/ips/blocked")["items"]
    assert stored["expires_at"].startswith("2999-01-01T00:00")


def test_who_asks_most_is_seen_and_can_be_blocked(
    visit: Visits, accessible: Callable[[Page], None], shot: Callable[[Page, str], None]
) -> None:
    page = visit("/ips")
    page.get_by_role("tab", name="Top addresses").click()
    expect(row(page, "127.0.0.1")).to_contain_text("Open")
    page.get_by_label("Time", exact=True).click()
    page.get_by_role("option", name="Last 7 days").click()
    expect(page).to_have_url(re.compile(r"tab=top.*range=week|range=week.*tab=top"))
    expect(row(page, "127.0.0.1")).to_be_visible()
    accessible(page)
    shot(page, "ips-top")
    page.get_by_role("button", name="Block 127.0.0.1").click()
    dialog = page.get_by_role("dialog", name="Block an address")
    expect(dialog.get_by_label("Address or network")).to_have_value("127.0.0.1")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="Requests of 127.0.0.1").click()
    expect(page).to_have_url(re.compile(r"/requests\?client=127\.0\.0\.1"))


def test_a_viewer_sees_blocks_and_changes_none(visit: Visits) -> None:
    visit.scenery.api("POST", "/v2/ips/block", {"network": "198.51.100.7"})
    page = visit("/ips?block=new", role="viewer")
    expect(row(page, "198.51.100.7")).to_contain_text("no reason given")
    expect(page.get_by_text("You may look, but not change anything here.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("block", re.IGNORECASE))).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("tab", name="Top addresses").click()
    expect(row(page, "127.0.0.1")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("block", re.IGNORECASE))).to_have_count(0)


@pytest.mark.parametrize(("language", "theme", "phone"), [("en", "light", False), ("zh", "dark", True)])
def test_it_is_accessible_everywhere(
    visit: Visits,
    accessible: Callable[[Page], None],
    shot: Callable[[Page, str], None],
    language: str,
    theme: str,
    phone: bool,
) -> None:
    for network, reason in (
        ("203.0.113.7", "guesses keys"),
        ("2001:db8::/32", ""),
        ("198.51.100.0/24", "scraper"),
    ):
        visit.scenery.api("POST", "/v2/ips/block", {"network": network, "reason": reason})
    page = visit("/ips", language=language, theme=theme, phone=phone)
    expect(row(page, "203.0.113.7")).to_be_visible()
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page can be scrolled sideways"
    accessible(page)
    shot(page, "ips-phone" if phone else "ips")
