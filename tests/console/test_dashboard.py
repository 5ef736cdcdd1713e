"""The dashboard: figures that follow, times to choose from, and what leads on from there."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from console.browsing import Visits

PICTURE = "(canvas) => canvas.toDataURL()"
SOMETHING_DRAWN = """(canvas) => canvas.getContext('2d')
    .getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0)"""
LONG_AGO = "/?range=custom&from=2026-01-02T00:00:00Z&until=2026-01-03T00:00:00Z"


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name, exact=True)


def panel(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True).filter(has=page.get_by_role("heading"))


def requests_counted(page: Page) -> int:
    shown = re.search(r"[\d,]+", card(page, "Requests").inner_text())
    assert shown, "the card shows no number"
    return int(shown[0].replace(",", ""))


def test_figures_follow_each_request_until_they_are_stopped(visit: Visits) -> None:
    page = visit("/")
    expect(page.get_by_role("button", name="Live: Stop the figures")).to_be_visible()
    before = requests_counted(page)
    assert before > 0
    visit.scenery.chat("dummy/dummy-text")
    expect(card(page, "Requests")).to_contain_text(f"{before + 1:,}")
    expect(card(page, "Requests per minute")).not_to_contain_text("–")

    page.get_by_role("button", name="Live: Stop the figures").click()
    expect(page.get_by_role("button", name="Paused: Let the figures follow")).to_be_visible()
    expect(page).to_have_url(re.compile("live=off"))
    page.get_by_role("button", name="Paused").click()
    expect(page.get_by_role("button", name="Live: Stop")).to_be_visible()


def test_a_chart_is_drawn_and_is_a_table_on_demand(visit: Visits) -> None:
    page = visit("/")
    drawn = panel(page, "Requests").get_by_role("img", name="Requests: at most")
    page.wait_for_function(SOMETHING_DRAWN, arg=drawn.locator("canvas").element_handle())
    page.get_by_role("button", name="Requests: Show as a table").click()
    table = page.get_by_role("table", name="Requests", exact=True)
    expect(table.get_by_role("columnheader")).to_have_text(["Time", "Succeeded", "Failed", "Client left"])
    page.get_by_role("button", name="Requests: Show as a chart").click()
    expect(drawn).to_be_visible()

    latency = panel(page, "Latency")
    expect(latency.get_by_role("img", name=re.compile(r"at most \d"))).to_be_visible()
    latency.get_by_role("button", name="First token").click()
    expect(latency.get_by_role("button", name="First token")).to_have_attribute("aria-pressed", "true")


def test_the_legend_puts_lines_away(visit: Visits) -> None:
    page = visit("/")
    requests = panel(page, "Requests")
    chart = requests.locator("canvas").element_handle()
    page.wait_for_function(SOMETHING_DRAWN, arg=chart)
    page.get_by_role("button", name="Live: Stop the figures").click()
    before = page.evaluate(PICTURE, chart)
    failed = requests.get_by_role("button", name="Failed", exact=True)
    expect(failed).to_have_attribute("aria-pressed", "true")
    failed.click()
    expect(failed).to_have_attribute("aria-pressed", "false")
    page.wait_for_function(f"([canvas, before]) => ({PICTURE})(canvas) !== before", arg=[chart, before])
    failed.click()
    page.wait_for_function(f"([canvas, before]) => ({PICTURE})(canvas) === before", arg=[chart, before])


def test_latency_of_a_short_time_is_told_by_model(visit: Visits) -> None:
    latency = panel(visit("/?range=hour"), "Latency")
    expect(latency.get_by_role("button", name="Of each model")).to_have_attribute("aria-pressed", "true")
    latency.get_by_role("button", name="Latency: Show as a table").click()
    table = latency.get_by_role("table", name="Latency", exact=True)
    expect(table.get_by_role("rowheader", name="dummy-text", exact=True)).to_be_visible()
    latency.get_by_role("button", name="Over the time").click()
    expect(table.get_by_role("rowheader", name="dummy-text", exact=True)).to_have_count(0)
    expect(table.get_by_role("columnheader")).to_have_text(["Time", "p50", "p90", "p99"])


def test_a_phone_chooses_the_time_from_a_menu(visit: Visits) -> None:
    page = visit("/", phone=True)
    page.get_by_role("button", name="Time: Last 24 hours").click()
    page.get_by_role("menuitemcheckbox", name="Last 7 days").click()
    expect(page).to_have_url(re.compile(r"\?range=week$"))
    expect(page.get_by_role("button", name="Time: Last 7 days")).to_be_visible()


def test_the_time_stands_in_the_address(visit: Visits) -> None:
    page = visit("/?range=month")
    times = page.get_by_role("group", name="Time")
    expect(times.get_by_role("button", name="Last 30 days")).to_have_attribute("aria-pressed", "true")
    times.get_by_role("button", name="Last hour").click()
    expect(page).to_have_url(re.compile(r"\?range=hour$"))
    expect(panel(page, "Requests").get_by_text("Not failed")).to_be_visible()

    times.get_by_role("button", name="Custom").click()
    expect(page).to_have_url(re.compile(r"range=custom.*from=.*until="))
    page.get_by_label("From").fill("2026-01-02T00:00")
    page.get_by_label("Until").fill("2026-01-03T00:00")
    page.get_by_label("Until").blur()
    expect(page).to_have_url(re.compile(r"from=2026-01-02T00:00:00.000Z.*until=2026-01-03T00:00:00.000Z"))
    expect(card(page, "Requests")).to_contain_text("0")
    expect(card(page, "Success rate")).to_contain_text("–")
    expect(panel(page, "Failures by class")).to_contain_text("Nothing failed in this time.")


def test_figures_lead_to_their_requests_and_accounts(visit: Visits) -> None:
    visit.scenery.chat("claude-web/claude-sonnet-4-6", temperature=0.5)
    page = visit("/?by=key")
    parts = panel(page, "Who and what")
    expect(parts.get_by_role("row", name=re.compile("^team "))).to_be_visible()
    parts.get_by_role("button", name="Model").click()
    expect(page).to_have_url(re.compile("by=model"))
    parts.get_by_role("link", name="dummy-thinking").click()
    expect(page).to_have_url(re.compile(r"/admin/requests\?range=day&model=dummy-thinking$"))
    page.go_back()

    failures = panel(page, "Failures by class")
    expect(failures).to_contain_text("%")
    failures.get_by_role("link", name="rate_limit").click()
    expect(page).to_have_url(re.compile(r"/admin/requests\?range=day&error=rate_limit$"))
    page.go_back()

    expect(panel(page, "Lost in translation")).to_contain_text("temperature")
    panel(page, "Lost in translation").get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/admin/requests\?lossy=yes$"))
    page.go_back()

    panel(page, "Accounts").get_by_role("link", name="claude-web").click()
    expect(page).to_have_url(re.compile(r"/admin/accounts\?provider=claude-web$"))


def test_the_holder_of_a_key_sees_only_what_is_their_own(visit: Visits) -> None:
    page = visit("/?by=key", role="holder")
    parts = panel(page, "Who and what")
    expect(parts.get_by_role("link", name="henry")).to_be_visible()
    expect(parts.get_by_role("link")).to_have_count(1)
    expect(panel(page, "Accounts")).to_have_count(0)


def test_before_the_first_request_it_says_what_to_do(visit: Visits) -> None:
    page = visit("/", cookie=visit.scenery.person("nina", "holder"))
    expect(page.get_by_text("No request yet")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("link", name="API keys")).to_be_visible()

    page = visit("/about")
    page.route(
        re.compile(r"/v2/logs\?"), lambda route: route.fulfill(json={"items": [], "next_cursor": None})
    )
    page.goto(f"{visit.scenery.origin}/admin{LONG_AGO}")
    page.get_by_role("main").get_by_role("link", name="Get started").click()
    expect(page).to_have_url(re.compile("/admin/welcome"))


def test_it_says_when_figures_are_missing_or_cannot_be_had(visit: Visits) -> None:
    def with_losses(route: Route) -> None:
        summary = route.fetch().json()
        summary["queue"] |= {"dropped": 7}
        route.fulfill(json=summary)

    page = visit("/about")
    page.route(re.compile(r"/v2/stats$"), with_losses)
    page.route(re.compile("/v2/logs/stats"), lambda route: route.abort())
    page.goto(f"{visit.scenery.origin}/admin/")
    expect(page.get_by_text("7 requests are missing here")).to_be_visible()
    expect(page.get_by_text("The gateway does not answer")).to_be_visible()
    page.unroute(re.compile("/v2/logs/stats"))
    page.get_by_role("button", name="Try again").click()
    expect(card(page, "Requests")).to_be_visible()


@pytest.mark.parametrize(("language", "theme", "phone"), [("en", "light", False), ("zh", "dark", True)])
def test_everybody_can_read_it(
    visit: Visits,
    accessible: Callable[[Page], None],
    shot: Callable[[Page, str], None],
    language: str,
    theme: str,
    phone: bool,
) -> None:
    page = visit("/", language=language, theme=theme, phone=phone)
    expect(page.get_by_role("main").locator("figure canvas").first).to_be_attached()
    expect(page.get_by_role("main").get_by_role("status", name=re.compile("Loading|加载"))).to_have_count(0)
    accessible(page)
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    since, until = (f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in visit.scenery.busy)
    page.goto(f"{visit.scenery.origin}/admin/?range=custom&from={since}&until={until}")
    expect(page.get_by_role("main")).to_contain_text("rate_limit")
    expect(page.get_by_role("main").get_by_role("status", name=re.compile("Loading|加载"))).to_have_count(0)
    shot(page, "dashboard-phone" if phone else "dashboard")
