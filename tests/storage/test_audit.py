"""The audit log on every engine."""

import time

import pytest

from isthmus.control.people import OPERATOR, Person, Role
from isthmus.storage.audit import MAX_DETAIL_CHARS, AuditFilter, AuditLog
from isthmus.storage.database import Database

ANNA = Person("usr_a", "anna", Role.ADMIN, "192.0.2.7")
EVERYTHING = AuditFilter()


@pytest.fixture
async def log(database: Database) -> AuditLog:
    return AuditLog(database)


async def test_what_was_done_is_read_newest_first(log: AuditLog) -> None:
    before = time.time_ns() // 1_000_000
    await log.note(ANNA, "key_created", "key_1", "for the nightly report")
    await log.note(OPERATOR, "password_reset")
    newest, oldest = await log.page(EVERYTHING, None, 10)
    assert (oldest.user_id, oldest.user_name, oldest.client) == ("usr_a", "anna", "192.0.2.7")
    assert (oldest.action, oldest.target, oldest.detail) == ("key_created", "key_1", "for the nightly report")
    assert before <= oldest.at_ms <= newest.at_ms
    assert (newest.user_id, newest.user_name, newest.target, newest.detail) == (
        None,
        "command line",
        None,
        None,
    )
    assert await log.page(EVERYTHING, newest.id, 10) == [oldest]
    assert await log.page(EVERYTHING, None, 1) == [newest]


async def test_lines_are_found_by_what_they_say(log: AuditLog) -> None:
    await log.note(ANNA, "key_created", "key_1")
    await log.note(OPERATOR, "key_removed", "key_1")
    for wanted, actions in (
        (AuditFilter(user_id="usr_a"), ["key_created"]),
        (AuditFilter(action="key_removed"), ["key_removed"]),
        (AuditFilter(target="key_1"), ["key_removed", "key_created"]),
        (AuditFilter(target="key_1", user_id="usr_b"), []),
        (AuditFilter(from_ms=time.time_ns() // 1_000_000 + 60_000), []),
        (AuditFilter(until_ms=0), []),
        (AuditFilter(from_ms=0, until_ms=time.time_ns()), ["key_removed", "key_created"]),
    ):
        assert [line.action for line in await log.page(wanted, None, 10)] == actions, wanted


async def test_no_text_is_too_much_for_it(log: AuditLog) -> None:
    long = "\0\ud800" + "ß" * 5000
    await log.note(Person(ANNA.id, long, Role.ADMIN, long), long, long, long)
    (line,) = await log.page(EVERYTHING, None, 10)
    assert line.detail == "?" + "ß" * (MAX_DETAIL_CHARS - 1)
    assert [len(text or "") for text in (line.user_name, line.action, line.target, line.client)] == [
        100,
        64,
        200,
        64,
    ]


async def test_old_lines_are_forgotten(log: AuditLog) -> None:
    await log.note(ANNA, "key_created")
    assert await log.forget_before(time.time_ns() // 1_000_000 - 60_000) == 0
    assert await log.forget_before(time.time_ns() // 1_000_000 + 60_000) == 1
    assert await log.page(EVERYTHING, None, 10) == []
