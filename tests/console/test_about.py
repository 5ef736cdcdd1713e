"""The about page: what runs, whether it is well, and a backup for those who may have one."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from console.browsing import Visits, copied


def test_it_tells_what_runs_and_leads_on(visit: Visits) -> None:
    about = visit.scenery.api("GET", "/v2/about")
    page = visit("/about")
    expect(page.get_by_role("region", name="Program")).to_contain_text(about["version"])
    expect(page.get_by_role("region", name="Program")).to_contain_text(about["data_dir"])
    expect(page.get_by_role("region", name="Listening")).to_contain_text(about["listening"]["host"])
    base = page.get_by_role("region", name="Database")
    expect(base).to_contain_text(f"{about['database']['schema_revision']}, the newest")
    base.get_by_role("button", name="migrations").click()
    expect(base.get_by_role("listitem")).to_have_count(len(about["database"]["migrations"]))
    expect(base.get_by_text("applied", exact=True)).to_have_count(len(about["database"]["migrations"]))
    expect(page.get_by_role("progressbar", name="Queue of the request log")).to_be_visible()
    expect(page.get_by_role("region", name="Licence")).to_contain_text("MIT License")
    page.get_by_role("button", name="Copy versions").click()
    assert copied(page).startswith(f"Isthmus {about['version']}, Python {about['python']}")
    page.get_by_role("region", name="What there is").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/providers$"))


def test_what_is_not_well_is_told_with_the_way_to_it(
    visit: Visits, accessible: Callable[[Page], None]
) -> None:
    """Troubles are put into the answer on its way."""

    def make_trouble(route: Route) -> None:
        about = route.fetch().json()
        about["database"]["problem"] = "connection refused"
        about["not_in_force"] = [{"name": "provider lost", "problem": "no such type"}]
        about["log_queue"] |= {"queued": 9000, "dropped": 7}
        about["processes"] = [{"provider": "cc", "idle": 1, "busy": 0, "waiting": 0, "started": 4, "died": 3}]
        route.fulfill(json=about)

    page = visit("/profile")
    page.route(re.compile("/v2/about$"), make_trouble)
    page.goto(page.url.replace("/profile", "/about"))
    health = page.get_by_role("status", name="Health")
    expect(health).to_contain_text("5 things need a look")
    expect(health).to_contain_text("connection refused")
    expect(health).to_contain_text("7 rows of the request log were lost")
    expect(page.get_by_role("table")).to_contain_text("cc")
    accessible(page)
    health.get_by_role("listitem").filter(has_text="provider lost").get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/providers\?provider=lost$"))


def test_a_backup_is_downloaded_by_whoever_means_it(visit: Visits) -> None:
    page = visit("/about")
    page.get_by_role("button", name="Download a backup").click()
    question = page.get_by_role("dialog", name="Download the whole database?")
    expect(question.get_by_test_id("confirm")).to_be_disabled()
    question.get_by_role("textbox").fill("backup")
    with page.expect_download() as downloading:
        question.get_by_test_id("confirm").click()
    assert re.fullmatch(r"isthmus-[\d-]+\.zip", downloading.value.suggested_filename)
    with zipfile.ZipFile(downloading.value.path()) as archive:
        assert archive.testzip() is None
        assert archive.namelist()


def test_a_viewer_gets_neither_backup_nor_folder(visit: Visits) -> None:
    page = visit("/about", role="viewer")
    expect(page.get_by_role("region", name="Program")).to_be_visible()
    expect(page.get_by_role("button", name="Download a backup")).to_have_count(0)
    expect(page.get_by_text("Data folder")).to_have_count(0)


@pytest.mark.parametrize(("language", "theme", "phone"), [("en", "light", False), ("zh", "dark", True)])
def test_it_is_accessible_everywhere(
    visit: Visits,
    accessible: Callable[[Page], None],
    shot: Callable[[Page, str], None],
    language: str,
    theme: str,
    phone: bool,
) -> None:

    def elsewhere(route: Route) -> None:
        """A picture for the documentation shows no folder of the machine it was made on."""
        about = route.fetch().json()
        route.fulfill(json=about | {"data_dir": "/var/lib/isthmus", "platform": "Linux-x86_64"})

    page = visit("/profile", language=language, theme=theme, phone=phone)
    page.route(re.compile("/v2/about$"), elsewhere)
    page.goto(page.url.replace("/profile", "/about"))
    expect(page.get_by_text("README.md")).to_be_visible()
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page can be scrolled sideways"
    accessible(page)
    if not phone:
        shot(page, "about")
