"""One gateway and one browser for all tests of a process, and pages that may not fail unseen."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from console import account_stock
from console.account_stock import FORM
from console.browsing import ARGUMENTS, Visits, demand_accessible, take_shot
from console.scenery import Scenery, scenery
from console.windows import Windows
from isthmus.console.site import BUILT

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first of these on PATH. One without windows of its own takes half the time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs a browser is a judge's, and slow."""
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here and "windows" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.judge)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenery]:
    """What there is to see: a gateway that all tests share. Whoever changes it leaves it fit for the others."""
    if not (BUILT / "index.html").exists():
        pytest.skip("needs the built console: run `make console`")
    with scenery(tmp_path_factory.mktemp("scenery")) as built:
        yield built


@pytest.fixture(scope="session")
def driven(seen: Scenery) -> Iterator[tuple[Windows, asyncio.AbstractEventLoop]]:
    """A browser's windows, and the event loop that drives them and has to be the running one while they are used."""
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("needs Chromium on PATH: install the package `chromium`")
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        loop = asyncio.get_running_loop()
        launched = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        stack.callback(launched.close)
        # Until a test browses, so that those of other files may run loops of their own in this thread.
        asyncio._set_running_loop(None)
        yield Windows(launched), loop
        asyncio._set_running_loop(loop)


@pytest.fixture
def windows(driven: tuple[Windows, asyncio.AbstractEventLoop]) -> Iterator[Windows]:
    kept, loop = driven
    asyncio._set_running_loop(loop)
    yield kept
    asyncio._set_running_loop(None)


@pytest.fixture
def visit(windows: Windows, seen: Scenery) -> Iterator[Visits]:
    """Opens pages, and fails the test at its end when one of them has failed unseen."""
    visits = Visits(windows, seen)
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


@pytest.fixture
def stock(seen: Scenery) -> Iterator[Callable[[int], list[str]]]:
    """Makes accounts of a provider of its own; all of it is gone afterwards."""
    seen.api("POST", "/v2/providers", {"name": FORM, "settings": {"base_url": "http://127.0.0.1:9/v1"}})
    yield lambda count: account_stock.stock(seen, count)
    seen.api("DELETE", f"/v2/providers/{FORM}?with_accounts=true")
