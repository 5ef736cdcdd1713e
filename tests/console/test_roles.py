"""Everybody tries what they may not: every page by its address, and every operation of the API under it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, Response, expect

from console.browsing import Visits
from console.scenery import FROM_OUR_PAGE, Scenery
from isthmus.admin.session import NAME as COOKIE

RANK: Final = {"holder": 1, "viewer": 2, "admin": 3}
_LIST = Path(__file__).resolve().parents[2] / "console" / "src" / "pages.ts"
PAGES: Final[list[tuple[str, str]]] = re.findall(
    r"path: '([^']+)'.*?needs: '(\w+)'", _LIST.read_text("utf-8")
)
"""Address and least role."""
FORBIDDEN: Final = "Not for your role"


def test_there_are_pages_to_try() -> None:
    assert len(PAGES) >= 14
    assert {needs for _, needs in PAGES} == set(RANK)


@pytest.mark.parametrize("role", ["viewer", "holder"])
def test_pages_are_kept_from_a_role_and_ask_nothing_that_is_refused(visit: Visits, role: str) -> None:
    page = visit("/no-such-page", role=role)
    refused: list[str] = []

    def heard(response: Response) -> None:
        if response.status in {401, 403}:
            refused.append(f"{page.url}: {response.request.method} {response.url}")

    page.on("response", heard)
    for path, needs in PAGES:
        page.goto(f"{visit.scenery.origin}/admin{path}")
        heading = page.get_by_role("heading", level=1)
        if RANK[role] < RANK[needs]:
            expect(heading.first).to_have_text(FORBIDDEN)
            expect(page.get_by_text("Ask an administrator.")).to_be_visible()
        else:
            expect(heading.first).not_to_have_text(FORBIDDEN)
            page.wait_for_load_state("load")
            expect(page.get_by_role("main").first).to_be_visible()
    assert refused == []


def test_nobody_gets_past_the_door(visit: Visits) -> None:
    page = visit("/sign-in", role=None)
    for path, _ in PAGES:
        page.goto(f"{visit.scenery.origin}/admin{path}")
        expect(page).to_have_url(re.compile(r"/admin/sign-in" + ("$" if path == "/" else r"\?next=")))
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("role", ["viewer", "holder", None])
def test_operations_are_refused(seen: Scenery, role: str | None) -> None:
    """In a way that says so, whatever is asked of them."""
    rank = RANK.get(role or "", 0)
    headers = FROM_OUR_PAGE | ({"cookie": f"{COOKIE}={seen.cookies[role]}"} if role else {})
    tried = 0
    for method, path, needs in operations(seen):
        address = re.sub(r"\{\w+\}", "x", path)
        if needs is not None and rank < RANK[needs]:
            answered = seen.gateway.ask(
                address, {} if method in {"POST", "PUT", "PATCH"} else None, headers, method
            )
            assert answered.status == (403 if role else 401), (method, path, answered.status)
            error = answered.json["error"]
            assert error["code"] == ("forbidden" if role else "unauthenticated"), (method, path, error)
            assert error["message"] and error["request_id"]
            tried += 1
    assert tried > 20


def operations(seen: Scenery) -> list[tuple[str, str, str | None]]:
    paths: dict[str, Any] = seen.api("GET", "/v2/openapi.json")["paths"]
    return [
        (method.upper(), path, operation["x-role"])
        for path, item in paths.items()
        for method, operation in item.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]


def test_a_holder_sees_what_is_theirs(seen: Scenery) -> None:
    keys = {each["name"]: each["id"] for each in seen.api("GET", "/v2/keys?limit=500")["items"]}
    mine = {each["name"] for each in seen.api("GET", "/v2/keys?limit=500", role="holder")["items"]}
    assert "henry" in mine and "team" not in mine
    headers = {"cookie": f"{COOKIE}={seen.cookies['holder']}"}
    for path in (f"/v2/keys/{keys['team']}", f"/v2/keys/{keys['team']}/usage"):
        assert seen.gateway.ask(path, None, headers, "GET").status == 404
    logs = seen.api("GET", "/v2/logs?limit=500", role="holder")["items"]
    assert logs and {each["key_id"] for each in logs} <= {keys[name] for name in mine}
    [foreign] = seen.api("GET", f"/v2/logs?limit=1&key_id={keys['team']}")["items"]
    assert seen.gateway.ask(f"/v2/logs/{foreign['request_id']}", None, headers, "GET").status == 404


def test_who_loses_a_role_while_at_work_is_told(visit: Visits, accessible: Callable[[Page], None]) -> None:
    seen = visit.scenery
    page = visit("/users", cookie=seen.person("rita", "admin"))
    expect(page.get_by_role("button", name="New user")).to_be_visible()
    [rita] = [each for each in seen.api("GET", "/v2/users?limit=500")["items"] if each["name"] == "rita"]
    seen.api("PATCH", f"/v2/users/{rita['id']}", {"role": "holder"})
    page.get_by_role("link", name="Addresses").first.click()
    alert = page.get_by_role("alert").first
    expect(alert).to_contain_text("This could not be loaded")
    expect(alert).to_contain_text("viewer")
    accessible(page)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(FORBIDDEN)
    seen.api("DELETE", f"/v2/users/{rita['id']}")
