"""Rows reach the database in batches; what cannot be written waits, then is dropped and counted; requests never notice."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.observability.live_tail import Missed
from isthmus.observability.log_row import LogRow
from isthmus.observability.request_log import RequestLog


def row(number: int) -> LogRow:
    return LogRow(f"req_{number}", number, "messages", "anthropic", 200, 5, "127.0.0.1")


class Shelf:
    """Keeps batches; fails as it is told to."""

    def __init__(self, fail: Callable[[Sequence[LogRow]], Exception | None] = lambda _: None) -> None:
        self.batches: list[list[LogRow]] = []
        self.fail = fail
        self.tries = 0

    async def save(self, rows: Sequence[LogRow]) -> None:
        self.tries += 1
        await asyncio.sleep(0)
        if (failure := self.fail(rows)) is not None:
            raise failure
        self.batches.append(list(rows))

    @property
    def rows(self) -> list[LogRow]:
        return [each for batch in self.batches for each in batch]


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not what():
            await asyncio.sleep(0.002)


async def test_rows_are_written_in_batches_and_in_order() -> None:
    shelf = Shelf()
    async with RequestLog(shelf.save, str, batch_rows=10, interval_s=0.01) as log:
        for number in range(25):
            log.append(row(number))
        assert shelf.tries == 0
        await until(lambda: len(shelf.rows) == 25)
        log.append(row(25))
        await until(lambda: len(shelf.rows) == 26)
    assert shelf.rows == [row(number) for number in range(26)]
    assert [len(batch) for batch in shelf.batches] == [10, 10, 5, 1]
    assert (log.state.written, log.state.queued, log.state.dropped) == (26, 0, 0)


async def test_a_lone_row_waits_no_longer_than_the_interval() -> None:
    shelf = Shelf()
    async with RequestLog(shelf.save, str, interval_s=0.02) as log:
        log.append(row(1))
        await until(lambda: shelf.rows == [row(1)])


async def test_what_is_left_is_written_at_the_end() -> None:
    shelf = Shelf()
    async with RequestLog(shelf.save, str, batch_rows=10, interval_s=60) as log:
        for number in range(35):
            log.append(row(number))
    assert len(shelf.rows) == 35


async def test_rows_wait_while_the_database_is_gone_and_the_newest_are_dropped() -> None:
    gone = True
    shelf = Shelf(lambda _: ConnectionError("refused") if gone else None)
    with structlog.testing.capture_logs() as said:
        async with RequestLog(shelf.save, str, capacity=20, batch_rows=8, interval_s=0.005) as log:
            for number in range(30):
                log.append(row(number))
            await until(lambda: shelf.tries >= 2)
            assert (log.state.queued, log.state.dropped) == (20, 10)
            assert log.state.failing == "ConnectionError: refused"
            assert [each.started_ms for each in log.unwritten()] == list(range(20))
            gone = False
            await until(lambda: len(shelf.rows) == 20)
            assert log.state.failing is None
    assert shelf.rows == [row(number) for number in range(20)]
    assert len(said) == 2, "one of each kind: a storm in the database is no storm in the log"


async def test_a_row_that_no_database_takes_is_dropped_alone() -> None:
    shelf = Shelf(lambda rows: ValueError("too long") if row(7) in rows else None)
    async with RequestLog(shelf.save, str, batch_rows=16, interval_s=0.001) as log:
        for number in range(16):
            log.append(row(number))
        await until(lambda: log.state.queued == 0)
    assert shelf.rows == [row(number) for number in range(16) if number != 7]
    assert (log.state.written, log.state.dropped) == (15, 1)


async def test_nothing_is_written_twice_when_half_a_batch_was_kept() -> None:
    """The whole is refused for one row; its first half is kept; then the database goes away for a moment."""
    fates: list[Exception | None] = [ValueError("too long"), None, OSError("gone")]
    shelf = Shelf(lambda _: fates.pop(0) if fates else None)
    async with RequestLog(shelf.save, str, batch_rows=4, interval_s=0.001) as log:
        for number in range(4):
            log.append(row(number))
        await until(lambda: log.state.queued == 0)
    assert shelf.rows == [row(number) for number in range(4)]


async def test_leaving_takes_a_bounded_time_and_counts_what_is_lost() -> None:
    async def never(_rows: Sequence[LogRow]) -> None:
        await asyncio.Event().wait()

    started = asyncio.get_running_loop().time()
    async with RequestLog(never, str, interval_s=0.001, close_within_s=0.05) as log:
        log.append(row(1))
    assert asyncio.get_running_loop().time() - started < 2
    assert (log.state.queued, log.state.dropped) == (0, 1)


async def test_a_failing_database_does_not_hold_up_the_end() -> None:
    async def fail(_rows: Sequence[LogRow]) -> None:
        raise OSError("disk full")

    async with RequestLog(fail, str, interval_s=0.5, close_within_s=0.1) as log:
        log.append(row(1))
    assert log.state.dropped == 1


async def test_a_row_that_makes_no_sense_costs_the_request_nothing() -> None:
    log = RequestLog(Shelf().save, str)
    log.append(None)  # type: ignore[arg-type]
    assert log.state.dropped == 1


async def test_watchers_see_rows_as_they_come_masked() -> None:
    log = RequestLog(Shelf().save, lambda text: text.replace("secret", "***"))
    tail = log.tail()
    log.append(row(1)._replace(error_text="a secret"))
    assert await anext(tail.batches(5)) == [row(1)._replace(error_text="a ***")]
    tail.close()
    log.append(row(2))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            assert await anext(tail.batches(1)) == []


async def test_a_watcher_that_sleeps_holds_up_nobody() -> None:
    log = RequestLog(Shelf().save, str, capacity=5000)
    tail = log.tail()
    for number in range(1500):
        log.append(row(number))
    assert log.state.queued == 1500
    assert (await anext(tail.batches(5)))[-1] == Missed(500)


@settings(max_examples=25)
@given(st.lists(st.sampled_from(["kept", "gone"]), max_size=6), st.integers(1, 40))
def test_every_row_is_written_once_or_counted_as_dropped(fates: list[str], rows: int) -> None:
    async def play() -> None:
        left = list(fates)
        shelf = Shelf(lambda _: OSError("gone") if left and left.pop() == "gone" else None)
        async with RequestLog(
            shelf.save, str, capacity=25, batch_rows=7, interval_s=0.0001, close_within_s=5
        ) as log:
            for number in range(rows):
                log.append(row(number))
                if number % 9 == 0:
                    await asyncio.sleep(0)
            await until(lambda: log.state.queued == 0)
        assert len(set(shelf.rows)) == len(shelf.rows) == log.state.written
        assert log.state.written + log.state.dropped == rows

    asyncio.run(play())
