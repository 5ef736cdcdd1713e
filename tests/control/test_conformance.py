"""One run at a time, kept as it goes; what ended with its process is shown as interrupted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from isthmus.control.conformance import (
    ALIVE_MS,
    Asked,
    CaseInfo,
    ConformanceService,
    Planned,
    Verdict,
)
from isthmus.control.failures import Conflict, NotFound, OperationFailed
from isthmus.control.people import OPERATOR
from isthmus.storage.audit import AuditFilter, AuditLog
from isthmus.storage.conformance import ConformanceStore, StoredRun
from isthmus.storage.database import Database

ASKED = Asked("dummy", dialects=("chat",))
PASSED = Verdict("STR-01", "a stream", "chat", ["stream"], "pass", "", None, 0.1, 1)


class Engine:
    """Judges one case, then does as it is told."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.failure: Exception | None = None

    def cases(self) -> Sequence[CaseInfo]:
        return [CaseInfo("STR-01", "a stream", ["chat"], [])]

    async def plan(self, asked: Asked) -> Planned:
        return Planned("dummy-text", 2, 5, 10, 20, None)

    async def run(
        self, asked: Asked, begun: Callable[[int, int], None], judged: Callable[[Verdict], None]
    ) -> None:
        begun(1, 4)
        judged(PASSED)
        await self.go_on.wait()
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def service(sqlite: Database, engine: Engine) -> ConformanceService:
    return ConformanceService(ConformanceStore(sqlite), engine, AuditLog(sqlite))


async def over(service: ConformanceService, id: str) -> StoredRun:
    async with asyncio.timeout(20):
        while (run := await service.get(id)).state == "running":
            await asyncio.sleep(0.01)
    return run


async def test_a_run_is_seen_while_it_works_and_kept_when_it_is_over(
    service: ConformanceService, engine: Engine
) -> None:
    begun = await service.begin(OPERATOR, ASKED)
    assert (begun.state, begun.model, begun.cases) == ("running", "dummy-text", 2)
    async with asyncio.timeout(20):
        while not (seen := await service.get(begun.id)).done:
            await asyncio.sleep(0.01)
    assert (seen.cases, seen.requests, seen.counts) == (1, 4, {"pass": 1})
    assert [each["id"] for each in seen.results] == ["STR-01"]
    with pytest.raises(Conflict, match=begun.id):
        await service.begin(OPERATOR, ASKED)
    engine.go_on.set()
    ended = await over(service, begun.id)
    assert (ended.state, ended.problem, ended.finished_ms is not None) == ("finished", None, True)
    assert (await service.begin(OPERATOR, ASKED)).id != begun.id
    await service.close()


@pytest.mark.parametrize(
    ("failure", "said"),
    [(OperationFailed("nobody answers"), "nobody answers"), (RuntimeError("a bug"), "internal error")],
)
async def test_what_cannot_go_on_says_why(
    service: ConformanceService, engine: Engine, failure: Exception, said: str
) -> None:
    engine.failure = failure
    engine.go_on.set()
    ended = await over(service, (await service.begin(OPERATOR, ASKED)).id)
    assert ended.state == "failed"
    assert said in (ended.problem or "")


async def test_a_run_is_cancelled_then_removed(service: ConformanceService) -> None:
    begun = await service.begin(OPERATOR, ASKED)
    await service.remove(OPERATOR, begun.id)
    assert (await service.get(begun.id)).state == "cancelled"
    await service.remove(OPERATOR, begun.id)
    with pytest.raises(NotFound):
        await service.get(begun.id)
    noted = await AuditLog(service.store._database).page(AuditFilter(), None, 10)
    assert [each.action for each in noted] == [
        "conformance.delete",
        "conformance.cancel",
        "conformance.run",
    ]


async def test_a_gateway_that_ends_or_dies_interrupts_its_run(
    sqlite: Database, service: ConformanceService, engine: Engine
) -> None:
    ended = await service.begin(OPERATOR, ASKED)
    await service.close()
    assert (await service.get(ended.id)).state == "interrupted"
    begun = await service.begin(OPERATOR, ASKED)
    later = begun.created_ms
    other = ConformanceService(ConformanceStore(sqlite), engine, AuditLog(sqlite), lambda: later)
    assert (await other.get(begun.id)).state == "running", "in another gateway, which is well"
    with pytest.raises(Conflict, match="another gateway"):
        await other.remove(OPERATOR, begun.id)
    later += 10 * ALIVE_MS
    assert [each.state for each in (await other.page(None, 10)).items] == ["interrupted"] * 2
    first = await other.page(None, 1)
    assert [each.id for each in (await other.page(first.next_cursor, 1)).items] == [ended.id]
    await service.close()
