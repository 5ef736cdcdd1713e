"""Pages of the console in a real browser, and what no page may do: fail unseen, break its policy, ask another host."""

from __future__ import annotations

import io
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image
from playwright.sync_api import ConsoleMessage, Error, Page, Request, Response, expect

from console.scenery import Scenery
from console.windows import PATIENCE_MS, Kind, Windows
from isthmus.admin.session import NAME as COOKIE

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS: Final = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--no-sandbox",
    # A page lives for seconds: what is compiled well for the long run is compiled for nobody. Saves a seventh of it all.
    "--js-flags=--no-opt --no-maglev --max-lazy --single-threaded-gc",
    # Whatever else a page might ask for is not even looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
SCREENSHOTS = ROOT / "docs" / "console"
MAX_SCREENSHOT_BYTES: Final = 150 << 10
AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
_AXE_RUN: Final = """() => axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa'], resultTypes: ['violations'], iframes: false, preload: false,
}).then((found) => found.violations.map(({ id, help, nodes }) =>
    ({ id, help, nodes: nodes.slice(0, 5).map((node) => node.html.slice(0, 200) + ' — ' + (node.failureSummary ?? '')) })))"""


@dataclass  # Without slots: Playwright keeps something of its own at whoever listens.
class Visits:
    """Opens pages; call it as a function. `problems` is what went wrong on any of them."""

    windows: Windows
    scenery: Scenery
    problems: list[str] = field(default_factory=list)
    _forgiven: list[str] = field(default_factory=list)
    _kept: list[Page] = field(default_factory=list)
    _own: list[Page] = field(default_factory=list)

    def __call__(
        self,
        path: str,
        role: str | None = "admin",
        *,
        language: str = "en",
        theme: str = "light",
        phone: bool = False,
        cookie: str | None = None,
        first: bool = False,
    ) -> Page:
        """`/admin` + `path`, drawn, for somebody of this role who is signed in already; for nobody with None.

        In a window that has never been anywhere if it is the `first` visit of its owner.
        """
        page = self._window(Kind(language, phone), first)
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
        value = cookie or (None if role is None else self.scenery.cookies[role])
        if value is not None:
            page.context.add_cookies(
                [
                    {
                        "name": COOKIE,
                        "value": value,
                        "url": self.scenery.origin,
                        "httpOnly": True,
                        "sameSite": "Strict",
                    }
                ]
            )
        self._watch(page)
        page.goto(f"{self.scenery.origin}/admin{path}", wait_until="load")
        page.locator("#app > *").first.wait_for(state="attached")
        return page

    def forgive(self, pattern: str) -> None:
        """A test that makes something fail says which problem it expects, as a regular expression."""
        self._forgiven.append(pattern)

    def unforgiven(self) -> list[str]:
        return [each for each in self.problems if not any(re.search(known, each) for known in self._forgiven)]

    def close(self) -> None:
        for page in (*self._kept, *self._own):
            for event, listener in self._listeners():
                page.remove_listener(event, listener)
        for page in self._own:
            self.windows.close(page)
        for page in self._kept:
            self.windows.give_back(page, self.scenery.origin)

    def _window(self, kind: Kind, first: bool) -> Page:
        if first:
            self._own.append(self.windows.open(kind))
            return self._own[-1]
        self._kept.append(self.windows.take(kind))
        return self._kept[-1]

    def _watch(self, page: Page) -> None:
        for event, listener in self._listeners():
            page.on(event, listener)

    def _listeners(self) -> Iterator[tuple[Any, Callable[[Any], None]]]:
        yield "console", self._heard
        yield "pageerror", self._failed
        yield "request", self._asked
        yield "response", self._answered

    def _failed(self, error: Error) -> None:
        self.problems.append(f"script failed: {error}")

    def _heard(self, message: ConsoleMessage) -> None:
        # Refusals of the API are what pages are made for; `_answered` looks at those that are not.
        refused = message.text.startswith("Failed to load resource") and "/v" in message.location["url"]
        if message.type in {"error", "warning"} and not refused:
            self.problems.append(f"console {message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.scenery.origin}/", "data:", "blob:")):
            self.problems.append(f"asked another host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.problems.append(f"{response.request.method} {response.url} was answered {response.status}")


def demand_accessible(page: Page) -> None:
    """Fails on whatever axe finds against WCAG 2 A and AA in what the page shows now."""
    if not AXE.exists():
        pytest.skip("needs the console's packages: run `make console`")
    if not page.evaluate("() => 'axe' in window"):
        # A string is run by the debugger, which no page's policy stops.
        page.evaluate(f"() => {{ {AXE.read_text('utf-8')} }}")
    violations: list[dict[str, Any]] = page.evaluate(_AXE_RUN)
    assert violations == [], json.dumps(violations, indent=2, ensure_ascii=False)


def copied(page: Page) -> str:
    """What was put into the clipboard, waiting for it: a window is handed out with an empty one."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while not (found := str(page.evaluate("() => navigator.clipboard.readText()"))):
        assert time.monotonic() < until, "nothing was copied"
        page.wait_for_timeout(50)
    return found


def take_shot(page: Page, name: str) -> None:
    """With ISTHMUS_SCREENSHOTS=1, draws the page for the documentation."""
    if os.environ.get("ISTHMUS_SCREENSHOTS") != "1":
        return
    drawn = page.screenshot(animations="disabled", caret="hide")
    small = io.BytesIO()
    image = Image.open(io.BytesIO(drawn)).convert("RGB")
    image.quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        small, "PNG", optimize=True
    )
    assert small.tell() <= MAX_SCREENSHOT_BYTES, f"{name}: {small.tell()} bytes are too many"
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    (SCREENSHOTS / f"{name}.png").write_bytes(small.getvalue())


expect.set_options(timeout=PATIENCE_MS)
