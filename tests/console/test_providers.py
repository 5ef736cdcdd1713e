"""The providers page: those of the file to look at, those added here to change."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from console.account_stock import FORM
from console.browsing import Visits

NEW = "made-here"


def test_a_provider_is_added_edited_switched_off_and_deleted(
    visit: Visits, accessible: Callable[[Page], None]
) -> None:
    seen = visit.scenery
    page = visit("/providers")
    page.get_by_role("button", name="Add", exact=True).click()
    form = page.get_by_role("dialog", name="Add a provider")
    form.get_by_label("Type").click()
    page.get_by_role("option", name=re.compile("OpenAI")).click()
    form.get_by_label("Name", exact=True).fill(NEW)
    form.get_by_label("Base URL").fill("http://127.0.0.1:9/v1")
    form.get_by_role("button", name="Add a model").click()
    page.keyboard.type("fast")
    form.get_by_label("Name upstream 1").fill("some-model")
    form.get_by_label("Other settings").fill('{"connect_timeout_s": "soon"}')
    form.get_by_role("button", name="Add", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("connect_timeout_s")
    form.get_by_label("Other settings").fill("[]")
    form.get_by_role("button", name="Add", exact=True).click()
    expect(form).to_contain_text("must be a JSON object")
    form.get_by_label("Other settings").fill('{"connect_timeout_s": 7}')
    accessible(page)
    form.get_by_role("button", name="Add", exact=True).click()
    panel = page.get_by_role("dialog", name=NEW)
    expect(panel.get_by_role("region", name="Model map")).to_contain_text("some-model")
    accessible(page)

    panel.get_by_role("tab", name="Edit").click()
    panel.get_by_role("button", name="Remove fast").click()
    panel.get_by_label("Default model").fill("other-model")
    panel.get_by_role("button", name="Save").click()
    expect(panel).to_contain_text("names of clients go to the upstream as they are")
    stored = seen.api("GET", f"/v2/providers/{NEW}")
    assert stored["settings"] == {
        "base_url": "http://127.0.0.1:9/v1",
        "connect_timeout_s": 7,
        "default_model": "other-model",
    }
    panel.get_by_role("button", name="Disable").click()
    expect(panel.get_by_role("button", name="Enable")).to_be_visible()

    seen.api(
        "POST", "/v2/accounts", {"provider": NEW, "credential": {"api_key": "sk-made-up"}, "label": "one"}
    )
    page.reload()
    panel.get_by_role("button", name="Delete").click()
    question = page.get_by_role("dialog", name=f"Delete {NEW}?")
    expect(question).to_contain_text("Its account goes with it")
    question.get_by_role("textbox").fill(NEW)
    question.get_by_test_id("confirm").click()
    expect(panel).to_be_hidden()
    assert NEW not in [each["name"] for each in seen.api("GET", "/v2/providers")["items"]]
    assert seen.api("GET", f"/v2/accounts?provider={NEW}")["items"] == []


MINIMAL = {"openai-compatible": {"Base URL": "http://127.0.0.1:9/v1"}}
"""What the form of a type asks for besides a name."""
TYPES = {
    "openai-compatible": "OpenAI and compatible",
    "anthropic": "Anthropic",
    "amazon-q": "Amazon Q Developer and Kiro",
    "claude-web": "claude.ai",
    "claude-code": "Claude Code",
    "dummy": "Dummy",
}


def test_every_type_is_here(visit: Visits) -> None:
    offered = visit.scenery.api("GET", "/v2/provider-types")["items"]
    assert {each["type"]: each["title"] for each in offered} == TYPES


@pytest.mark.parametrize("type", TYPES)
def test_a_provider_of_each_type_is_added_by_form(visit: Visits, type: str) -> None:
    seen = visit.scenery
    page = visit("/providers?add=yes")
    form = page.get_by_role("dialog", name="Add a provider")
    form.get_by_label("Type").click()
    page.get_by_role("option", name=TYPES[type], exact=True).click()
    form.get_by_label("Name", exact=True).fill(f"{NEW}-{type}")
    for label, value in MINIMAL.get(type, {}).items():
        form.get_by_label(label).fill(value)
    form.get_by_role("button", name="Add", exact=True).click()
    panel = page.get_by_role("dialog", name=f"{NEW}-{type}")
    expect(panel).to_contain_text(TYPES[type])
    expect(panel.get_by_role("link", name="Add accounts")).to_be_visible()
    assert seen.api("GET", f"/v2/providers/{NEW}-{type}")["type"] == type
    panel.get_by_role("button", name="Delete").click()
    page.get_by_test_id("confirm").click()
    expect(panel).to_be_hidden()
    assert f"{NEW}-{type}" not in [each["name"] for each in seen.api("GET", "/v2/providers")["items"]]


def test_a_provider_is_tested_with_all_its_accounts(
    visit: Visits, stock: Callable[[int], list[str]], accessible: Callable[[Page], None]
) -> None:
    page = visit("/providers?provider=dummy")
    panel = page.get_by_role("dialog", name="dummy")
    panel.get_by_role("button", name="Test").click()
    found = panel.get_by_role("status", name="What the test found")
    expect(found).to_contain_text("Works")
    expect(found).to_contain_text("from the configuration file")
    accessible(page)
    stock(6)
    page = visit(f"/providers?provider={FORM}")
    page.get_by_role("dialog", name=FORM).get_by_role("button", name="Test").click()
    expect(page.get_by_text("Does not work")).to_have_count(6)
    accessible(page)


def test_what_another_administrator_wrote_meanwhile_is_kept_or_asked_about(
    visit: Visits, stock: Callable[[int], list[str]], accessible: Callable[[Page], None]
) -> None:
    seen = visit.scenery
    stock(0)
    page = visit(f"/providers?provider={FORM}&tab=edit")
    panel = page.get_by_role("dialog", name=FORM)
    panel.get_by_label("Default model").fill("mine")
    seen.api("PATCH", f"/v2/providers/{FORM}", {"settings": {"models": {"fast": "theirs"}}})
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("region", name="Model map")).to_contain_text("theirs")
    written = seen.api("GET", f"/v2/providers/{FORM}")["settings"]
    assert (written["default_model"], written["models"]) == ("mine", {"fast": "theirs"})

    panel.get_by_role("tab", name="Edit").click()
    panel.get_by_label("Name upstream 1").fill("ours")
    seen.api("PATCH", f"/v2/providers/{FORM}", {"settings": {"models": {"fast": "newer"}}})
    panel.get_by_role("button", name="Save").click()
    alert = panel.get_by_role("alert").filter(has_text="Somebody changed this provider meanwhile")
    expect(alert).to_contain_text('models: {"fast":"newer"}')
    accessible(page)
    panel.get_by_role("button", name="Save what I wrote").click()
    expect(panel.get_by_role("region", name="Model map")).to_contain_text("ours")
    assert seen.api("GET", f"/v2/providers/{FORM}")["models"] == {"fast": "ours"}


def test_those_of_the_file_are_looked_at_and_lead_to_their_accounts(visit: Visits) -> None:
    page = visit("/providers?provider=dummy")
    panel = page.get_by_role("dialog", name="dummy")
    expect(panel).to_contain_text("From the configuration file")
    expect(panel).to_contain_text("It stands under providers.dummy there, and is changed there.")
    expect(panel.get_by_role("region", name="Model map")).to_contain_text("dummy-text")
    expect(panel.get_by_role("button", name=re.compile("Delete|Disable"))).to_have_count(0)
    expect(panel.get_by_role("tab")).to_have_count(0)
    panel.get_by_role("link", name=re.compile(r"^\d+ accounts?$")).click()
    expect(page).to_have_url(re.compile(r"/accounts\?provider=dummy"))


def test_a_viewer_changes_nothing(visit: Visits) -> None:
    page = visit("/providers", role="viewer")
    expect(page.get_by_text("You may look, but not change anything here.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="claude-web")).to_be_visible()
    expect(page.get_by_role("button", name="Add", exact=True)).to_have_count(0)


@pytest.mark.parametrize(("language", "theme", "phone"), [("en", "light", False), ("zh", "dark", True)])
def test_it_is_accessible_everywhere(
    visit: Visits,
    accessible: Callable[[Page], None],
    shot: Callable[[Page, str], None],
    language: str,
    theme: str,
    phone: bool,
) -> None:
    page = visit("/providers", language=language, theme=theme, phone=phone)
    expect(page.get_by_role("button", name="claude-web")).to_be_visible()
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page can be scrolled sideways"
    accessible(page)
    if not phone:
        shot(page, "providers")
