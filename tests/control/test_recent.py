"""Every minute has its place, a holder sees their own, and a refused address is marked."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from isthmus.control.failures import Invalid
from isthmus.control.people import OPERATOR, Person, Role
from isthmus.control.recent import MAX_MINUTES, RecentService
from isthmus.storage.database import Database
from isthmus.storage.ips import BlockedNetwork, BlockStore
from isthmus.storage.recent import MINUTE_MS, RecentRequests
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums
from log_rows import START_MS, log_row

NOW_MS = START_MS - START_MS % MINUTE_MS + 10 * MINUTE_MS + 7
HOLDER = Person("usr_1", "hugo", Role.HOLDER)


async def own_keys(person: Person) -> Collection[str] | None:
    return {"key_1"} if person.role is Role.HOLDER else None


@pytest.fixture
async def service(sqlite: Database) -> RecentService:
    await RequestLogs(sqlite, RequestSums(sqlite)).save(
        [
            log_row(started_ms=NOW_MS, key_id="key_1", output_tokens=3),
            log_row(started_ms=NOW_MS - MINUTE_MS, key_id="key_2", client="203.0.113.7"),
            log_row(started_ms=NOW_MS - 3 * MINUTE_MS, key_id="key_1", provider="other"),
        ]
    )
    return RecentService(RecentRequests(sqlite), BlockStore(sqlite), own_keys, lambda: NOW_MS)


async def test_every_minute_has_its_place(service: RecentService) -> None:
    course = await service.course(OPERATOR, 4)
    assert [each.requests for each in course.minutes] == [1, 0, 1, 1]
    assert (course.since_ms, course.until_ms) == (NOW_MS - 7 - 3 * MINUTE_MS, NOW_MS)
    assert [each.requests for each in (await service.course(HOLDER, 4)).minutes] == [1, 0, 0, 1]
    assert [each.requests for each in (await service.course(OPERATOR, 4, provider="other")).minutes] == [
        *(1, 0, 0, 0)
    ]
    assert [each.requests for each in (await service.course(HOLDER, 4, key_id="key_2")).minutes] == [0] * 4
    assert len((await service.course(OPERATOR, 10**6)).minutes) == MAX_MINUTES


async def test_an_address_that_is_refused_is_marked(service: RecentService) -> None:
    await service.blocks.put([BlockedNetwork("203.0.113.0/24", "scans", NOW_MS - 1, None)])
    found = await service.addresses(None, None, 10)
    blocked = {each.address.client: each.block and str(each.block.network) for each in found.callers}
    assert blocked == {"127.0.0.1": None, "203.0.113.7": "203.0.113.0/24"}
    assert (await service.addresses(NOW_MS - 2 * MINUTE_MS, NOW_MS, 10)).callers[0].address.requests == 1
    with pytest.raises(Invalid, match="until"):
        await service.addresses(NOW_MS, NOW_MS, 10)
