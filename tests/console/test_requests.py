"""The requests page: finding requests, watching them end, looking into one, and taking them away as a file."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from clients.running import Answered
from console.browsing import Visits
from console.scenery import Scenery

Json = dict[str, Any]
DEAF = "deaf-source"
"""A provider of these tests with two accounts, whose address nobody answers."""
PATIENCE_S = 20


@pytest.fixture
def deaf(seen: Scenery) -> Iterator[str]:
    seen.api("POST", "/v2/providers", {"name": DEAF, "settings": {"base_url": "http://127.0.0.1:9/v1"}})
    entries = [
        {"provider": DEAF, "label": f"deaf {at}", "credential": {"api_key": f"sk-made-up-for-tests-{at}"}}
        for at in (1, 2)
    ]
    seen.api("POST", "/v2/accounts/feed", {"accounts": entries})
    yield DEAF
    seen.api("DELETE", f"/v2/providers/{DEAF}?with_accounts=true")


def logged(seen: Scenery, answered: Answered) -> Json:
    """The row of this request, as soon as it is in the log."""
    wanted, until = answered.headers["x-request-id"], time.monotonic() + PATIENCE_S
    while True:
        found: list[Json] = seen.api("GET", f"/v2/logs?request_id={wanted}")["items"]
        if found:
            return found[0]
        assert time.monotonic() < until, f"request {wanted} was not logged"
        time.sleep(0.1)


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("row").filter(has_text=text)


def choose(page: Page, name: str, option: str) -> None:
    field = page.get_by_role("combobox", name=name, exact=True)
    field.or_(page.get_by_role("button", name=re.compile(f"^{name}: "))).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_requests_are_found_by_fields_by_values_and_by_links(visit: Visits) -> None:
    seen = visit.scenery
    logged(seen, seen.chat("dummy/sought-after"))
    logged(seen, seen.chat("quick", key="henry"))
    page = visit("/requests")
    page.keyboard.press("/")
    page.keyboard.type("sought-after")
    expect(row(page, "429")).to_have_count(0)
    expect(row(page, "sought-after").first).to_contain_text("404")
    expect(page).to_have_url(re.compile(r"text=sought-after"))

    choose(page, "Status", "Succeeded")
    expect(page.get_by_text("No request matches")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    expect(row(page, "429").first).to_be_visible()

    row(page, "quick").first.get_by_role("button", name="quick", exact=True).click()
    expect(page.get_by_role("button", name="Remove the filter Model: quick")).to_be_visible()
    expect(row(page, "429")).to_have_count(0)
    choose(page, "Time", "Last hour")
    choose(page, "Key", "henry")
    expect(row(page, "henry").first).to_contain_text("dummy-text")
    expect(page).to_have_url(re.compile(r"model=quick.*range=hour.*key=key_"))
    page.reload()
    expect(row(page, "henry").first).to_contain_text("quick")

    page.get_by_role("button", name="More filters").click()
    form = page.get_by_role("form", name="More filters")
    form.get_by_label("From").fill("2999-01-01T00:00")
    form.get_by_label("From").press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_text("No request matches")).to_be_visible()
    expect(page).to_have_url(re.compile("since=2999-01-01T00%3A00%3A00.000Z|since=2999-01-01T00:00:00.000Z"))
    expect(page.get_by_role("button", name=re.compile("Remove the filter From: "))).to_be_visible()


def test_one_request_tells_how_it_went(visit: Visits, deaf: str, accessible: Callable[[Page], None]) -> None:
    seen = visit.scenery
    failed = logged(seen, seen.chat(f"{deaf}/some-model"))
    web = logged(seen, seen.chat("claude-web/claude-sonnet-4-6", temperature=0.3, top_p=0.5))
    page = visit(f"/requests?provider={deaf}")
    row(page, "some-model").get_by_role("link").click()
    panel = page.get_by_role("dialog", name=f"{deaf}/some-model")
    expect(panel).to_contain_text("The upstream failed or cannot be reached")
    expect(panel.get_by_role("img", name=re.compile("Failed attempt"))).to_be_visible()
    for text in failed["attempt_list"]:
        expect(panel.get_by_role("listitem").filter(has_text=f"· {text.split(' ')[1]}").first).to_be_visible()
    expect(panel.get_by_text(re.compile("^Attempt 1 deaf"))).to_be_visible()
    expect(panel.get_by_text(failed["request_id"])).to_be_visible()
    accessible(page)
    page.go_back()
    expect(panel).to_be_hidden()

    page.goto(f"{seen.origin}/admin/requests?lossy=yes&request={web['request_id']}")
    panel = page.get_by_role("dialog", name="claude-web/claude-sonnet-4-6")
    expect(panel.get_by_role("region", name="Losses")).to_contain_text("temperature")
    expect(panel.get_by_role("region", name="Losses")).to_contain_text("It was left out.")
    expect(panel.get_by_role("region", name="Tokens")).to_contain_text("estimated")
    expect(panel.get_by_role("link", name="Open in the playground")).to_have_attribute(
        "href", "/admin/playground?model=claude-web/claude-sonnet-4-6"
    )
    expect(panel.get_by_role("link", name="Open Account")).to_have_attribute(
        "href", f"/admin/accounts?account={web['account_id']}"
    )
    accessible(page)
    panel.get_by_role("button", name="127.0.0.1").click()
    expect(page).to_have_url(re.compile("client=127.0.0.1"))
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page).not_to_have_url(re.compile("request=req"))

    page.goto(f"{seen.origin}/admin/requests?request=req_nobody")
    expect(page.get_by_role("dialog").get_by_text("This could not be loaded")).to_be_visible()


def test_requests_are_watched_as_they_end_and_hold_still_while_one_reads(visit: Visits) -> None:
    seen = visit.scenery
    seen.chat("dummy/watched-before")
    page = visit("/requests?text=watched")
    page.get_by_role("button", name="Live", exact=True).click()
    expect(page.get_by_role("button", name="Live", exact=True, pressed=True)).to_be_visible()
    expect(page).to_have_url(re.compile("live=1"))
    expect(row(page, "watched-before").first).to_be_visible()
    seen.chat("dummy/watched-now")
    expect(row(page, "watched-now")).to_have_count(1)
    seen.chat("dummy/not-looked-for")

    row(page, "watched-now").hover()
    seen.chat("dummy/watched-later")
    expect(page.get_by_role("button", name="1 new")).to_be_visible()
    expect(row(page, "watched-later")).to_have_count(0)
    expect(page.get_by_role("button", name="Held", pressed=True)).to_be_visible()
    page.get_by_role("button", name="1 new").click()
    expect(row(page, "watched-later")).to_have_count(1)
    expect(row(page, "not-looked-for")).to_have_count(0)

    page.get_by_role("button", name="Live", exact=True).click()
    expect(page.get_by_role("button", name="Live", exact=True, pressed=False)).to_be_visible()
    expect(row(page, "watched-later")).to_have_count(1)


def test_what_fits_the_filters_is_taken_away_as_a_file(visit: Visits) -> None:
    seen = visit.scenery
    answers = [seen.chat(f"dummy/exported-{at}") for at in range(3)]
    ids = {logged(seen, each)["request_id"] for each in answers}
    page = visit("/requests?text=exported-")
    page.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("dialog", name="Export requests").get_by_role("button", name="Download").click()
    with download.value.path().open(encoding="utf-8", newline="") as file:
        assert ids <= {each["request_id"] for each in csv.DictReader(file)}
    expect(page.get_by_text(re.compile(r"^\d+ rows exported$")).first).to_be_visible()
    assert download.value.suggested_filename.endswith(".csv")


def test_a_holder_sees_their_own_requests_and_no_accounts(visit: Visits) -> None:
    seen = visit.scenery
    logged(seen, seen.chat("dummy/of-the-team", key="team"))
    logged(seen, seen.chat("dummy/of-henry", key="henry"))
    page = visit("/requests", role="holder")
    expect(row(page, "of-henry").first).to_be_visible()
    expect(row(page, "of-the-team")).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("^Key: "))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Provider: "))).to_have_count(0)
    row(page, "of-henry").first.get_by_role("link").click()
    panel = page.get_by_role("dialog", name="dummy/of-henry")
    expect(panel.get_by_text("Request id")).to_be_visible()
    expect(panel.get_by_text("Account", exact=True)).to_have_count(0)


@pytest.mark.parametrize(("language", "theme", "phone"), [("en", "light", False), ("zh", "dark", True)])
def test_it_is_accessible_everywhere(
    visit: Visits,
    accessible: Callable[[Page], None],
    shot: Callable[[Page, str], None],
    language: str,
    theme: str,
    phone: bool,
) -> None:
    seen = visit.scenery
    logged(seen, seen.chat("claude-web/claude-sonnet-4-6", temperature=0.3))
    page = visit("/requests", language=language, theme=theme, phone=phone)
    expect(page.get_by_role("link", name=re.compile("req_")).first).to_be_visible()
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page can be scrolled sideways"
    accessible(page)
    shot(page, "requests-phone" if phone else "requests")
    page.get_by_role("button", name=re.compile("More filters|更多筛选")).click()
    expect(page.get_by_role("form", name=re.compile("More filters|更多筛选"))).to_be_visible()
    accessible(page)
