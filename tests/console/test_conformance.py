"""The conformance page: what a run may take is shown first, what it found stays, and two runs can be compared."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from console.browsing import Visits
from console.scenery import Json, Scenery

PATIENCE_S = 60
RUNS = "/v2/conformance"


@pytest.fixture(scope="module")
def finished(seen: Scenery) -> Iterator[str]:
    """A run that is over; all runs are gone after the last test."""
    run = seen.api("POST", RUNS, {"provider": "dummy", "cases": ["RSP", "AUX"]})
    yield until(seen, run["id"], "finished")["id"]
    for each in seen.api("GET", RUNS)["items"]:
        if each["state"] == "running":
            seen.api("DELETE", f"{RUNS}/{each['id']}")
        seen.api("DELETE", f"{RUNS}/{each['id']}")


def until(seen: Scenery, id: str, state: str) -> Json:
    patience = time.monotonic() + PATIENCE_S
    while (run := seen.api("GET", f"{RUNS}/{id}"))["state"] == "running" and time.monotonic() < patience:
        time.sleep(0.2)
    assert run["state"] == state, run
    return dict(run)


def test_a_run_is_planned_begun_compared_and_deleted(
    visit: Visits, accessible: Callable[[Page], None], finished: str
) -> None:
    page = visit("/conformance")
    expect(page.get_by_role("button", name="dummy · ")).not_to_have_count(0)
    page.get_by_role("button", name="New run").click()
    form = page.get_by_role("dialog", name="New run")
    form.get_by_label("Provider").click()
    page.get_by_role("option", name="dummy", exact=True).click()
    for group in ("Requests", "Answers", "Streams", "Errors"):
        form.get_by_role("checkbox", name=re.compile(group)).click()
    plan = form.get_by_role("region", name="What it may take")
    expect(plan).to_have_attribute("aria-busy", "false")
    expect(plan).to_contain_text("At most, for fast")
    form.get_by_role("checkbox", name=re.compile("Lists")).click()
    expect(form).to_contain_text("Choose at least one.")
    expect(form.get_by_role("button", name="Start")).to_be_disabled()
    form.get_by_role("checkbox", name=re.compile("Lists")).click()
    accessible(page)
    form.get_by_role("button", name="Start").click()
    question = page.get_by_role("dialog", name="Ask dummy · fast?")
    expect(question).to_contain_text(re.compile(r"Up to \d+ requests go through"))
    question.get_by_test_id("confirm").click()

    run = page.get_by_role("region", name="Run", exact=True)
    expect(run).to_contain_text("Finished", timeout=PATIENCE_S * 1000)
    expect(run).to_contain_text("Begun by anna")
    first = re.search(r"run=(conf_\w+)", page.url)
    assert first
    page.get_by_role("button", name="AUX-04, Any: Pass").or_(
        page.get_by_role("button", name="AUX-04, Messages: Pass")
    ).click()
    panel = page.get_by_role("dialog", name="AUX-04")
    expect(panel).to_contain_text("Everything about it was right.")
    accessible(page)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()

    run.get_by_role("button", name="Run again").click()
    expect(form.get_by_role("checkbox", name=re.compile("Streams"))).not_to_be_checked()
    form.get_by_role("button", name="Start").click()
    page.get_by_test_id("confirm").click()
    expect(page).not_to_have_url(re.compile(first[1]))
    expect(run).to_contain_text("Finished", timeout=PATIENCE_S * 1000)
    expect(run).to_contain_text("Compared with the run of")
    page.get_by_role("tab", name="Changed").click()
    expect(page.get_by_text("Nothing changed since the run before")).to_be_visible()

    run.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog", name="Delete this run?").get_by_test_id("confirm").click()
    expect(page.get_by_role("table", name="Runs")).to_be_visible()
    second = visit.scenery.api("GET", RUNS)["items"][0]["id"]
    assert second == first[1]


def test_what_fails_can_be_shared_with_what_was_received(visit: Visits, finished: str) -> None:
    """A failure is put into the answer on its way: the dummy provider has none."""
    before = visit.scenery.api("POST", RUNS, {"provider": "dummy", "cases": ["AUX-01"]})
    until(visit.scenery, before["id"], "finished")
    now = visit.scenery.api("POST", RUNS, {"provider": "dummy", "cases": ["AUX-01"]})
    until(visit.scenery, now["id"], "finished")

    def break_one(route: Route) -> None:
        run = route.fetch().json()
        run["results"][0] |= {
            "result": "fail",
            "words": "the list has no end",
            "evidence": '{"data": "<b>none</b>"}',
        }
        route.fulfill(json=run)

    page = visit("/about")
    page.route(re.compile(f"{RUNS}/{now['id']}"), break_one)
    page.goto(page.url.replace("/about", f"/conformance?run={now['id']}&show=fail"))
    expect(page.get_by_role("tab", name="Failures")).to_have_attribute("aria-selected", "true")
    cell = page.get_by_role("button", name=re.compile(r"AUX-01, .*: Fail"))
    expect(cell).to_contain_text("passed before")
    cell.click()
    panel = page.get_by_role("dialog", name="AUX-01")
    expect(panel).to_contain_text("the list has no end")
    expect(panel.get_by_role("region", name="What was received")).to_contain_text("<b>none</b>")
    shared = page.url
    page.goto("about:blank")
    page.goto(shared)
    expect(panel).to_contain_text("the list has no end")


def test_a_run_at_work_is_watched_and_cancelled(visit: Visits, finished: str) -> None:
    run = visit.scenery.api("POST", RUNS, {"provider": "dummy", "model": "dummy-silent-2"})
    page = visit(f"/conformance?run={run['id']}&provider=dummy")
    expect(page.get_by_role("progressbar", name="Progress of the run")).to_be_visible()
    page.get_by_role("button", name="New run").click()
    form = page.get_by_role("dialog", name="New run")
    form.get_by_role("button", name="Start").click()
    page.get_by_test_id("confirm").click()
    expect(page.get_by_text("is at work: wait for its end, or cancel it")).not_to_have_count(0)
    form.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel run").click()
    page.get_by_role("dialog", name="Cancel this run?").get_by_test_id("confirm").click()
    expect(page.get_by_role("region", name="Run", exact=True)).to_contain_text("Cancelled")


def test_cases_are_chosen_one_by_one_and_the_plan_follows(
    visit: Visits, accessible: Callable[[Page], None], finished: str
) -> None:
    page = visit("/conformance?add=yes&provider=dummy")
    form = page.get_by_role("dialog", name="New run")
    for group in ("Requests", "Answers", "Streams", "Errors"):
        form.get_by_role("checkbox", name=re.compile(group)).click()
    plan = form.get_by_role("region", name="What it may take")

    def requests() -> int:
        expect(plan).to_have_attribute("aria-busy", "false")
        return int(
            plan.get_by_text("Requests", exact=True).locator("xpath=following-sibling::dd").inner_text()
        )

    whole = requests()
    form.get_by_role("button", name="Single cases of Lists").click()
    form.get_by_role("checkbox", name=re.compile("^AUX-01")).click()
    group = form.get_by_role("checkbox", name=re.compile("^Lists"))
    expect(group).to_have_attribute("aria-checked", "mixed")
    expect(plan).to_have_attribute("aria-busy", "true")
    assert requests() < whole
    accessible(page)
    group.click()
    expect(group).to_have_attribute("aria-checked", "true")
    group.click()
    expect(form).to_contain_text("Choose at least one.")
    form.get_by_role("checkbox", name=re.compile("^AUX-01")).click()
    form.get_by_role("button", name="Single cases of Errors").click()
    form.get_by_role("checkbox", name=re.compile("^ERR-01")).click()
    with page.expect_request(lambda request: request.url.endswith(RUNS)) as asked:
        form.get_by_role("button", name="Start").click()
        page.get_by_test_id("confirm").click()
    assert asked.value.post_data_json["cases"] == ["ERR-01", "AUX-01"]
    run = page.get_by_role("region", name="Run", exact=True)
    expect(run).to_contain_text("Finished", timeout=PATIENCE_S * 1000)
    expect(run).to_contain_text("ERR-01, AUX-01")
    run.get_by_role("button", name="Run again").click()
    expect(form.get_by_role("checkbox", name=re.compile("^ERR-01"))).to_be_checked()
    expect(form.get_by_role("checkbox", name=re.compile("^ERR-02|^ERR-04")).first).not_to_be_checked()


def test_runs_are_listed_page_by_page_with_the_names_of_accounts(visit: Visits, finished: str) -> None:
    """Pages of one run: nobody makes fifty for a test."""
    seen = visit.scenery
    account = next(
        each for each in seen.api("GET", "/v2/accounts?provider=amazon-q")["items"] if each["enabled"]
    )
    one = {
        "provider": "amazon-q",
        "account_id": account["id"],
        "model": "claude-sonnet-4.5",
        "cases": ["AUX-01"],
    }
    until(seen, seen.api("POST", RUNS, one)["id"], "finished")
    page = visit("/about")
    page.route(
        re.compile(rf"{RUNS}\?"),
        lambda route: route.continue_(url=route.request.url.replace("limit=50", "limit=1")),
    )
    page.get_by_role("link", name="Conformance").click()
    table = page.get_by_role("table", name="Runs")
    expect(table).to_contain_text(account["label"])
    expect(table).not_to_contain_text(account["id"])
    runs = table.get_by_role("button")
    for shown in range(1, len(seen.api("GET", RUNS)["items"])):
        expect(runs).to_have_count(shown)
        page.get_by_role("button", name="Load more").click()
    expect(page.get_by_role("button", name="Load more")).to_have_count(0)
    expect(runs).to_have_count(len(seen.api("GET", RUNS)["items"]))
    expect(table.get_by_role("button", name="amazon-q · claude-sonnet-4.5")).to_have_count(1)


def test_a_refusal_stands_at_its_field_and_a_run_says_why_it_ended(visit: Visits, finished: str) -> None:
    seen = visit.scenery
    gone = {"name": "gone", "type": "openai-compatible", "settings": {"base_url": "http://127.0.0.1:9/v1"}}
    seen.api("POST", "/v2/providers", gone)
    try:
        page = visit("/conformance?add=yes&provider=gone")
        form = page.get_by_role("dialog", name="New run")
        expect(form).to_contain_text("say which model to ask")
        form.get_by_role("combobox", name="Model").fill("some-model")
        expect(form.get_by_role("region", name="What it may take")).to_contain_text("no price is known")
        form.get_by_role("button", name="Start").click()
        page.get_by_test_id("confirm").click()
        run = page.get_by_role("region", name="Run", exact=True)
        expect(run).to_contain_text("The run could not go on", timeout=PATIENCE_S * 1000)
        expect(page.get_by_text("There are no results")).to_be_visible()
    finally:
        seen.api("DELETE", "/v2/providers/gone")


def test_a_viewer_looks_only(visit: Visits, finished: str) -> None:
    page = visit(f"/conformance?run={finished}&add=yes", role="viewer")
    expect(page.get_by_text("You may look, but not change anything here.")).to_be_visible()
    expect(page.get_by_role("table", name="Results by case and dialect")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("New run|Run again|Delete"))).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="All runs").click()
    expect(page.get_by_role("table", name="Runs")).to_be_visible()


@pytest.mark.parametrize(("language", "theme", "phone"), [("en", "light", False), ("zh", "dark", True)])
def test_it_is_accessible_everywhere(
    visit: Visits,
    accessible: Callable[[Page], None],
    shot: Callable[[Page, str], None],
    finished: str,
    language: str,
    theme: str,
    phone: bool,
) -> None:
    page = visit(f"/conformance?run={finished}", language=language, theme=theme, phone=phone)
    expect(page.get_by_role("row").filter(has_text="AUX-01")).to_be_visible()
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page can be scrolled sideways"
    accessible(page)
    if not phone:
        shot(page, "conformance")
