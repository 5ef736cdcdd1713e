"""Accounts in numbers for tests of the console, and where they stand on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Locator, Page

from console.scenery import Scenery

Json = dict[str, Any]
FORM = "form-source"
"""A stored provider of these tests, whose address nobody answers."""


def stock(seen: Scenery, count: int) -> list[str]:
    """Ids of so many new accounts of `FORM`, named `stock 000` and on."""
    entries = [
        {
            "provider": FORM,
            "label": f"stock {at:03}",
            "credential": {"api_key": f"sk-made-up-for-tests-{at:04}"},
        }
        for at in range(count)
    ]
    return [each["id"] for each in seen.api("POST", "/v2/accounts/feed", {"accounts": entries})["items"]]


def accounts(seen: Scenery, provider: str = FORM) -> list[Json]:
    return list(seen.api("GET", f"/v2/accounts?provider={provider}&limit=500")["items"])


def account(seen: Scenery, id: str) -> Json:
    found: Json = seen.api("GET", f"/v2/accounts/{id}")
    return found


@contextmanager
def alone(seen: Scenery, id: str) -> Iterator[None]:
    """Meanwhile the other accounts of its provider take no requests."""
    others = [
        each["id"]
        for each in accounts(seen, account(seen, id)["provider"])
        if each["id"] != id and each["enabled"]
    ]
    seen.api("POST", "/v2/accounts/bulk", {"action": "disable", "ids": others})
    try:
        yield
    finally:
        seen.api("POST", "/v2/accounts/bulk", {"action": "enable", "ids": others})


def row(page: Page, label: str) -> Locator:
    return page.get_by_role("row").filter(has_text=label)
