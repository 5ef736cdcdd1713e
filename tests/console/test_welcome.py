"""The first start: from the set-up token to an answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clients.running import RunningGateway
from clients.stage import Stage
from console.browsing import Visits
from console.scenery import PASSWORD, Scenery
from console.windows import Windows
from isthmus.simulators.claude_web import Simulator as ClaudeWeb


def test_a_new_gateway_is_set_up_and_answers(
    windows: Windows,
    accessible: Callable[[Page], None],
    shot: Callable[[Page, str], None],
    tmp_path: Path,
) -> None:
    configuration = {
        "providers": {"dummy": {"type": "dummy"}},
        "storage": {"data_dir": str(tmp_path / "data")},
    }
    with RunningGateway(configuration, tmp_path) as gateway:
        visits = Visits(windows, Scenery(gateway, None, None))  # type: ignore[arg-type]
        token = re.search(r"/admin(/setup#token=\S+)", gateway.stdout.read_text())
        assert token
        page = visits(token[1], role=None)
        expect(page.get_by_label("Set-up token")).to_have_value(token[1].partition("=")[2])
        assert "token" not in page.url
        page.get_by_label("Your name").fill("anna")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password again").fill("something else")
        page.get_by_role("button", name="Create and sign in").click()
        expect(page.get_by_text("The two passwords differ.")).to_be_visible()
        page.get_by_label("Password again").fill(PASSWORD)
        expect(page.get_by_text("The two passwords differ.")).to_have_count(0)
        shot(page, "setup")
        page.get_by_role("button", name="Create and sign in").click()
        expect(page).to_have_url(re.compile(r"/admin/welcome$"))

        page.get_by_role("button", name="Dummy").click()
        page.get_by_role("button", name="Go on with the dummy").click()
        expect(page).to_have_url(re.compile(r"step=key"))
        expect(page.get_by_text("The first key closes the gateway")).to_be_visible()
        assert gateway.ask("/v1/models", headers={}).status == 200
        accessible(page)
        page.get_by_label("Name", exact=True).fill("laptop")
        page.get_by_role("button", name="Create", exact=True).click()
        secret = page.get_by_test_id("secret").inner_text()
        assert gateway.ask("/v1/models", headers={}).status == 401
        page.get_by_role("button", name="Continue").click()

        expect(page).to_have_url(re.compile(r"step=use"))
        expect(page.get_by_test_id("snippet-shell")).to_contain_text(secret)
        for client in ("Claude Code", "OpenAI · Node"):
            page.get_by_role("button", name=client).click()
            page.get_by_role("button", name=re.compile("Send")).click()
            expect(page.get_by_role("status").filter(has_text="It works")).to_be_visible()
        page.mouse.move(0, 0)
        accessible(page)
        page.go_back()
        expect(page.get_by_test_id("secret")).to_have_text(secret)
        page.reload()
        expect(page.get_by_text("There is a key already")).to_be_visible()
        expect(page.get_by_text(secret)).to_have_count(0)
        assert visits.unforgiven() == []
        visits.close()


def test_a_source_is_added_tested_corrected_and_taken_back(visit: Visits) -> None:
    seen = visit.scenery
    with Stage() as stage:
        upstream = stage.play(ClaudeWeb)
        page = visit("/welcome")
        page.get_by_role("button", name="OpenAI and compatible").click()
        page.get_by_label("API key", exact=True).fill("sk-made-up-for-tests-0000")
        page.get_by_label("Address").fill(f"{upstream.url}/nothing/v1")
        page.get_by_role("button", name="Add and test").click()
        expect(page.get_by_role("alert")).to_contain_text("The test did not succeed")
        assert seen.api("GET", "/v2/providers/compatible")["base_url"] == f"{upstream.url}/nothing/v1"
        page.get_by_label("Address").fill(f"{seen.origin}/dummy/v1")
        page.get_by_label("API key", exact=True).fill(seen.keys["team"])
        page.get_by_role("button", name="Test again").click()
        expect(page.get_by_role("status").filter(has_text="It works")).to_be_visible()
        [account] = seen.api("GET", "/v2/accounts?provider=compatible")["items"]
        assert account["state"] == "healthy"
        page.get_by_role("button", name="Continue").click()
        expect(page).to_have_url(re.compile(r"step=key&from=compatible|from=compatible&step=key"))
        page.get_by_role("button", name="Go on with a key I have").click()
        expect(page.get_by_test_id("snippet-shell")).to_contain_text("YOUR_API_KEY")
        seen.api("DELETE", "/v2/providers/compatible?with_accounts=true")
        page.goto(f"{seen.origin}/admin/welcome?source=ollama")
        page.get_by_label("Address").fill("http://127.0.0.1:9/v1")
        page.get_by_role("button", name="Add and test").click()
        expect(page.get_by_role("alert")).to_contain_text("The test did not succeed")
        page.get_by_role("button", name="Take it back").click()
        expect(page.get_by_role("button", name="Ollama")).to_be_visible()
        assert "ollama" not in [each["name"] for each in seen.api("GET", "/v2/providers")["items"]]


def test_a_source_that_signs_in_shows_its_code(visit: Visits) -> None:
    page = visit("/welcome")
    expect(page.get_by_text("Already here")).to_be_visible()
    page.get_by_role("button", name="Amazon Q").click()
    page.get_by_role("button", name="Start sign-in").click()
    expect(page.get_by_test_id("code")).to_be_visible()
    page.get_by_role("button", name="Cancel sign-in").click()
    expect(page.get_by_role("button", name="Amazon Q")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "theme", "phone"), [("en", "light", False), ("zh", "dark", True)], ids=["plain", "other"]
)
def test_the_first_steps_in_other_clothes(
    visit: Visits,
    accessible: Callable[[Page], None],
    shot: Callable[[Page, str], None],
    language: str,
    theme: str,
    phone: bool,
) -> None:
    page = visit("/welcome", language=language, theme=theme, phone=phone)
    for step in ("source", "key", "use"):
        page.goto(f"{visit.scenery.origin}/admin/welcome?step={step}")
        name = page.get_by_role("textbox").first
        begun = {"source": page.get_by_text("Mistral"), "key": name, "use": page.get_by_text("LangChain")}
        expect(begun[step]).to_be_visible()
        accessible(page)
        wide = page.evaluate(
            "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        assert wide is False
        if language == "en" and step != "key":
            shot(page, f"welcome-{step}")


@pytest.mark.parametrize("role", ["viewer", "holder"])
def test_the_first_steps_are_for_administrators(visit: Visits, role: str) -> None:
    page = visit("/welcome", role=role)
    expect(page.get_by_role("heading", name="Not for your role").first).to_be_visible()
