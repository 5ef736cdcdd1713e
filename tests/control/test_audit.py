"""Reading the audit log."""

import pytest
from sqlalchemy import update

from isthmus.control.audit import DAY_MS, KEPT_DAYS
from isthmus.control.clock import now_ms
from isthmus.control.failures import Invalid
from isthmus.control.paging import write_cursor
from isthmus.storage.database import Database
from isthmus.storage.schema import audit_log
from signing_in import open_office


async def test_lines_come_in_pages_the_newest_first(sqlite: Database) -> None:
    office = await open_office(sqlite)
    for name in ("a1", "b2", "c3"):
        await office.user(name)
    first = await office.audit.list(None, 2)
    assert [(line.detail or "")[:2] for line in first.items] == ["c3", "b2"]
    second = await office.audit.list(first.next_cursor, 2)
    assert [(line.detail or "")[:2] for line in second.items] == ["a1"]
    assert second.next_cursor is None
    with pytest.raises(Invalid):
        await office.audit.list(write_cursor("a name"), 2)
    none: list[dict[str, str | int]] = [
        {"user_id": "usr_x"},
        {"action": "sign_in"},
        {"target": "x"},
        {"until_ms": 0},
    ]
    for wanted in none:
        assert (await office.audit.list(None, 2, **wanted)).items == []
    assert len((await office.audit.list(None, 5, action="user_created", from_ms=1)).items) == 3


async def test_old_lines_are_forgotten(sqlite: Database) -> None:
    office = await open_office(sqlite)
    await office.user("anna")
    assert await office.audit.forget_old() == 0
    long_ago = update(audit_log).values(at_ms=now_ms() - (KEPT_DAYS + 1) * DAY_MS)
    await sqlite.write(lambda connection: connection.execute(long_ago))
    assert await office.audit.forget_old() == 1
    assert await office.actions() == []
