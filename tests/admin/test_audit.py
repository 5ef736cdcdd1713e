"""The audit log over the API."""

import pytest

from admin_site import open_site
from isthmus.control.people import Role
from isthmus.storage.database import Database


async def test_administrators_read_what_was_done(sqlite: Database) -> None:
    site = await open_site(sqlite)
    root = await site.office.user("root")
    admin = await site.browser("root")
    page = (await admin("GET", "/v2/audit?limit=1")).json
    (line,) = page["items"]
    assert (line["action"], line["user_id"], line["user"]) == ("sign_in", root.id, "root")
    assert (line["client"], line["at"][-1]) == ("127.0.0.1", "Z")
    (older,) = (await admin("GET", f"/v2/audit?cursor={page['next_cursor']}")).json["items"]
    assert (older["action"], older["user_id"]) == ("user_created", None)
    for query, count in (
        ("action=sign_in", 1),
        ("action=nothing", 0),
        (f"user_id={root.id}", 1),
        (f"target={root.id}", 1),
        ("from=2199-01-01T00:00:00Z", 0),
        ("from=2000-01-01T00:00:00Z&until=2199-01-01T00:00:00", 2),
    ):
        assert len((await admin("GET", f"/v2/audit?{query}")).json["items"]) == count, query


@pytest.mark.parametrize(
    "query", ["action=a%00", "user_id=" + "x" * 65, "from=now", "until=0.5", "limit=501", "cursor=x"]
)
async def test_what_cannot_be_asked(sqlite: Database, query: str) -> None:
    site = await open_site(sqlite)
    script = await site.script("bot", Role.ADMIN)
    assert (await script("GET", f"/v2/audit?{query}")).status == 422


async def test_nobody_else_reads_it(sqlite: Database) -> None:
    site = await open_site(sqlite)
    for role in (Role.VIEWER, Role.HOLDER):
        script = await site.script(f"bot-{role}", role)
        assert (await script("GET", "/v2/audit")).status == 403
