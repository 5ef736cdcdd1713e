"""Browser windows that are kept from test to test: opening one costs more than most tests do in it.

What a window brings along is what costs nothing to share: the files of the site in its cache, and code that has been compiled.
What a test did in it is undone before the next one looks: cookies, storage, clipboard, history, routes, other windows it
opened, the pointer. What cannot be undone (an init script, a clock) belongs into a window of the test's own.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from playwright.sync_api import Browser, Error, Page

PATIENCE_MS: Final = 20_000
LOCALES: Final = {"en": "en-US", "zh": "zh-CN"}
DESKTOP: Final = {"width": 1280, "height": 800}
PHONE: Final = {"width": 390, "height": 844}
BARE = "/admin/favicon.svg"
"""Of the same site, without a script. A blank page would end the process that a window runs in, and its compiled code."""


class Kind(NamedTuple):
    """What of a window cannot be changed later."""

    language: str = "en"
    phone: bool = False


class Windows:
    """Hands out windows of one browser, each as good as new."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: dict[Kind, list[Page]] = {}
        self._kinds: dict[Page, Kind] = {}

    def take(self, kind: Kind) -> Page:
        idle = self._idle.setdefault(kind, [])
        return idle.pop() if idle else self.open(kind)

    def open(self, kind: Kind) -> Page:
        """A window that has never been anywhere."""
        context = self._browser.new_context(
            locale=LOCALES[kind.language],
            timezone_id="UTC",
            viewport=PHONE if kind.phone else DESKTOP,
            is_mobile=kind.phone,
            has_touch=kind.phone,
            accept_downloads=True,
        )
        context.set_default_timeout(PATIENCE_MS)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        self._kinds[page] = kind
        return page

    def give_back(self, page: Page, origin: str) -> None:
        """Makes it as good as new, or closes it where that fails. `origin` is where it was used."""
        kind = self._kinds[page]
        try:
            _undo(page, kind, origin)
        except Error:
            self.close(page)
        else:
            self._idle[kind].append(page)

    def close(self, page: Page) -> None:
        del self._kinds[page]
        page.context.close()


def _undo(page: Page, kind: Kind, origin: str) -> None:
    context = page.context
    for other in context.pages:
        if other is not page:
            other.close()
    page.unroute_all(behavior="ignoreErrors")
    context.unroute_all(behavior="ignoreErrors")
    page.goto(origin + BARE)
    page.evaluate(
        "() => { localStorage.clear(); sessionStorage.clear(); return navigator.clipboard.writeText('') }"
    )
    context.clear_cookies()
    session = context.new_cdp_session(page)
    session.send("Page.resetNavigationHistory")
    session.detach()
    page.set_viewport_size(PHONE if kind.phone else DESKTOP)
    page.mouse.move(-1, -1)
