"""Users over the API."""

from typing import Any

import pytest

from admin_site import open_site
from isthmus.control.people import Role
from isthmus.storage.database import Database
from signing_in import PASSWORD


async def test_users_are_made_changed_and_removed(sqlite: Database) -> None:
    site = await open_site(sqlite)
    await site.office.user("root")
    admin = await site.browser("root")
    made = await admin("POST", "/v2/users", {"name": "Anna", "role": "viewer", "password": PASSWORD})
    assert made.status == 201
    assert made.json["last_sign_in_at"] is None and PASSWORD.encode() not in made.body
    anna = await site.browser("anna")
    path = f"/v2/users/{made.json['id']}"
    assert (await anna("GET", path)).json["last_sign_in_at"] is not None
    assert (await anna("GET", "/v2/users")).json["items"][0]["name"] == "anna"
    assert (await anna("PATCH", path, {"role": "admin"})).status == 403
    changed = await admin("PATCH", path, {"role": "holder"})
    assert (changed.status, changed.json["role"], changed.json["name"]) == (200, "holder", "anna")
    assert (await anna("GET", "/v2/users")).status == 403
    assert (await admin("PATCH", path, {"enabled": False})).json["enabled"] is False
    assert (await anna("GET", "/v2/me")).status == 401
    assert (await admin("DELETE", path)).status == 204
    assert (await admin("GET", path)).status == 404


async def test_the_last_administrator_stays(sqlite: Database) -> None:
    site = await open_site(sqlite)
    root = await site.office.user("root")
    admin = await site.browser("root")
    path = f"/v2/users/{root.id}"
    for change in ({"role": "viewer"}, {"enabled": False}):
        reply = await admin("PATCH", path, change)
        assert (reply.status, reply.json["error"]["code"]) == (409, "conflict")
    assert (await admin("DELETE", path)).status == 409
    assert (await admin("GET", path)).json["role"] == "admin"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "bot", "role": "viewer"}, 409),
        ({"name": "a b", "role": "viewer"}, 422),
        ({"name": "a\n", "role": "viewer"}, 422),
        ({"name": "x" * 101, "role": "viewer"}, 422),
        ({"name": "anna", "role": "owner"}, 422),
        ({"name": "anna", "role": "viewer", "password": "short"}, 422),
        ({"name": "anna", "role": "viewer", "password": "aaaaaaaaaaaa"}, 422),
        ({"name": "anna", "role": "viewer", "password_hash": "x"}, 422),
        ({"name": "anna"}, 422),
    ],
)
async def test_users_that_cannot_be_made(sqlite: Database, body: dict[str, Any], status: int) -> None:
    site = await open_site(sqlite)
    script = await site.script("bot", Role.ADMIN)
    assert (await script("POST", "/v2/users", body)).status == status


async def test_users_come_in_pages(sqlite: Database) -> None:
    site = await open_site(sqlite)
    script = await site.script("m", Role.VIEWER)
    for name in "zay":
        await site.office.user(name, Role.HOLDER, None)
    names: list[str] = []
    path = "/v2/users?limit=3"
    page = (await script("GET", path)).json
    while True:
        names += [each["name"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        page = (await script("GET", f"{path}&cursor={page['next_cursor']}")).json
    assert names == ["a", "m", "y", "z"]
    assert (await script("GET", "/v2/users?cursor=nonsense")).status == 422
    assert (await script("GET", "/v2/users?limit=0")).status == 422
