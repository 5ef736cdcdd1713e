"""One gateway for all tests of a process, one browser for those of a file, and pages that may not fail unseen."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from console.browsing import ARGUMENTS, Visits, demand_accessible, take_shot
from console.scenery import Scenery, scenery
from isthmus.console.site import BUILT

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first of these on PATH. One without windows of its own takes half the time."""


ALWAYS = {"test_shell.py", "test_roles.py"}
"""Run by `make test`, too. All the others, page by page, are run by `make test-pages`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs a browser is a judge's, and slow."""
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here and "visit" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.judge)
            item.add_marker(pytest.mark.slow)
            if item.path.name not in ALWAYS:
                item.add_marker(pytest.mark.page)


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenery]:
    """What there is to see: a gateway that all tests share. Whoever changes it leaves it fit for the others."""
    if not (BUILT / "index.html").exists():
        pytest.skip("needs the built console: run `make console`")
    with scenery(tmp_path_factory.mktemp("scenery")) as built:
        yield built


@pytest.fixture(scope="module")
def browser(seen: Scenery) -> Iterator[Browser]:
    """Ends with the file: while it runs, no other event loop can run in this thread."""
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("needs Chromium on PATH: install the package `chromium`")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Browser, seen: Scenery) -> Iterator[Visits]:
    """Opens pages, and fails the test at its end when one of them has failed unseen."""
    visits = Visits(browser, seen)
    yield visits
    problems = visits.unforgiven()
    visits.close()
    assert problems == []


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    return demand_accessible


@pytest.fixture
def shot() -> Callable[[Page, str], None]:
    return take_shot
