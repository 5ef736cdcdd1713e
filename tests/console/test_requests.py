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
    logged(seen, seen.chat("dummy/dummy-429"))
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


def test_one_request_tells_how_it_went(
    visit: Visits, deaf: str, accessible: Callable[[Page], None], shot: Callable[[Page, str], None]
) -> None:
    seen = visit.scenery
    failed = logged(seen, seen.chat(f"{deaf}/some-model"))
    web = logged(seen, seen.chat("claude-web/claude-sonnet-4-6", temperature=0.3, top_p=0.5))
    page = visit(f"/requests?provider={deaf}")
    row(page, "some-model").get_by_role("link").click()
    panel = page.get_by_role("dialog", name=f"{deaf}/some-model")
    expect(panel).to_contain_text("The upstream failed, cannot be reached")
    expect(panel).to_contain_text("What to do: Test the account under Accounts")
    course = panel.get_by_role("region", name="Time line")
    expect(course.get_by_role("img", name=re.compile("Failed attempt"))).to_be_visible()
    spans = seen.api("GET", f"/v2/logs/{failed['request_id']}")["timeline"]["spans"]
    attempts = [each for each in spans if each["kind"] == "attempt"]
    assert len(attempts) == 2
    for number, each in enumerate(attempts, 1):
        step = course.get_by_role("listitem").filter(has_text=re.compile(rf"^Attempt {number} deaf \d"))
        expect(step).to_contain_text(f"upstream · {each['length_ms']} ms+{each['start_ms']} ms")
    expect(panel.get_by_text(failed["request_id"])).to_be_visible()
    accessible(page)
    shot(page, "request")
    page.go_back()
    expect(panel).to_be_hidden()

    page.goto(f"{seen.origin}/admin/requests?lossy=yes&request={web['request_id']}")
    panel = page.get_by_role("dialog", name="claude-web/claude-sonnet-4-6")
    expect(panel.get_by_role("region", name="Losses")).to_contain_text("temperature")
    expect(panel.get_by_role("region", name="Losses")).to_contain_text("It was left out.")
    expect(panel.get_by_role("region", name="Losses")).to_contain_text(
        "How freely the model chooses its words"
    )
    expect(panel.get_by_role("region", name="Losses")).to_contain_text(
        "What to do: Leave it out in the client"
    )
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


def test_of_older_rows_no_time_line_is_made_up(visit: Visits) -> None:
    seen = visit.scenery
    id = logged(seen, seen.chat("dummy/dummy-text"))["request_id"]
    older = seen.api("GET", f"/v2/logs/{id}")
    attempt = older["timeline"]["spans"][-1] | {"start_ms": None}
    failed = attempt | {"length_ms": 300, "outcome": "upstream", "status": 500}
    older["timeline"] |= {"starts_known": False, "spans": [failed, attempt | {"length_ms": 700}]}
    page = visit("/requests")
    page.route(f"**/v2/logs/{id}", lambda route: route.fulfill(json=older))
    page.goto(f"{seen.origin}/admin/requests?request={id}")
    course = page.get_by_role("dialog").get_by_role("region", name="Time line")
    expect(course).to_contain_text("An earlier version wrote this row.")
    expect(course.get_by_role("listitem").filter(has_text="Attempt 1")).to_contain_text(
        "upstream · 500 · 300 ms"
    )
    expect(course.get_by_role("img")).to_have_count(0)


def test_the_keyboard_goes_from_row_to_row_and_from_request_to_request(visit: Visits) -> None:
    seen = visit.scenery
    rows = [logged(seen, seen.chat(f"dummy/leafed-through-{at}")) for at in range(3)]
    page = visit("/requests?text=leafed-through-")
    expect(row(page, "leafed-through-")).to_have_count(3)
    links = [page.get_by_role("link", name=re.compile(each["request_id"])) for each in reversed(rows)]
    page.keyboard.press("j")
    expect(links[0]).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    expect(links[2]).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("k")
    expect(links[0]).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="dummy/leafed-through-2")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("ArrowRight")
    panel = page.get_by_role("dialog", name="dummy/leafed-through-0")
    expect(panel.get_by_role("button", name="Older request")).to_be_disabled()
    page.keyboard.press("ArrowLeft")
    panel = page.get_by_role("dialog", name="dummy/leafed-through-1")
    panel.get_by_role("button", name="Copy the link to this request").click()
    address = f"{seen.origin}/admin/requests?request={rows[1]['request_id']}"
    page.wait_for_function(
        "address => navigator.clipboard.readText().then((text) => text === address)", arg=address
    )
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(links[1]).to_be_focused()


