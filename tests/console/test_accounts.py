"""The accounts page: the list, one account, the four ways in which accounts come, and the way out as a file."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from console.browsing import Visits
from console.scenery import Scenery

Json = dict[str, Any]
FORM = "form-source"
"""A stored provider of these tests, whose address nobody answers."""


@pytest.fixture
def stock(seen: Scenery) -> Iterator[Callable[[int], list[str]]]:
    """Makes accounts of a provider of its own; all of it is gone afterwards."""
    seen.api("POST", "/v2/providers", {"name": FORM, "settings": {"base_url": "http://127.0.0.1:9/v1"}})

    def add(count: int) -> list[str]:
        entries = [
            {
                "provider": FORM,
                "label": f"stock {at:03}",
                "credential": {"api_key": f"sk-made-up-for-tests-{at:04}"},
            }
            for at in range(count)
        ]
        return [each["id"] for each in seen.api("POST", "/v2/accounts/feed", {"accounts": entries})["items"]]

    yield add
    seen.api("DELETE", f"/v2/providers/{FORM}?with_accounts=true")


def accounts(seen: Scenery, provider: str = FORM) -> list[Json]:
    return list(seen.api("GET", f"/v2/accounts?provider={provider}&limit=500")["items"])


def limit(seen: Scenery, name: str) -> None:
    """The next answer to this account of the simulated website is that its messages are used up."""
    body = json.dumps({"account": name, "fault": "F8"}).encode()
    asked = urllib.request.Request(
        f"{seen.web.url}/_sim/faults", body, {"content-type": "application/json"}, method="POST"
    )
    urllib.request.urlopen(asked, timeout=20).close()


def row(page: Page, label: str) -> Any:
    return page.get_by_role("row").filter(has_text=label)


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
    row(page, "configuration file").get_by_role("button", name="configuration file", exact=True).click()
    panel = page.get_by_role("dialog", name="configuration file")
    expect(panel.get_by_text("It is changed there.")).to_be_visible()
    expect(panel.get_by_role("button", name="Delete")).to_have_count(0)
    accessible(page)


def test_an_account_is_added_by_form_and_replaced(visit: Visits, stock: Callable[[int], list[str]]) -> None:
    stock(0)
    page = visit(f"/accounts?provider={FORM}")
    page.get_by_role("button", name="Add", exact=True).click()
    dialog = page.get_by_role("dialog", name="Add accounts")
    dialog.get_by_label("API key", exact=True).fill("sk-made-up-for-tests-form")
    dialog.get_by_label("Label").fill("by hand")
    dialog.get_by_role("button", name="Order, limits and proxy").click()
    dialog.get_by_label("Proxy", exact=True).fill("nonsense")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.get_by_role("alert").or_(dialog.locator("[id$=error]")).first).to_contain_text("http")
    dialog.get_by_label("Proxy", exact=True).fill("")
    dialog.get_by_role("button", name="Add", exact=True).click()
    panel = page.get_by_role("dialog", name="by hand")
    expect(panel).to_contain_text("…form")
    panel.get_by_role("tab", name="Edit").click()
    panel.get_by_role("switch", name="Replace the credential").click()
    panel.get_by_label("API key", exact=True).fill("sk-made-up-for-tests-next")
    panel.get_by_role("button", name="Save").click()
    expect(panel).to_contain_text("…next")
    assert [each["credential_hint"] for each in accounts(visit.scenery)] == ["…next"]


def test_pasted_lines_are_each_answered_for(
    visit: Visits, stock: Callable[[int], list[str]], accessible: Callable[[Page], None]
) -> None:
    stock(1)
    page = visit(f"/accounts?provider={FORM}&add=paste")
    dialog = page.get_by_role("dialog", name="Add accounts")
    dialog.get_by_label("Accounts").fill(
        "# mine\nsk-made-up-for-tests-0000\nsk-made-up-for-tests-new, second one\n"
        '{"label": "third", "credential": {"api_key": "sk-third"}, "weight": 0}\n{broken'
    )
    expect(dialog.get_by_text("3 accounts found")).to_be_visible()
    expect(dialog.get_by_text("Line 5: is not JSON")).to_be_visible()
    dialog.get_by_role("button", name="Add 3").click()
    for words in ("Added: 1", "Already here: 1", "Refused: 2", "weight: "):
        expect(dialog).to_contain_text(words)
    accessible(page)
    assert sorted(each["label"] for each in accounts(visit.scenery)) == ["second one", "stock 000"]


def test_a_file_goes_out_and_comes_back(
    visit: Visits, stock: Callable[[int], list[str]], tmp_path: Path
) -> None:
    stock(2)
    page = visit(f"/accounts?provider={FORM}")
    page.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog", name="Export accounts")
    dialog.get_by_role("radio", name="With credentials").click()
    expect(dialog.get_by_text("Whoever has the file can use the accounts")).to_be_visible()
    expect(dialog.get_by_role("button", name="Download")).to_be_disabled()
    dialog.get_by_label("Type Export to confirm").fill("Export")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download").click()
    held = json.loads(Path(download.value.path()).read_text("utf-8"))
    held["accounts"] = [each for each in held["accounts"] if each["provider"] == FORM]
    assert {each["credential"]["api_key"] for each in held["accounts"]} == {
        "sk-made-up-for-tests-0000",
        "sk-made-up-for-tests-0001",
    }
    visit.scenery.api("DELETE", f"/v2/accounts/{accounts(visit.scenery)[0]['id']}")
    (tmp_path / "export.json").write_text(json.dumps(held), "utf-8")
    (tmp_path / "list.txt").write_text("mail----password----token\n", "utf-8")
    page.goto(f"{visit.scenery.origin}/admin/accounts?provider={FORM}&add=file")
    dialog = page.get_by_role("dialog", name="Add accounts")
    page.locator("input[type=file]").set_input_files([tmp_path / "export.json", tmp_path / "list.txt"])
    dialog.get_by_role("button", name="Import", exact=True).click()
    for words in ("Added: 1", "Already here: 1", "Refused: 1"):
        expect(dialog).to_contain_text(words)
    assert len(accounts(visit.scenery)) == 2


@pytest.mark.parametrize("answer", ["Approve", "Deny"])
def test_an_account_signs_in(
    visit: Visits, accessible: Callable[[Page], None], shot: Callable[[Page, str], None], answer: str
) -> None:
    seen = visit.scenery
    before = {each["id"] for each in accounts(seen, "amazon-q")}
    visit.forgive("asked another host: " + re.escape(seen.amazon.url))
    page = visit("/accounts?provider=amazon-q&add=login")
    dialog = page.get_by_role("dialog", name="Add accounts")
    dialog.get_by_label("Label").fill("signed in here")
    dialog.get_by_role("button", name="Start sign-in").click()
    code = dialog.get_by_test_id("code")
    expect(code).to_have_text(re.compile(r"^\w{4}-\w{4}$"))
    expect(dialog.get_by_text("Waiting for approval…")).to_be_visible()
    expect(page).to_have_url(re.compile("login="))
    accessible(page)
    if answer == "Approve":
        shot(page, "accounts-sign-in")
    with page.expect_popup() as opened:
        dialog.get_by_role("link", name="Open the page").click()
    theirs = opened.value
    expect(theirs.get_by_text(code.inner_text())).to_be_visible()
    theirs.get_by_role("button", name=answer).click()
    if answer == "Deny":
        expect(dialog.get_by_role("alert").filter(has_text="The sign-in was refused")).to_be_visible()
        dialog.get_by_role("button", name="Start again").click()
        expect(dialog.get_by_role("button", name="Start sign-in")).to_be_visible()
        assert {each["id"] for each in accounts(seen, "amazon-q")} == before
        return
    expect(dialog.get_by_text("signed in here is signed in")).to_be_visible()
    dialog.get_by_role("button", name="Open the account").click()
    expect(page.get_by_role("dialog", name="signed in here")).to_contain_text("builder_id")
    page.keyboard.press("Escape")
    expect(row(page, "signed in here")).to_contain_text("Healthy")
    [new] = {each["id"] for each in accounts(seen, "amazon-q")} - before
    seen.api("DELETE", f"/v2/accounts/{new}")


def test_a_sign_in_left_open_is_gone_on_with_and_cancelled(visit: Visits) -> None:
    seen = visit.scenery
    login = seen.api("POST", "/v2/logins", {"provider": "amazon-q", "label": "left open"})
    page = visit("/accounts")
    alert = page.get_by_role("alert").or_(page.locator("[data-slot=root]")).filter(has_text="left open")
    alert.get_by_role("button", name="Go on").last.click()
    expect(page.get_by_test_id("code")).to_have_text(login["code"])
    page.get_by_role("button", name="Cancel sign-in").click()
    expect(page.get_by_test_id("code")).to_be_hidden()
    expect(page.get_by_text("left open")).to_have_count(0)
    assert login["id"] not in [each["id"] for each in seen.api("GET", "/v2/logins")["items"]]


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
