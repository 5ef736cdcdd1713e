"""The users page: who may sign in and as what, the last administrator, and the audit log."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from console.browsing import Visits
from console.scenery import PASSWORD, Scenery

Json = dict[str, Any]


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_text(name, exact=True))


def choose(page: Page, name: str, action: str) -> None:
    row(page, name).get_by_role("button", name=f"Actions for {name}").click()
    page.get_by_role("menuitem", name=action, exact=True).click()


def user(seen: Scenery, name: str) -> Json | None:
    return next(
        (each for each in seen.api("GET", "/v2/users?limit=500")["items"] if each["name"] == name), None
    )


def test_a_user_is_made_changed_and_deleted(visit: Visits, accessible: Callable[[Page], None]) -> None:
    seen = visit.scenery
    page = visit("/users")
    page.get_by_role("button", name="New user").click()
    dialog = page.get_by_role("dialog", name="New user")
    dialog.get_by_label("Name").fill("Ulla")
    dialog.get_by_role("radio", name="Key holder").click()
    dialog.get_by_role("textbox", name="Password").fill("ulla ulla 1")
    dialog.get_by_role("button", name="Show: Password").click()
    dialog.get_by_role("button", name="Make one").click()
    made = dialog.get_by_role("textbox", name="Password").input_value()
    assert re.fullmatch(r"(\w{5}-){3}\w{5}", made)
    accessible(page)
    dialog.get_by_role("button", name="Create").click()
    expect(row(page, "ulla")).to_contain_text("Key holder")
    assert seen.sign_in("ulla", made) == 200

    choose(page, "ulla", "Edit")
    expect(page).to_have_url(re.compile("user=usr_"))
    dialog = page.get_by_role("dialog", name="Edit ulla")
    dialog.get_by_role("radio", name="Viewer").click()
    dialog.get_by_role("button", name="Save").click()
    expect(row(page, "ulla")).to_contain_text("Viewer")

    choose(page, "ulla", "Set a new password")
    dialog = page.get_by_role("dialog", name="New password of ulla")
    dialog.get_by_role("textbox", name="Password").fill("short")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_contain_text(re.compile("at least 10", re.IGNORECASE))
    dialog.get_by_role("textbox", name="Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    assert (seen.sign_in("ulla", made), seen.sign_in("ulla", PASSWORD)) == (401, 200)

    choose(page, "ulla", "Disable")
    page.get_by_test_id("confirm").click()
    expect(row(page, "ulla")).to_contain_text("Off")
    assert seen.sign_in("ulla", PASSWORD) == 401
    choose(page, "ulla", "Enable")
    expect(row(page, "ulla")).to_contain_text("Can sign in")

    choose(page, "ulla", "Delete")
    expect(page.get_by_test_id("confirm")).to_be_disabled()
    page.get_by_label("Type ulla to confirm").fill("ulla")
    page.keyboard.press("Enter")
    expect(page.get_by_text("ulla is deleted").first).to_be_visible()
    expect(row(page, "ulla")).to_have_count(0)
    assert user(seen, "ulla") is None


def test_a_user_without_a_password_works_with_tokens(visit: Visits) -> None:
    page = visit("/users?add=yes")
    dialog = page.get_by_role("dialog", name="New user")
    dialog.get_by_label("Name").fill("anna")
    dialog.get_by_role("switch", name="Signs in with a password").click()
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_text("another user has it")).to_be_visible()
    dialog.get_by_label("Name").fill("uno")
    dialog.get_by_role("button", name="Create").click()
    expect(row(page, "uno")).to_contain_text("Tokens alone")
    page.keyboard.press("/")
    page.keyboard.type("uno")
    expect(row(page, "anna")).to_have_count(0)
    expect(page).to_have_url(re.compile("text=uno"))
    page.get_by_label("State").click()
    page.get_by_role("option", name="Can sign in").click()
    page.get_by_role("button", name="Clear the filters").click()
    expect(row(page, "anna")).to_be_visible()
    found = user(visit.scenery, "uno")
    assert found is not None and not found["has_password"]
    visit.scenery.api("DELETE", f"/v2/users/{found['id']}")


def test_the_last_administrator_stays_one(visit: Visits) -> None:
    seen = visit.scenery
    others = [
        each["id"]
        for each in seen.api("GET", "/v2/users?limit=500")["items"]
        if each["role"] == "admin" and each["enabled"] and each["name"] != "anna"
    ]
    for id in others:
        seen.api("PATCH", f"/v2/users/{id}", {"enabled": False})
    page = visit("/users")
    expect(row(page, "anna")).to_contain_text("Last administrator")
    row(page, "anna").get_by_role("button", name="Actions for anna").click()
    for action in ("Disable", "Delete"):
        expect(page.get_by_role("menuitem", name=action, exact=True)).to_have_attribute(
            "aria-disabled", "true"
        )
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    dialog = page.get_by_role("dialog", name="Edit anna")
    expect(dialog.get_by_role("radio", name="Viewer")).to_be_disabled()
    expect(dialog).to_contain_text("until there is another")
    page.keyboard.press("Escape")
    seen.person("undine", "admin")
    page.goto(f"{seen.origin}/admin/users")
    expect(row(page, "undine")).to_be_visible()
    expect(page.get_by_text("Last administrator")).to_have_count(0)
    undine = user(seen, "undine")
    assert undine is not None
    seen.api("DELETE", f"/v2/users/{undine['id']}")
    for id in others:
        seen.api("PATCH", f"/v2/users/{id}", {"enabled": True})


def test_the_audit_log_says_who_did_what(
    visit: Visits, accessible: Callable[[Page], None], shot: Callable[[Page, str], None]
) -> None:
    seen = visit.scenery
    seen.person("ursula", "viewer")
    page = visit("/users")
    page.get_by_role("tab", name="Audit log").click()
    page.get_by_label("Action").click()
    page.get_by_placeholder("Search").fill("user_created")
    page.get_by_role("option", name="user_created").click()
    line = page.get_by_role("row").filter(has_text="ursula: viewer")
    expect(line).to_contain_text("anna")
    expect(page).to_have_url(re.compile("action=user_created"))
    expect(page.get_by_role("cell", name="sign_in", exact=True)).to_have_count(0)
    accessible(page)
    shot(page, "audit")
    ursula = user(seen, "ursula")
    assert ursula is not None
    page.goto(f"{seen.origin}/admin/users?tab=audit&by={ursula['id']}")
    expect(page.get_by_role("row").filter(has_text="sign_in")).to_have_count(1)
    page.get_by_role("searchbox").fill("nothing is called so")
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.get_by_role("row").filter(has_text="ursula: viewer").first).to_be_visible()
    seen.api("DELETE", f"/v2/users/{ursula['id']}")


def test_a_viewer_changes_nothing(visit: Visits, accessible: Callable[[Page], None]) -> None:
    page = visit("/users?tab=audit&add=yes", role="viewer")
    expect(page.get_by_text("You may look, but not change anything here.")).to_be_visible()
    expect(row(page, "anna")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("New user|Actions for"))).to_have_count(0)
    expect(page.get_by_role("tab")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
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
    page = visit("/users", language=language, theme=theme, phone=phone)
    expect(row(page, "vera")).to_be_visible()
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page can be scrolled sideways"
    accessible(page)
    shot(page, "users-phone" if phone else "users")
