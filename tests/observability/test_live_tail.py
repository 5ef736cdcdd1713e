"""Who watches sees everything in order, or is told how much was missed."""

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from isthmus.observability.live_tail import LiveTail, Missed


def forget(_: LiveTail[int]) -> None:
    """Nobody keeps a list of tails here."""


async def read(tail: LiveTail[int]) -> list[int | Missed]:
    return await anext(tail.batches(5))


@given(st.lists(st.integers(1, 12), max_size=8))
def test_rows_come_in_order_and_what_is_missing_is_counted(bursts: Sequence[int]) -> None:
    """Each burst is appended at once, and read after it; at most five rows wait."""

    async def watch() -> None:
        tail: LiveTail[int] = LiveTail(forget, capacity=5)
        sent = 0
        for burst in bursts:
            for number in range(sent, sent + burst):
                tail.put(number)
            expected: list[int | Missed] = list(range(sent, sent + min(burst, 5)))
            assert await read(tail) == expected + ([Missed(burst - 5)] if burst > 5 else [])
            sent += burst

    asyncio.run(watch())


async def test_quiet_times_are_told() -> None:
    tail: LiveTail[int] = LiveTail(forget)
    batches = tail.batches(0.01)
    assert await anext(batches) == []
    tail.put(1)
    assert await anext(batches) == [1]
    assert await anext(batches) == []


async def test_it_ends_with_the_log_after_the_last_row() -> None:
    tail: LiveTail[int] = LiveTail(forget)
    tail.put(1)
    tail.end()
    assert [batch async for batch in tail.batches(5)] == [[1]]


async def test_the_last_rows_are_seen_by_who_was_busy_with_those_before() -> None:
    tail: LiveTail[int] = LiveTail(forget)
    batches = tail.batches(5)
    tail.put(1)
    assert await anext(batches) == [1]
    tail.put(2)
    tail.end()
    assert [batch async for batch in batches] == [[2]]


async def test_closing_tells_the_log() -> None:
    closed: list[LiveTail[int]] = []
    tail: LiveTail[int] = LiveTail(closed.append)
    tail.close()
    assert closed == [tail]
