"""An operator's price stands before the shipped one, until it is removed."""

from datetime import date
from typing import Any

import pytest

from isthmus.control.failures import Invalid, NotFound
from isthmus.control.people import OPERATOR
from isthmus.control.prices import Origin, PriceRow, PriceService, checked, shipped_as_of
from isthmus.routing.prices import Price, PriceTable
from isthmus.storage.audit import AuditFilter, AuditLog
from isthmus.storage.database import Database
from isthmus.storage.prices import PriceStore


@pytest.fixture
def service(sqlite: Database) -> PriceService:
    return PriceService(PriceStore(sqlite), AuditLog(sqlite))


async def every_row(service: PriceService) -> list[PriceRow]:
    return list((await service.page(None, None, 10_000)).items)


async def test_the_shipped_prices_are_those_that_are_counted_with(service: PriceService) -> None:
    rows = await every_row(service)
    assert len(rows) > 10
    assert all(each.origin is Origin.SHIPPED and each.updated_ms is None for each in rows)
    table = PriceTable.shipped()
    assert table.as_of == date.fromisoformat(shipped_as_of())
    for each in rows:
        if "*" not in each.pattern:
            assert table.of("", each.pattern) == Price.parse(each.row)


async def test_an_own_price_takes_the_place_of_a_shipped_one(service: PriceService) -> None:
    shipped = (await every_row(service))[0]
    put = await service.put(OPERATOR, shipped.pattern, {"input": 1, "output": 2.5, "cache_read": None})
    assert (put.row, put.origin, put.replaces_shipped) == (
        {"input": 1, "output": 2.5},
        Origin.OPERATOR,
        True,
    )
    assert (await every_row(service))[0] == put
    await service.remove(OPERATOR, shipped.pattern)
    assert (await every_row(service))[0] == shipped
    with pytest.raises(NotFound, match="replaced, not removed"):
        await service.remove(OPERATOR, shipped.pattern)


async def test_a_price_of_a_new_name_is_added(service: PriceService) -> None:
    before = len(await every_row(service))
    put = await service.put(OPERATOR, "zz-local/*", {"input": 0, "output": 0})
    rows = await every_row(service)
    assert (len(rows), put.replaces_shipped) == (before + 1, False)
    await service.remove(OPERATOR, "zz-local/*")
    with pytest.raises(NotFound, match="no price of your own"):
        await service.remove(OPERATOR, "zz-local/*")


async def test_changes_are_noted(service: PriceService) -> None:
    await service.put(OPERATOR, "m", {"input": 1, "output": 2})
    await service.remove(OPERATOR, "m")
    lines = await service.audit.page(AuditFilter(), None, 10)
    assert [(line.action, line.target, line.detail) for line in reversed(lines)] == [
        ("price.put", "m", '{"input": 1, "output": 2}'),
        ("price.remove", "m", None),
    ]


def test_steps_are_put_in_order() -> None:
    steps = [{"tokens": 200, "input": 3, "output": 3}, {"tokens": 100, "input": 2, "output": 2}]
    row = checked("m", {"input": 1, "output": 1, "above": steps})
    assert [step["tokens"] for step in row["above"]] == [100, 200]
    assert Price.parse(row).for_prompt(250).input == 3_000_000


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"input": 1}, "output"),
        ({"input": -1, "output": 1}, "input"),
        ({"input": 1, "output": 0.0000001}, "output"),
        ({"input": 1, "output": float("inf")}, "output"),
        ({"input": 1, "output": 1, "above": [{"tokens": 0, "input": 1, "output": 1}]}, "above"),
    ],
)
def test_a_price_that_cannot_be_counted_with_is_refused(row: Any, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked("m", row)
    assert [each.field for each in caught.value.fields] == [field]


@pytest.mark.parametrize("pattern", ["", " m", "a\x00", "x" * 201, "\ud800"])
def test_a_pattern_is_a_name(pattern: str) -> None:
    with pytest.raises(Invalid, match="pattern"):
        checked(pattern, {"input": 1, "output": 1})


async def test_pages_follow_each_other(service: PriceService) -> None:
    every = await every_row(service)
    first = await service.page(None, None, 7)
    second = await service.page(None, first.next_cursor, 7)
    assert [*first.items, *second.items] == every[:14]
    assert [each.pattern for each in (await service.page("CLAUDE", None, 500)).items] == [
        each.pattern for each in every if "claude" in each.pattern
    ]
