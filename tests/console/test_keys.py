"""The keys page: what an administrator does with keys, and what others see of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from console.browsing import Visits, copied
from console.scenery import PASSWORD, Scenery


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def key_named(seen: Scenery, name: str) -> dict[str, Any]:
    found = [each for each in seen.api("GET", f"/v2/keys?text={name}")["items"] if each["name"] == name]
    assert len(found) == 1, found
    return dict(found[0])


def status_with(seen: Scenery, secret: str, model: str = "dummy/dummy-text") -> int:
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
    return seen.gateway.ask("/v1/chat/completions", body, {"authorization": f"Bearer {secret}"}).status


def test_a_key_lives_from_its_making_to_its_end(visit: Visits, accessible: Callable[[Page], None]) -> None:
    seen = visit.scenery
    page = visit("/keys")
    page.get_by_role("button", name="New key").click()
    form = page.get_by_role("dialog", name="New key")
    form.get_by_label("Name", exact=True).fill("robot")
    form.get_by_label("Models").fill("dummy*\nquick")
    form.get_by_label("Networks").fill("300.1.2.3")
    form.get_by_label("Requests per day").fill("4")
    form.get_by_label("Dollars per month").fill("2.50")
    form.get_by_role("button", name="30 days").click()
    accessible(page)
    form.get_by_role("button", name="Create").click()
    expect(form).to_contain_text("not an address or a network")
    form.get_by_label("Networks").fill("127.0.0.0/8")
    form.get_by_role("button", name="Create").click()

    dialog = page.get_by_role("dialog", name="The secret of robot")
    secret = dialog.get_by_test_id("secret").inner_text()
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Copy").first.click()
    assert copied(page) == secret
    dialog.get_by_role("button", name="Settings to copy").click()
    dialog.get_by_role("combobox", name="Model").fill("dummy/dummy-text")
    page.keyboard.press("Escape")
    expect(dialog).to_contain_text(f"export ANTHROPIC_AUTH_TOKEN={secret}")
    dialog.get_by_role("button", name="Send a test call").click()
    expect(dialog.get_by_test_id("answer")).not_to_be_empty()
    expect(dialog.get_by_role("status").filter(has_text="It works")).to_be_visible()
    accessible(page)
    dialog.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_text(secret)).to_have_count(0)
    made = key_named(seen, "robot")
    assert (made["models"], made["ips"], made["requests_per_day"], made["usd_per_month"]) == (
        ["dummy*", "quick"],
        ["127.0.0.0/8"],
        4,
        2.5,
    )
    assert status_with(seen, secret) == 200
    assert status_with(seen, secret, "claude-web/claude-sonnet-4-6") == 403

    row(page, "robot").get_by_role("button", name="robot", exact=True).click()
    panel = page.get_by_role("dialog", name="robot")
    expect(page).to_have_url(re.compile(r"key=key_"))
    expect(panel.get_by_role("region", name="Budgets")).to_contain_text("of 4")
    expect(panel.get_by_role("link", name="Its requests")).to_have_attribute(
        "href", re.compile(rf"/requests\?key={made['id']}")
    )
    panel.get_by_role("tab", name="Edit").click()
    panel.get_by_label("Requests per day").fill("")
    panel.get_by_label("Note").fill("sweeps the floor")
    panel.get_by_role("button", name="Save").click()
    expect(panel).to_contain_text("sweeps the floor")
    edited = key_named(seen, "robot")
    assert (edited["requests_per_day"], edited["note"], edited["usd_per_month"], edited["expires_at"]) == (
        None,
        "sweeps the floor",
        2.5,
        made["expires_at"],
    )

    panel.get_by_role("button", name="New secret").click()
    page.get_by_test_id("confirm").click()
    fresh = page.get_by_role("dialog", name="The secret of robot").get_by_test_id("secret").inner_text()
    assert (fresh != secret, status_with(seen, secret), status_with(seen, fresh)) == (True, 401, 200)
    page.get_by_role("button", name="I have kept it").click()
    panel.get_by_role("button", name="Disable").click()
    page.get_by_test_id("confirm").click()
    expect(panel.get_by_text("Off", exact=True)).to_be_visible()
    assert status_with(seen, fresh) == 401
    panel.get_by_role("button", name="Enable").click()
    expect(panel.get_by_text("Active", exact=True)).to_be_visible()
    panel.get_by_role("button", name="Delete").click()
    expect(page.get_by_test_id("confirm")).to_be_disabled()
    page.get_by_label("Type robot to confirm").fill("robot")
    page.keyboard.press("Enter")
    expect(panel).to_be_hidden()
    assert seen.api("GET", "/v2/keys?text=robot")["items"] == []


def test_keys_are_searched_and_the_address_keeps_it(visit: Visits) -> None:
    page = visit("/keys")
    expect(row(page, "henry")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("team")
    expect(page).to_have_url(re.compile("text=team"))
    expect(row(page, "henry")).to_have_count(0)
    expect(row(page, "team")).to_be_visible()
    page.get_by_role("searchbox").fill("nobody is called so")
    page.get_by_role("button", name="Clear the filters").click()
    expect(row(page, "henry").first).to_be_visible()


def test_a_holder_sees_own_keys_and_a_viewer_changes_none(visit: Visits) -> None:
    own = visit("/keys", role="holder")
    expect(row(own, "henry")).to_be_visible()
    expect(row(own, "team")).to_have_count(0)
    row(own, "henry").get_by_role("button", name="Actions for henry").click()
    expect(own.get_by_role("menuitem")).to_have_text(["Open", "Settings to copy", "Its requests"])
    own.get_by_role("menuitem", name="Open").click()
    expect(own.get_by_role("region", name="Last 30 days")).to_contain_text("Requests")
    expect(own.get_by_role("dialog").get_by_role("tab")).to_have_text(["Overview", "Settings to copy"])

    page = visit(f"/keys?key={key_named(visit.scenery, 'team')['id']}&tab=edit", role="viewer")
    panel = page.get_by_role("dialog", name="team")
    expect(panel.get_by_role("link", name="Its requests")).to_be_visible()
    for forbidden in ("Delete", "New secret", "Disable", "Save"):
        expect(panel.get_by_role("button", name=forbidden)).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_text("You may look, but not change anything here.")).to_be_visible()
    expect(page.get_by_role("button", name="New key")).to_have_count(0)


def test_a_key_of_somebody_who_is_switched_off_is_not_called_active(visit: Visits) -> None:
    seen = visit.scenery
    olga = seen.api("POST", "/v2/users", {"name": "olga", "role": "holder", "password": PASSWORD})["id"]
    made = seen.api("POST", "/v2/keys", {"name": "olga-laptop", "user_id": olga})
    try:
        seen.api("PATCH", f"/v2/users/{olga}", {"enabled": False})
        assert status_with(seen, made["secret"]) == 401
        page = visit("/keys?text=olga-laptop")
        expect(row(page, "olga-laptop")).to_contain_text("Owner is off")
    finally:
        seen.api("DELETE", f"/v2/keys/{made['id']}")
        seen.api("DELETE", f"/v2/users/{olga}")


def test_a_test_call_that_fails_says_what_may_help(visit: Visits) -> None:
    page = visit(f"/keys?key={key_named(visit.scenery, 'team')['id']}&tab=settings")
    panel = page.get_by_role("dialog", name="team")
    panel.get_by_label("The secret of the key", exact=True).fill("sk-isthmus-not-a-key")
    panel.get_by_role("combobox", name="Model").fill("dummy/dummy-text")
    panel.get_by_role("button", name="Send a test call").click()
    expect(panel.get_by_role("alert")).to_contain_text("Is it whole, switched on and not over?")
    panel.get_by_label("The secret of the key", exact=True).fill(visit.scenery.keys["team"])
    panel.get_by_role("combobox", name="Model").fill("dummy/dummy-429")
    panel.get_by_role("button", name="Send a test call").click()
    expect(panel.get_by_role("alert")).to_contain_text("A limit is reached")
    expect(panel.get_by_role("link", name="Look at the request")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "theme", "phone"), [("en", "light", False), ("zh", "dark", True)], ids=["plain", "other"]
)
def test_the_keys_page_in_other_clothes(
    visit: Visits,
    accessible: Callable[[Page], None],
    shot: Callable[[Page, str], None],
    language: str,
    theme: str,
    phone: bool,
) -> None:
    page = visit("/keys", language=language, theme=theme, phone=phone)
    expect(page.get_by_text("team", exact=True)).to_be_visible()
    accessible(page)
    wide = page.evaluate("() => document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert wide is False
    shot(page, "keys" if language == "en" else "keys-phone-zh")