def test_slow_requests_are_found(visit: Visits) -> None:
    seen = visit.scenery
    logged(seen, seen.chat("dummy/not-so-slow"))
    page = visit("/requests?text=not-so-slow")
    expect(row(page, "not-so-slow").first).to_be_visible()
    page.get_by_role("button", name="More filters").click()
    form = page.get_by_role("form", name="More filters")
    form.get_by_label("Slower than", exact=True).fill("3600")
    form.get_by_label("Slower than", exact=True).press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_text("No request matches")).to_be_visible()
    expect(page).to_have_url(re.compile("slower=3600"))
    page.get_by_role("button", name="Remove the filter Slower than 1 h").click()
    expect(row(page, "not-so-slow").first).to_be_visible()


def test_accounts_that_are_gone_are_said_to_be(visit: Visits, deaf: str) -> None:
    seen = visit.scenery
    asked = logged(seen, seen.chat(f"{deaf}/orphaned"))["account_id"]
    seen.api("DELETE", f"/v2/accounts/{asked}")
    page = visit(f"/requests?provider={deaf}&text=orphaned")
    expect(row(page, "orphaned").first).to_contain_text(f"deleted ({asked[:8]}…)")


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
    there = seen.api("GET", "/v2/logs/count?text=exported-")["rows"]
    expect(page.get_by_role("dialog", name="Export requests")).to_contain_text(f"{there} requests")
    with page.expect_download() as download:
        page.get_by_role("dialog", name="Export requests").get_by_role("button", name="Download").click()
    with download.value.path().open(encoding="utf-8", newline="") as file:
        assert ids <= {each["request_id"] for each in csv.DictReader(file)}
    expect(page.get_by_text(re.compile(r"^\d+ rows exported$")).first).to_be_visible()
    assert download.value.suggested_filename.endswith(".csv")


def test_a_file_that_cannot_hold_all_says_so(visit: Visits) -> None:
    head, line = "request_id,started_at\r\n", "req_1,2026-11-22T09:00:00Z\r\n"
    page = visit("/requests")
    page.route(
        re.compile("/v2/logs/count"), lambda route: route.fulfill(json={"rows": 100_000, "complete": False})
    )
    page.route(re.compile("/v2/logs/export"), lambda route: route.fulfill(body=head + line * 100_000))
    page.get_by_role("button", name="Export", exact=True).click()
    dialog = page.get_by_role("dialog", name="Export requests")
    expect(dialog).to_contain_text("More than 100,000 requests fit.")
    with page.expect_download():
        dialog.get_by_role("button", name="Download").click()
    expect(dialog.get_by_role("alert")).to_contain_text(
        "The file has the newest 100,000 requests. There are more."
    )
    dialog.get_by_role("button", name="Close").last.click()
    expect(dialog).to_be_hidden()


def test_nothing_is_not_taken_away(visit: Visits) -> None:
    page = visit("/requests?text=nothing-is-called-this")
    page.get_by_role("button", name="Export", exact=True).click()
    dialog = page.get_by_role("dialog", name="Export requests")
    expect(dialog).to_contain_text("0 requests")
    expect(dialog.get_by_role("button", name="Download")).to_be_disabled()


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
    page.goto(f"{seen.origin}/admin/requests?until={seen.busy.since:%Y-%m-%d}T19:00:00Z")
    expect(page.get_by_role("link", name=re.compile("req_")).first).to_be_visible()
    accessible(page)
    shot(page, "requests-phone" if phone else "requests")
    page.get_by_role("button", name=re.compile("More filters|更多筛选")).click()
    expect(page.get_by_role("form", name=re.compile("More filters|更多筛选"))).to_be_visible()
    accessible(page)
