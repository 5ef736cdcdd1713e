"""The accounts page: the list, what is done to many, and one account in all its states."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from console.account_stock import FORM, account, accounts, alone, row
from console.browsing import Visits
from console.scenery import Scenery


def limit(seen: Scenery, name: str) -> None:
    """The next answer to this account of the simulated website is that its messages are used up."""
    body = json.dumps({"account": name, "fault": "F8"}).encode()
    asked = urllib.request.Request(
        f"{seen.web.url}/_sim/faults", body, {"content-type": "application/json"}, method="POST"
    )
    urllib.request.urlopen(asked, timeout=20).close()


def test_hundreds_are_searched_sorted_and_drawn_as_they_are_scrolled_to(
    visit: Visits, stock: Callable[[int], list[str]]
) -> None:
    stock(320)
    page = visit(f"/accounts?provider={FORM}&sort=label")
    expect(row(page, "stock 000")).to_be_visible()
    assert page.get_by_role("row").count() < 100, "rows out of sight are drawn"
    page.get_by_role("button", name="Account", exact=True).click()
    expect(page).to_have_url(re.compile("sort=-label"))
    expect(row(page, "stock 319")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("stock 04")
    expect(page.get_by_text("10 accounts", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"text=stock\+04|text=stock%2004"))
    page.get_by_role("searchbox").fill("nobody is called so")
    page.get_by_role("button", name="Clear the filters").click()
    expect(row(page, "wanda")).to_be_visible()


def test_many_are_disabled_tested_and_deleted_together(
    visit: Visits, stock: Callable[[int], list[str]]
) -> None:
    stock(3)
    page = visit(f"/accounts?provider={FORM}")
    bar = page.get_by_role("region", name="3 selected")
    page.get_by_role("checkbox", name="Select all that are shown").check()
    bar.get_by_role("button", name="Disable").click()
    page.get_by_test_id("confirm").click()
    report = page.get_by_role("dialog", name="Disable accounts")
    expect(report).to_contain_text("3 went well, 0 did not")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Off", exact=True)).to_have_count(3)
    bar.get_by_role("button", name="Enable").click()
    expect(page.get_by_role("dialog", name="Enable accounts")).to_contain_text("3 went well")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Healthy", exact=True)).to_have_count(3)
    bar.get_by_role("button", name="Test").click()
    page.get_by_test_id("confirm").click()
    report = page.get_by_role("dialog", name="Test accounts")
    expect(report).to_contain_text("0 went well, 3 did not")
    page.keyboard.press("Escape")
    bar.get_by_role("button", name="Delete").click()
    expect(page.get_by_test_id("confirm")).to_be_disabled()
    page.get_by_label("Type Delete to confirm").fill("Delete")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Delete accounts")).to_contain_text("3 went well")
    page.keyboard.press("Escape")
    expect(page.get_by_text("No account matches")).to_be_visible()
    assert accounts(visit.scenery) == []


def test_one_account_is_looked_at_tested_and_edited(
    visit: Visits, accessible: Callable[[Page], None]
) -> None:
    seen = visit.scenery
    page = visit("/accounts?provider=claude-web")
    row(page, "will").get_by_role("button", name="will", exact=True).click()
    panel = page.get_by_role("dialog", name="will")
    expect(page).to_have_url(re.compile("account=acc_"))
    panel.get_by_role("button", name="Read now").click()
    expect(panel.get_by_role("region", name="Allowance")).to_contain_text(re.compile("free", re.IGNORECASE))
    panel.get_by_role("button", name="Test").click()
    expect(panel.get_by_role("status").filter(has_text="It works")).to_be_visible()
    accessible(page)
    panel.get_by_role("tab", name="Edit").click()
    panel.get_by_label("Requests per minute").fill("77")
    panel.get_by_label("Priority").fill("3")
    panel.get_by_role("button", name="Save").click()
    expect(panel).to_contain_text("Requests per minute: 77")
    [will] = [each for each in accounts(seen, "claude-web") if each["label"] == "will"]
    assert (will["requests_per_minute"], will["priority"], will["enabled"]) == (77, 3, True)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    seen.api("PATCH", f"/v2/accounts/{will['id']}", {"requests_per_minute": None, "priority": 0})


def test_a_rest_is_counted_down_and_ended(visit: Visits, accessible: Callable[[Page], None]) -> None:
    seen = visit.scenery
    limit(seen, "wanda")
    for _ in range(4):
        seen.chat("claude-web/claude-sonnet-4-6")
    page = visit("/accounts?provider=claude-web")
    resting = row(page, "wanda")
    expect(resting).to_contain_text("Resting")
    left = resting.locator("time").first.inner_text()
    expect(resting.locator("time").first).not_to_have_text(left)
    accessible(page)
    resting.get_by_role("button", name="Actions for").click()
    page.get_by_role("menuitem", name="End rest").click()
    expect(resting).to_contain_text("Healthy")


def test_one_of_the_file_is_read_only(visit: Visits, accessible: Callable[[Page], None]) -> None:
    page = visit("/accounts?provider=dummy")
    listed = row(page, "from the file")
    listed.get_by_role("button", name="dummy", exact=True).click()
    panel = page.get_by_role("dialog", name="dummy")
    expect(panel.get_by_text("It belongs to providers.dummy there")).to_be_visible()
    expect(panel.get_by_role("button", name="Delete")).to_have_count(0)
    accessible(page)


def test_several_rests_are_ended_together(visit: Visits) -> None:
    seen = visit.scenery
    for name in ("wanda", "will"):
        limit(seen, name)
    for _ in range(6):
        seen.chat("claude-web/claude-sonnet-4-6")
    page = visit("/accounts?provider=claude-web")
    for name in ("wanda", "will"):
        expect(row(page, name)).to_contain_text("Resting")
        expect(row(page, name)).to_contain_text("Allowance used up")
    page.get_by_role("checkbox", name="Select all that are shown").check()
    page.get_by_role("region", name="2 selected").get_by_role("button", name="End rest").click()
    expect(page.get_by_role("dialog", name="End rests")).to_contain_text("2 went well, 0 did not")
    page.keyboard.press("Escape")
    for name in ("wanda", "will"):
        expect(row(page, name)).to_contain_text("Healthy")
    assert [each["coolings"] for each in accounts(seen, "claude-web")] == [[], []]


def test_what_was_done_to_many_stays_when_it_is_stopped(
    visit: Visits, stock: Callable[[int], list[str]]
) -> None:
    stock(230)
    page = visit(f"/accounts?provider={FORM}&sort=label")
    expect(row(page, "stock 000")).to_be_visible()
    row(page, "stock 000").hover()
    while not page.get_by_text("230 accounts", exact=True).count():
        page.mouse.wheel(0, 20_000)
        page.wait_for_timeout(100)
    expect(page.get_by_text("230 accounts", exact=True)).to_be_visible()
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)
        if len(asked) != 2:
            route.continue_()

    page.route("**/v2/accounts/bulk", hold)
    page.get_by_role("checkbox", name="Select all that are shown").check()
    page.get_by_role("region", name="230 selected").get_by_role("button", name="Disable").click()
    page.get_by_test_id("confirm").click()
    expect(page.get_by_text("100 of 230")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Stopping…")).to_be_visible()
    asked[1].continue_()
    report = page.get_by_role("dialog", name="Disable accounts")
    expect(report).to_contain_text("200 went well, 0 did not · 30 were not reached")
    expect(report.get_by_text("Stopped before its turn; nothing was done to it.")).to_have_count(30)
    assert sorted(each["enabled"] for each in accounts(visit.scenery)) == [False] * 200 + [True] * 30
    page.keyboard.press("Escape")
    expect(row(page, "stock 000")).to_contain_text("Off")


def test_what_was_done_is_told_when_the_gateway_is_lost(
    visit: Visits, stock: Callable[[int], list[str]]
) -> None:
    stock(10)
    visit.forgive("ERR_FAILED")
    page = visit(f"/accounts?provider={FORM}")
    asked: list[Route] = []

    def lose(route: Route) -> None:
        asked.append(route)
        if len(asked) == 1:
            route.continue_()
        else:
            route.abort()

    page.route("**/v2/accounts/bulk", lose)
    page.get_by_role("checkbox", name="Select all that are shown").check()
    page.get_by_role("region", name="10 selected").get_by_role("button", name="Test").click()
    page.get_by_test_id("confirm").click()
    report = page.get_by_role("dialog", name="Test accounts")
    expect(report).to_contain_text("0 went well, 8 did not · 2 were not reached")
    expect(report.get_by_text("The gateway does not answer. Is it running?")).to_have_count(2)


def test_a_sick_upstream_rests_an_account_which_is_tried_when_the_countdown_ends(
    visit: Visits, accessible: Callable[[Page], None]
) -> None:
    seen = visit.scenery
    [sick] = [each for each in seen.amazon.people.accounts.values() if each.kind == "builder_id"][:1]
    [listed] = [each for each in accounts(seen, "amazon-q") if each["label"] == sick.id]
    with alone(seen, listed["id"]):
        sick.fault = "500"
        for _ in range(6):
            seen.chat("amazon-q/claude-sonnet-4.5")
        sick.fault = ""
        page = visit(f"/accounts?provider=amazon-q&account={listed['id']}")
        panel = page.get_by_role("dialog", name=sick.id)
        expect(panel).to_contain_text("Resting")
        expect(panel).to_contain_text("Upstream is not well")
        expect(panel).to_contain_text("Encountered an unexpected error")
        accessible(page)
        # The page asks again when the countdown ends, and not only with its next round.
        expect(panel).to_contain_text("Being tried")
        expect(panel).to_contain_text("Its rest is over; the next request shows whether it is well")
        assert seen.chat("amazon-q/claude-sonnet-4.5").status == 200
        expect(panel).to_contain_text("Healthy")
    seen.api("POST", f"/v2/accounts/{listed['id']}/clear-cooldown")


def test_limits_and_switched_off_providers_say_why(visit: Visits, stock: Callable[[int], list[str]]) -> None:
    seen = visit.scenery
    [id] = stock(1)
    seen.api("PATCH", f"/v2/accounts/{id}", {"requests_per_minute": 1})
    for _ in range(2):
        seen.chat(f"{FORM}/any")
    page = visit(f"/accounts?provider={FORM}")
    listed = row(page, "stock 000")
    expect(listed).to_contain_text("own limit reached")
    seen.api("PATCH", f"/v2/providers/{FORM}", {"enabled": False})
    page.reload()
    expect(listed).to_contain_text("provider is off")


def test_what_another_administrator_wrote_meanwhile_is_kept_or_asked_about(
    visit: Visits, stock: Callable[[int], list[str]], accessible: Callable[[Page], None]
) -> None:
    seen = visit.scenery
    [id] = stock(1)
    page = visit(f"/accounts?provider={FORM}&account={id}&tab=edit")
    panel = page.get_by_role("dialog", name="stock 000")
    panel.get_by_label("Label").fill("mine")
    seen.api("PATCH", f"/v2/accounts/{id}", {"weight": 7})
    panel.get_by_role("button", name="Save").click()
    panel = page.get_by_role("dialog", name="mine")
    expect(panel).to_contain_text("Weight 7")
    assert (account(seen, id)["label"], account(seen, id)["weight"]) == ("mine", 7)

    panel.get_by_role("tab", name="Edit").click()
    panel.get_by_label("Priority").fill("3")
    seen.api("PATCH", f"/v2/accounts/{id}", {"priority": 5, "requests_per_day": 99})
    panel.get_by_role("button", name="Save").click()
    alert = panel.get_by_role("alert").filter(has_text="Somebody changed this account meanwhile")
    expect(alert).to_contain_text("Priority: 5")
    expect(panel.get_by_label("Requests per day")).to_have_value("99")
    accessible(page)
    assert account(seen, id)["priority"] == 5
    panel.get_by_role("button", name="Save what I wrote").click()
    expect(panel).to_contain_text("Requests per day: 99")
    assert (account(seen, id)["priority"], account(seen, id)["weight"]) == (3, 7)

    panel.get_by_role("tab", name="Edit").click()
    panel.get_by_label("Weight").fill("2")
    seen.api("PATCH", f"/v2/accounts/{id}", {"weight": 9})
    panel.get_by_role("button", name="Save").click()
    panel.get_by_role("button", name="Take what is there").click()
    expect(panel.get_by_label("Weight")).to_have_value("9")
    panel.get_by_role("button", name="Save").click()
    expect(panel).to_contain_text("Weight 9")


def test_a_viewer_sees_all_and_changes_nothing(visit: Visits, accessible: Callable[[Page], None]) -> None:
    page = visit("/accounts?provider=claude-web", role="viewer")
    expect(page.get_by_text("You may look, but not change anything here.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^(Add|Export)"))).to_have_count(0)
    expect(page.get_by_role("checkbox")).to_have_count(0)
    row(page, "wanda").get_by_role("button", name="wanda", exact=True).click()
    panel = page.get_by_role("dialog", name="wanda")
    expect(panel).to_contain_text("Last used")
    expect(panel.get_by_role("button", name=re.compile("Test|Delete|Disable|Read now"))).to_have_count(0)
    accessible(page)


@pytest.mark.parametrize(("language", "theme", "phone"), [("en", "light", False), ("zh", "dark", True)])
def test_it_is_accessible_everywhere(
    visit: Visits,
    accessible: Callable[[Page], None],
    shot: Callable[[Page, str], None],
    language: str,
    theme: str,
    phone: bool,
) -> None:
    page = visit("/accounts", language=language, theme=theme, phone=phone)
    expect(page.get_by_role("button", name="wanda", exact=not phone).first).to_be_visible()
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page can be scrolled sideways"
    accessible(page)
    shot(page, "accounts-phone" if phone else "accounts")
