"""The profile: one's own password, sessions and tokens."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from console.browsing import Visits
from console.scenery import PASSWORD

NEW = "another password for tests"


def test_a_password_is_changed_and_other_sessions_end(
    visit: Visits, accessible: Callable[[Page], None]
) -> None:
    seen = visit.scenery
    page = visit("/profile", cookie=seen.person("paula", "holder"))
    seen.sign_in("paula")
    form = page.get_by_role("region", name="Password")
    for label, words in (
        ("Current", "not the password"),
        ("New password", NEW),
        ("New password again", "x" * 10),
    ):
        form.get_by_label(re.compile(f"^{label}( password)?\\W*$")).fill(words)
    form.get_by_label("New password again").press("Enter")
    expect(form.get_by_text("The two passwords differ.")).to_be_visible()
    accessible(page)
    form.get_by_label("New password again").fill(NEW)
    form.get_by_role("button", name="Change the password").click()
    expect(form.get_by_text("not the present password")).to_be_visible()
    form.get_by_label("Current password").fill(PASSWORD)
    form.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("Your password is changed").first).to_be_visible()
    assert (seen.sign_in("paula"), seen.sign_in("paula", NEW)) == (401, 200)


def test_sessions_are_ended(visit: Visits) -> None:
    seen = visit.scenery
    page = visit("/profile", cookie=seen.person("petra", "holder"))
    for _ in range(3):
        assert seen.sign_in("petra") == 200
    page.reload()
    sessions = page.get_by_role("region", name="Where you are signed in")
    items = sessions.get_by_role("listitem")
    expect(items).to_have_count(4)
    expect(items.first).to_contain_text("This one")
    expect(items.first.get_by_role("button")).to_have_count(0)
    items.nth(1).get_by_role("button").click()
    page.get_by_test_id("confirm").click()
    expect(items).to_have_count(3)
    sessions.get_by_role("button", name="End all others").click()
    page.get_by_test_id("confirm").click()
    expect(items).to_have_count(1)
    expect(sessions.get_by_role("button")).to_have_count(0)
    page.reload()
    expect(items).to_have_count(1)


def test_a_token_is_shown_once_and_removed(visit: Visits, accessible: Callable[[Page], None]) -> None:
    seen = visit.scenery
    page = visit("/profile", cookie=seen.person("pia", "viewer"))
    tokens = page.get_by_role("region", name="Tokens for scripts")
    tokens.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog", name="New token")
    dialog.get_by_label("What it is for").fill("nightly backup")
    dialog.get_by_label("Ends").click()
    page.get_by_role("option", name="In 30 days").click()
    dialog.get_by_label("What it is for").press("Enter")
    secret = page.get_by_test_id("secret").inner_text()
    accessible(page)
    who = seen.gateway.ask("/v2/me", None, {"authorization": f"Bearer {secret}"}, "GET")
    assert who.json["name"] == "pia"
    page.get_by_role("button", name="I have kept it").click()
    row = tokens.get_by_role("row").filter(has_text="nightly backup")
    expect(row).to_contain_text(re.compile("in (29|30) days|in 4 weeks|next month"))
    assert secret not in page.content()
    row.get_by_role("button", name="Remove nightly backup").click()
    page.get_by_test_id("confirm").click()
    expect(tokens.get_by_text("No tokens yet")).to_be_visible()
    assert seen.gateway.ask("/v2/me", None, {"authorization": f"Bearer {secret}"}, "GET").status == 401


@pytest.mark.parametrize(("language", "theme", "phone"), [("en", "light", False), ("zh", "dark", True)])
def test_it_is_accessible_everywhere(
    visit: Visits,
    accessible: Callable[[Page], None],
    shot: Callable[[Page, str], None],
    language: str,
    theme: str,
    phone: bool,
) -> None:
    cookie = visit.scenery.person(f"pavla.{language}", "admin" if language == "en" else "holder")
    page = visit("/profile", language=language, theme=theme, phone=phone, cookie=cookie)
    expect(page.get_by_role("main").get_by_role("region")).to_have_count(3)
    expect(page.get_by_role("listitem").filter(has_text="127.0.0.1")).to_be_visible()
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page can be scrolled sideways"
    accessible(page)
    shot(page, "profile-phone" if phone else "profile")
