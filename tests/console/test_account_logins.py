"""Accounts that sign in: a code, a page, and whatever its owner may do there."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from console.account_stock import account, accounts, alone, row
from console.browsing import Visits


def approve(page: Page, dialog: Locator, email: str, answer: str = "Approve") -> None:
    """As the account's owner does it, on the page of the service."""
    with page.expect_popup() as opened:
        dialog.get_by_role("link", name="Open the page").click()
    opened.value.get_by_label("Sign in as").fill(email)
    opened.value.get_by_role("button", name=answer).click()
    expect(opened.value.get_by_role("button")).to_have_count(0)
    opened.value.close()


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


def test_a_dead_login_signs_in_again(visit: Visits, accessible: Callable[[Page], None]) -> None:
    seen = visit.scenery
    visit.forgive("asked another host: " + re.escape(seen.amazon.url))
    person = seen.amazon.add_account("builder_id", email="again@example.com")
    entry = {"provider": "amazon-q", **seen.amazon.entry_of(person), "label": "again", "weight": 3}
    id = seen.api("POST", "/v2/accounts", entry)["id"]
    seen.amazon.revoke(person)
    with alone(seen, id):
        seen.chat("amazon-q/claude-sonnet-4.5")
    page = visit("/accounts?provider=amazon-q&state=disabled")
    listed = row(page, "again")
    expect(listed).to_contain_text("Must sign in")
    listed.get_by_role("button", name="again", exact=True).click()
    panel = page.get_by_role("dialog", name="again")
    expect(panel).to_contain_text("Its sign-in has ended")
    expect(panel).to_contain_text("needs sign-in: ")
    accessible(page)
    panel.get_by_role("button", name="Sign in again").click()
    dialog = page.get_by_role("dialog", name="Add accounts")
    first = dialog.get_by_test_id("code").inner_text()
    approve(page, dialog, "again@example.com", "Deny")
    expect(dialog.get_by_role("alert").filter(has_text="The sign-in was refused")).to_be_visible()
    dialog.get_by_role("button", name="Start again").click()
    expect(dialog.get_by_test_id("code")).not_to_have_text(first)
    approve(page, dialog, "again@example.com")
    expect(dialog.get_by_text("again is signed in")).to_be_visible()
    dialog.get_by_role("button", name="Open the account").click()
    expect(page.get_by_role("dialog", name="again")).to_contain_text("Healthy")
    now = account(seen, id)
    assert (now["enabled"], now["off_reason"], now["weight"]) == (True, None, 3)
    with alone(seen, id):
        assert seen.chat("amazon-q/claude-sonnet-4.5").status == 200
    seen.api("DELETE", f"/v2/accounts/{id}")


def test_of_several_profiles_one_is_chosen(visit: Visits, accessible: Callable[[Page], None]) -> None:
    seen = visit.scenery
    visit.forgive("asked another host: " + re.escape(seen.amazon.url))
    person = seen.amazon.add_account("idc", email="many@example.com")
    other = "arn:aws:codewhisperer:us-east-1:000000000000:profile/SIMOTHER1"
    person.more_profiles = (other,)
    page = visit("/accounts?provider=amazon-q&add=login")
    dialog = page.get_by_role("dialog", name="Add accounts")
    dialog.get_by_role("radio", name=re.compile("Identity Center")).click()
    dialog.get_by_label(re.compile("^Start URL")).fill(str(person.start_url))
    dialog.get_by_role("button", name="Start sign-in").click()
    approve(page, dialog, "many@example.com")
    profiles = dialog.get_by_role("group", name="Which profile?")
    expect(profiles.get_by_role("radio")).to_have_count(2)
    expect(dialog.get_by_role("button", name="Add the account")).to_be_disabled()
    accessible(page)
    profiles.get_by_role("radio", name=re.compile("profile-2")).click()
    dialog.get_by_role("button", name="Add the account").click()
    expect(dialog.get_by_text("many@example.com is signed in")).to_be_visible()
    [new] = [each for each in accounts(seen, "amazon-q") if each["label"] == "many@example.com"]
    assert new["details"]["profile_arn"] == other
    seen.api("DELETE", f"/v2/accounts/{new['id']}")


def test_a_sign_in_that_nobody_answers_ends_and_begins_anew(
    visit: Visits, accessible: Callable[[Page], None]
) -> None:
    seen = visit.scenery
    sign_ins = seen.amazon.sign_ins
    usual, sign_ins.lifetime_s = sign_ins.lifetime_s, 3.0
    try:
        page = visit("/accounts?provider=amazon-q&add=login")
        dialog = page.get_by_role("dialog", name="Add accounts")
        dialog.get_by_label("Label").fill("too late")
        dialog.get_by_role("button", name="Start sign-in").click()
        first = dialog.get_by_test_id("code").inner_text()
        expect(dialog.get_by_role("alert").filter(has_text="Nobody agreed in time")).to_be_visible()
        accessible(page)
    finally:
        sign_ins.lifetime_s = usual
    dialog.get_by_role("button", name="Start again").click()
    expect(dialog.get_by_label("Label")).to_have_value("too late")
    dialog.get_by_role("button", name="Start sign-in").click()
    expect(dialog.get_by_test_id("code")).not_to_have_text(first)
    dialog.get_by_role("button", name="Cancel sign-in").click()
    expect(dialog).to_be_hidden()
    assert "waiting" not in [each["state"] for each in seen.api("GET", "/v2/logins")["items"]]
