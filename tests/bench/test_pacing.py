"""The wheel: even, complete, and at rest when nobody needs it."""

import asyncio
import time

from bench.pacing import PERIOD_S, SLOTS, Wheel


async def test_every_beat_is_called_about_once_a_period_and_no_longer_than_wanted() -> None:
    wheel = Wheel(asyncio.get_running_loop())
    calls = [0, 0, 0]

    def first() -> None:
        calls[0] += 1

    def second() -> None:
        calls[1] += 1
        wheel.remove(second)

    wheel.add(first)
    wheel.add(second)
    deadline = time.monotonic() + 20
    while calls[0] < 5:
        assert time.monotonic() < deadline, "the wheel stood still"
        await asyncio.sleep(PERIOD_S)
    wheel.remove(first)
    wheel.remove(first)
    after = calls[0]
    await asyncio.sleep(PERIOD_S * 3)
    assert (calls[0], calls[1]) == (after, 1)
    assert wheel.is_at_rest


async def test_streams_are_spread_over_the_period() -> None:
    wheel = Wheel(asyncio.get_running_loop())
    beats = [lambda number=number: number for number in range(SLOTS + 2)]
    for beat in beats:
        wheel.add(beat)
    assert sorted(wheel.loads) == [1] * (SLOTS - 2) + [2, 2]
    for beat in beats:
        wheel.remove(beat)
    assert wheel.is_at_rest
