"""The settings page: found by words, changed together, and refused where they stand."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from console.browsing import ROOT, Visits

CONFIGURATION = ROOT / "docs" / "configuration.md"
_DOCUMENTED = re.compile(r"^\| `([a-z_.A-Z]+)` \| [^|]+ \| [^|]+ \| (.+?) \| [^|]* \|$", re.MULTILINE)
"""Name and meaning."""
TAKEN_BACK = dict.fromkeys(["cache.ttl_s", "cache.enabled", "cache.max_entries", "server.cors_origins"])


def test_changes_are_reviewed_refused_saved_and_taken_back(
    visit: Visits, accessible: Callable[[Page], None], shot: Callable[[Page, str], None]
) -> None:
    seen = visit.scenery
    page = visit("/settings")
    try:
        page.get_by_role("button", name="Answer cache").click()
        expect(page).to_have_url(re.compile("group=cache"))
        page.get_by_role("switch", name="cache.enabled").click()
        expect(page.get_by_role("switch", name="cache.enabled")).to_be_checked()
        page.get_by_role("textbox", name="cache.ttl_s").fill("7200")
        expect(page.get_by_role("group", name="cache.ttl_s")).to_contain_text("= 2 h")
        page.get_by_role("textbox", name="cache.max_entries").fill("many")
        expect(page.get_by_role("region", name="3 changes")).to_be_visible()
        accessible(page)
        shot(page, "settings")
        page.get_by_role("button", name="Review and save").click()
        review = page.get_by_role("dialog", name="Review the changes")
        expect(review.get_by_role("listitem").filter(has_text="cache.ttl_s")).to_contain_text("7200 s")
        review.get_by_role("button", name="Save").click()
        refused = review.get_by_role("listitem").filter(has_text="cache.max_entries")
        expect(refused).to_contain_text("expected a whole number")
        accessible(page)
        review.get_by_role("button", name="Do not change cache.max_entries").click()
        review.get_by_role("button", name="Save").click()
        expect(review).to_be_hidden()
        row = page.get_by_role("group", name="cache.ttl_s")
        expect(row).to_contain_text("set here")
        values = {each["name"]: each["value"] for each in seen.api("GET", "/v2/settings")["items"]}
        assert (values["cache.enabled"], values["cache.ttl_s"]) == (True, 7200)

        page.get_by_role("button", name="Server and storage").click()
        origins = page.get_by_role("group", name="server.cors_origins")
        origins.get_by_role("textbox").fill("https://app.example.com")
        page.keyboard.press("Enter")
        expect(origins).to_contain_text("not saved")
        page.get_by_role("button", name="Review and save").click()
        review.get_by_role("button", name="Save").click()
        expect(origins).to_contain_text("set here")
        values = {each["name"]: each["value"] for each in seen.api("GET", "/v2/settings")["items"]}
        assert values["server.cors_origins"] == ["https://app.example.com"]
        page.get_by_role("button", name="Answer cache").click()

        row.get_by_role("button", name="Use the default").click()
        page.get_by_role("link", name="Models", exact=True).click()
        question = page.get_by_role("dialog", name="Leave without saving?")
        question.get_by_role("button", name="Cancel").click()
        expect(page).to_have_url(re.compile("/settings"))
        page.get_by_role("button", name="Review and save").click()
        review.get_by_role("button", name="Save").click()
        expect(row).not_to_contain_text("set here")
    finally:
        seen.api("PUT", "/v2/settings", TAKEN_BACK)


def test_a_setting_is_found_by_words_and_by_its_address(visit: Visits) -> None:
    page = visit("/settings#logging.format")
    row = page.get_by_role("group", name="logging.format")
    expect(row).to_be_in_viewport()
    row.get_by_text("How to change it").click()
    expect(row).to_contain_text("ISTHMUS_LOGGING__FORMAT")
    expect(row.get_by_role("combobox")).to_have_count(0)
    page.get_by_role("searchbox", name="Search settings").fill("keep-alive")
    expect(page.get_by_role("group", name="streams.keepalive_s")).to_be_visible()
    expect(row).to_have_count(0)
    page.get_by_role("searchbox", name="Search settings").fill("no such thing")
    page.get_by_role("button", name="Show all settings").click()
    page.get_by_role("checkbox", name="Only what differs from the default").click()
    expect(page.get_by_role("group", name="aliases")).to_contain_text("file")
    expect(page.get_by_role("group", name="auto_cache")).to_have_count(0)
    page.get_by_role("button", name="Appearance").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("heading", name="外观")).to_be_visible()


@pytest.mark.parametrize("group", ["routing", "server"])
def test_it_fits_a_phone_in_chinese_at_night_and_a_viewer_only_looks(
    visit: Visits, accessible: Callable[[Page], None], group: str
) -> None:
    page = visit(f"/settings?group={group}", language="zh", theme="dark", phone=True, role="viewer")
    expect(page.get_by_text("您可以查看，但不能更改。")).to_be_visible()
    expect(page.get_by_role("heading", level=2)).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    for box in page.get_by_role("switch").or_(page.get_by_role("textbox")).all():
        expect(box).to_be_disabled()
    accessible(page)


def test_every_setting_is_explained_in_chinese(visit: Visits) -> None:
    page = visit("/settings", language="zh")
    names = [each["name"] for each in visit.scenery.api("GET", "/v2/settings")["items"]]
    page.get_by_role("searchbox").fill(".")  # every explanation ends with one
    expect(page.get_by_role("group", name="server.port")).to_be_visible()
    said = page.get_by_role("group").evaluate_all(
        "rows => rows.map(row => [row.id, row.querySelector('p').innerText])"
    )
    explained = {name for name, words in said if re.search("[\u4e00-\u9fff]", words)}
    assert explained == set(names)


def test_every_documented_setting_is_there_in_a_group_of_its_own_with_the_same_words(visit: Visits) -> None:
    """Of all but providers, which have pages of their own."""
    documented = {
        name: words
        for name, words in _DOCUMENTED.findall(CONFIGURATION.read_text("utf-8"))
        if name.partition(".")[0] != "providers"
    }
    listed = {each["name"]: each for each in visit.scenery.api("GET", "/v2/settings")["items"]}
    assert documented.keys() == listed.keys()
    page = visit("/settings")
    page.get_by_role("searchbox").fill(".")
    expect(page.get_by_role("group", name="server.port")).to_be_visible()
    shown = dict(
        page.get_by_role("group").evaluate_all(
            "rows => rows.filter(row => row.id).map(row => [row.id, row.querySelector('p').innerText])"
        )
    )
    assert shown == {name: words.replace("`", "").replace(r"\|", "|") for name, words in documented.items()}
    expect(page.get_by_role("button", name="Others")).to_have_count(0)
