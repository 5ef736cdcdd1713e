"""The models page: what is served, and its aliases, maps and prices."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from console.browsing import Visits

PATTERN = "models-page-*"


def test_served_models_are_found_looked_at_and_tried(
    visit: Visits, accessible: Callable[[Page], None], shot: Callable[[Page, str], None]
) -> None:
    page = visit("/models")
    page.get_by_role("searchbox", name="Search models").fill("quick")
    row = page.get_by_role("row", name=re.compile("^quick"))
    expect(row).to_contain_text("stands for dummy/dummy-text")
    expect(row).to_contain_text("Alias")
    expect(row).to_contain_text("from the file")
    expect(page.get_by_role("button", name="fast", exact=True)).to_have_count(0)
    page.get_by_role("searchbox", name="Search models").fill("no-such-thing")
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.get_by_role("button", name="fast", exact=True)).to_be_visible()
    accessible(page)
    shot(page, "models")
    page.get_by_role("button", name="quick", exact=True).click()
    panel = page.get_by_role("dialog", name="quick")
    expect(panel.get_by_role("region", name="Abilities")).to_contain_text("JSON schema")
    expect(panel).to_contain_text("Not known, so its use has no cost")
    accessible(page)
    panel.get_by_role("link", name="Try in the playground").click()
    expect(page).to_have_url(re.compile(r"/playground\?model=quick"))


def test_a_price_that_nobody_bills_is_called_worth(visit: Visits) -> None:
    page = visit("/models?text=claude-opus-4.5")
    row = page.get_by_role("row", name=re.compile("claude-opus-4.5"))
    expect(row).to_contain_text("≈")
    expect(row).to_contain_text("$5.00 / $25.00")
    row.get_by_role("button", name="claude-opus-4.5").click()
    expect(page.get_by_role("dialog")).to_contain_text("paid by subscription or credits")


def test_aliases_are_added_changed_and_taken_back(visit: Visits) -> None:
    seen = visit.scenery
    page = visit("/models?tab=aliases")
    try:
        expect(page.get_by_text("These aliases come from file and environment")).to_be_visible()
        page.get_by_role("button", name="Add an alias").click()
        form = page.get_by_role("dialog", name="Add an alias")
        form.get_by_label("Name").fill("quick")
        expect(form).to_contain_text("There is an alias of this name")
        form.get_by_label("Name").fill("swift")
        form.get_by_label("Stands for").fill("dummy/dummy-text")
        form.get_by_role("button", name="Save").click()
        row = page.get_by_role("row", name=re.compile("swift"))
        expect(row).to_contain_text("set here")
        expect(page.get_by_role("row", name=re.compile("quick"))).to_contain_text("as in the file")

        row.get_by_role("button", name="Edit swift").click()
        form = page.get_by_role("dialog", name="Edit the alias")
        form.get_by_label("Stands for").fill("swift")
        form.get_by_label("Name").fill("rapid")
        form.get_by_label("Stands for").fill("rapid-two")
        form.get_by_role("button", name="Save").click()
        expect(page.get_by_role("row", name=re.compile("rapid"))).to_be_visible()
        expect(row).to_have_count(0)
        assert seen.api("GET", "/v2/models?text=rapid")["items"][0]["alias_of"] == "rapid-two"
        page.get_by_role("button", name="Delete rapid").click()
        page.get_by_test_id("confirm").click()
        expect(page.get_by_role("row", name=re.compile("rapid"))).to_have_count(0)

        page.get_by_role("button", name="Back to the file").click()
        page.get_by_test_id("confirm").click()
        expect(page.get_by_text("These aliases come from file and environment")).to_be_visible()
    finally:
        seen.api("PUT", "/v2/settings", {"aliases": None})


def test_prices_and_the_map_of_a_stored_provider_are_changed(
    visit: Visits, accessible: Callable[[Page], None]
) -> None:
    seen = visit.scenery
    page = visit("/models?tab=prices")
    expect(page.get_by_role("row", name=re.compile("claude-opus-5 "))).to_contain_text("shipped")
    page.get_by_role("button", name="Add a price").click()
    form = page.get_by_role("dialog", name="Add a price")
    form.get_by_label("Model").fill(PATTERN)
    form.get_by_label("Input, per million").fill("1.5")
    form.get_by_label("Output, per million").fill("dear")
    accessible(page)
    form.get_by_role("button", name="Save").click()
    expect(
        form.get_by_role("alert").or_(form.get_by_text(re.compile("number", re.IGNORECASE)))
    ).to_be_visible()
    form.get_by_label("Output, per million").fill("6")
    form.get_by_role("button", name="Save").click()
    row = page.get_by_role("row", name=re.compile(re.escape(PATTERN)))
    expect(row).to_contain_text("my own")
    expect(row).to_contain_text("$1.50")
    row.get_by_role("button", name=f"Delete {PATTERN}").click()
    page.get_by_test_id("confirm").click()
    expect(row).to_have_count(0)

    settings = {"base_url": "http://127.0.0.1:9/v1", "models": {"fast": "some-model"}}
    seen.api(
        "POST",
        "/v2/providers",
        {"name": "mapped", "type": "openai-compatible", "enabled": True, "settings": settings},
    )
    try:
        page.goto(page.url.replace("tab=prices", "tab=map"))
        expect(page.get_by_role("region", name="dummy")).to_contain_text("Changed in the configuration file")
        page.get_by_role("button", name="Edit the map of mapped").click()
        region = page.get_by_role("region", name="mapped")
        region.get_by_label("Name upstream 1").fill("other-model")
        region.get_by_role("button", name="Save").click()
        expect(region.get_by_role("listitem")).to_contain_text("other-model")
        assert seen.api("GET", "/v2/providers/mapped")["models"] == {"fast": "other-model"}
    finally:
        seen.api("DELETE", "/v2/providers/mapped")


@pytest.mark.parametrize("tab", ["served", "prices"])
def test_it_fits_a_phone_in_chinese_at_night(
    visit: Visits, accessible: Callable[[Page], None], tab: str
) -> None:
    page = visit(f"/models?tab={tab}", language="zh", theme="dark", phone=True, role="viewer")
    expect(page.get_by_role("tab", name="可用模型")).to_be_visible()
    expect(page.get_by_role("row").nth(2)).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_role("button", name=re.compile("^(编辑|添加)"))).to_have_count(0)
    accessible(page)


def test_a_holder_sees_what_can_be_asked_for(visit: Visits) -> None:
    page = visit("/models?tab=aliases", role="holder")
    expect(page.get_by_role("button", name="fast", exact=True)).to_be_visible()
    expect(page.get_by_role("tab")).to_have_count(0)
