"""The arithmetic of the figures, and a very small run with nothing in between. No time is asserted."""

import dataclasses
from pathlib import Path

import pytest

from bench import measure
from bench.client import BadAnswer
from bench.measure import Target, line_through, request_us, run_together, take_sample
from bench.memory import OpenStreams, Soak, hold_streams, soak
from bench.plan import Plan
from bench.process import Cores
from bench.subjects import Subject, running_upstream
from bench.workload import LANES, RAW_CHAT, RAW_MESSAGES, Burst

TINY = Plan(
    rounds=1,
    plain_requests=8,
    connections=2,
    short_requests=4,
    long_requests=4,
    paced_streams=4,
    paced_s=0.3,
    first_token_alone=3,
    together=3,
    first_token_rounds=2,
    volleys=2,
    model_delay_ms=5,
    open_streams=(2, 60),
    settle_s=0.01,
    soak_steps=5,
)
UNPINNED = Cores(None, None, None)


def test_the_slope_leaves_the_cost_of_the_request_out() -> None:
    assert line_through((50, 300 + 50 * 4), (1050, 300 + 1050 * 4)) == (4.0, 300.0)


async def test_a_small_run_gives_every_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy machine, or a window of a few events, is no failure of the harness.
    monkeypatch.setattr("bench.measure.PACED_AT_LEAST", 0.0)
    monkeypatch.setattr("bench.measure.PACED_AT_MOST", 1000.0)
    with running_upstream(tmp_path, UNPINNED) as upstream:
        for lane in (RAW_CHAT, RAW_MESSAGES):
            sample = await take_sample(Target(upstream, lane, TINY))
            taken = dataclasses.asdict(sample)
            assert all(
                taken[name] > 0 for name in ("plain_us", "paced_us", "alone_ms", "together_ms", "volley_ms")
            )


@pytest.mark.parametrize(("busy", "told"), [(1, 7.0), (measure.PACED_TRIES, None)])
async def test_streams_out_of_pace_are_asked_again_but_not_for_ever(
    busy: int, told: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = iter([measure.OutOfPace("40.0 events/s")] * busy + [7.0])

    async def paced(_target: Target) -> float:
        outcome = next(outcomes)
        if isinstance(outcome, measure.OutOfPace):
            raise outcome
        return outcome

    monkeypatch.setattr(measure, "paced_event_us", paced)
    asked = measure.paced_patiently_us(Target(Subject("direct", 1, 2), RAW_CHAT, TINY))
    if told is None:
        with pytest.raises(BadAnswer, match=r"40\.0 events/s"):
            await asked
    else:
        assert await asked == told


async def test_memory_is_read_at_every_number_of_open_streams(tmp_path: Path) -> None:
    with running_upstream(tmp_path, UNPINNED) as upstream:
        held = await hold_streams(Target(upstream, RAW_CHAT, TINY))
        worn = await soak([Target(upstream, lane, TINY) for lane in (RAW_CHAT, RAW_MESSAGES)], 600)
    assert list(held.kib) == [0, 2, 60]
    assert all(kib > 1000 for kib in held.kib.values())
    assert list(worn.kib) == [0, 120, 240, 360, 480, 600]


async def test_an_answer_that_is_wrong_ends_the_measurement(tmp_path: Path) -> None:
    with running_upstream(tmp_path, UNPINNED) as upstream:
        # The upstream itself does not know the gateway's paths.
        translated = Target(dataclasses.replace(upstream, name="isthmus"), LANES["translated"], TINY)
        with pytest.raises(BadAnswer, match="404"):
            await request_us(translated, Burst(3), 2)


async def test_the_first_failure_is_raised_as_itself() -> None:
    async def fail() -> None:
        raise BadAnswer("this one")

    with pytest.raises(BadAnswer, match="this one"):
        await run_together([fail(), fail()])


def test_a_stream_costs_what_the_most_of_them_added() -> None:
    assert OpenStreams({0: 1000, 100: 9000, 1000: 31000}).per_stream_kib == 30.0


@pytest.mark.parametrize(
    ("kib", "growth", "flat"),
    [
        ({0: 100, 10: 9000, 20: 9100, 30: 9000, 100: 9200}, 100, True),
        ({0: 100, 10: 9000, 20: 9000, 60: 12000, 100: 9000}, 3000, False),
        ({0: 9000, 10: 9000, 20: 9000, 60: 8000, 100: 7000}, -1000, True),
    ],
)
def test_flat_means_no_growth_after_the_first_fifth(kib: dict[int, int], growth: int, flat: bool) -> None:
    found = Soak(kib)
    assert (found.growth_kib, found.is_flat) == (growth, flat)
