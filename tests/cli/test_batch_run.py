"""A batch under way: tries, pauses, limits, and how it ends."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.batch_rows import chat, lines, message, own_door, providers, results_in
from isthmus.batch.deciding import Patience
from isthmus.batch.journal import VERSION, Header
from isthmus.batch.lines import Format, Line, LineFault
from isthmus.cli.batch_doors import Door
from isthmus.cli.batch_output import Output, open_output
from isthmus.cli.batch_run import Batch, Course, Rules
from isthmus.cli.failure import CommandFailed
from simulators.openai_vendor import OpenAIVendor

PATIENT = Rules()
IMPATIENT = Rules(patience=Patience(0, 0.0))


@dataclass
class Stage:
    door: Door
    vendor: OpenAIVendor
    output: Output

    def batch(self, *rows: dict[str, Any], rules: Rules = PATIENT, show: Any = None) -> Batch:
        return Batch(
            iter(lines(*rows)), len(rows), self.output, self.door, rules, show or (lambda course: None)
        )

    async def run(self, *rows: dict[str, Any], rules: Rules = PATIENT) -> Batch:
        batch = self.batch(*rows, rules=rules)
        await batch.run()
        return batch

    @property
    def results(self) -> dict[str, Any]:
        rows = results_in(self.output.results)
        found = {row["custom_id"]: row for row in rows}
        assert len(found) == len(rows), "a line was answered twice"
        return found

    def status(self, id: str) -> int:
        return int(self.results[id]["response"]["status_code"])


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        vendor = await stack.enter_async_context(OpenAIVendor(aliases={"gpt-4o-mini": "sim-text"}))
        door, _ = await stack.enter_async_context(own_door(tmp_path, providers(vendor)))
        header = Header(VERSION, "ab" * 32, Format.OPENAI, 0)
        yield Stage(door, vendor, stack.enter_context(open_output(tmp_path / "r.jsonl", header)))


async def test_every_line_has_its_result(stage: Stage) -> None:
    batch = await stage.run(*[chat(f"r{at}", "sim-text") for at in range(50)])
    assert set(stage.results) == {f"r{at}" for at in range(50)}
    assert (batch.course.done, batch.course.failed, batch.course.under_way, batch.stopped) == (50, 0, 0, None)
    assert stage.output.sums.input_tokens > 0 and stage.output.sums.estimated_tokens == 0


async def test_no_more_lines_are_under_way_than_are_wanted(stage: Stage) -> None:
    most = 0

    def show(course: Course) -> None:
        nonlocal most
        most = max(most, course.under_way)

    await stage.batch(
        *[chat(f"r{at}", "sim-text") for at in range(30)], rules=Rules(concurrency=3), show=show
    ).run()
    assert most == 3


@pytest.mark.parametrize("model", ["sim-429-then-ok", "sim-500-then-ok"])
async def test_a_passing_failure_passes(stage: Stage, model: str) -> None:
    await stage.run(chat("a", model))
    assert stage.status("a") == 200
    assert stage.vendor.attempts[model] == 2


async def test_a_lasting_failure_becomes_the_result(stage: Stage) -> None:
    rules = Rules(patience=Patience(1, 60.0))
    batch = await stage.run(chat("a", "dummy/dummy-500"), chat("b", "dummy/dummy"), rules=rules)
    assert (stage.status("a"), stage.status("b")) == (502, 200)
    assert (batch.course.failed, stage.output.sums.retries) == (1, 1)


async def test_a_bad_line_is_refused_once_and_harms_no_other(stage: Stage) -> None:
    bad = chat("bad", "dummy/dummy")
    bad["body"]["messages"] = "none"
    await stage.run(bad, chat("good", "dummy/dummy"))
    assert (stage.status("bad"), stage.status("good")) == (400, 200)
    assert stage.results["bad"]["response"]["body"]["error"]["type"] == "invalid_request_error"
    assert stage.output.sums.retries == 0


async def test_a_line_that_must_wait_for_too_long_stops_the_batch(stage: Stage) -> None:
    rules = Rules(concurrency=1, patience=Patience(5, 10.0))
    batch = await stage.run(
        chat("a", "dummy/dummy"), chat("b", "dummy/dummy-429-60"), chat("c", "dummy/dummy"), rules=rules
    )
    assert batch.stopped is not None and "told to come back in" in batch.stopped
    assert "rate limited" in batch.stopped, "in the gateway's words"
    assert set(stage.results) == {"a"}, "the line that waits has no result, so another run asks it again"


async def test_lines_that_wait_do_not_hold_up_the_end(stage: Stage) -> None:
    batch = stage.batch(chat("a", "dummy/dummy-429-60"))
    running = asyncio.create_task(batch.run())
    while not batch.course.waiting:
        await asyncio.sleep(0.005)
    batch.interrupt()
    await running
    assert (batch.interrupted, stage.results) == (True, {})


async def test_the_first_interruption_lets_lines_end(stage: Stage) -> None:
    batch = stage.batch(
        *[chat(f"r{at}", "dummy/dummy-silent-0.3") for at in range(6)], rules=Rules(concurrency=2)
    )
    running = asyncio.create_task(batch.run())
    while batch.course.under_way < 2:
        await asyncio.sleep(0.005)
    batch.interrupt()
    await running
    assert set(stage.results) == {"r0", "r1"}


async def test_the_second_interruption_does_not_wait(stage: Stage) -> None:
    batch = stage.batch(chat("a", "sim-hang"), chat("b", "dummy/dummy"))
    running = asyncio.create_task(batch.run())
    while batch.course.done < 1 or not stage.vendor.requests:
        await asyncio.sleep(0.005)
    batch.interrupt()
    batch.interrupt()
    await running
    assert set(stage.results) == {"b"}
    while not stage.vendor.disconnects:
        await asyncio.sleep(0.005)


async def test_the_cost_is_kept_within_its_limit(stage: Stage) -> None:
    rows = [chat(f"r{at}", "gpt-4o-mini") for at in range(9)]
    await stage.run(rows[0])
    cost = stage.output.sums.nano_usd
    assert cost > 0
    rules = Rules(concurrency=1, max_cost_nano_usd=3 * cost)
    batch = await stage.run(*rows[1:], rules=rules)
    assert batch.stopped is not None and "--max-cost-usd is reached" in batch.stopped
    assert len(stage.results) == 3


async def test_a_cost_that_nobody_knows_cannot_be_kept(stage: Stage) -> None:
    rules = Rules(concurrency=1, max_cost_nano_usd=10**12)
    batch = await stage.run(chat("a", "dummy/dummy"), chat("b", "dummy/dummy"), rules=rules)
    assert batch.stopped is not None and "nobody knows the price" in batch.stopped
    assert set(stage.results) == {"a"}


async def test_the_first_failure_may_end_it(stage: Stage) -> None:
    rules = Rules(concurrency=1, patience=Patience(0), fail_fast=True)
    batch = await stage.run(chat("a", "dummy/dummy-500"), chat("b", "dummy/dummy"), rules=rules)
    assert batch.stopped is not None and "--fail-fast" in batch.stopped
    assert stage.status("a") == 502 and len(stage.results) == 1


async def test_a_key_that_is_refused_stops_it(tmp_path: Path) -> None:
    configuration = {"providers": {"dummy": {"type": "dummy"}}, "api_keys": ["sk-right-0123456789abcdef"]}
    async with own_door(tmp_path, configuration, key="sk-wrong") as (door, _):
        header = Header(VERSION, "ab" * 32, Format.OPENAI, 2)
        with open_output(tmp_path / "r.jsonl", header) as output:
            batch = Batch(iter(lines(chat("a"), chat("b"))), 2, output, door, Rules())
            await batch.run()
    assert batch.stopped is not None and "status 401" in batch.stopped
    assert results_in(tmp_path / "r.jsonl") == []


async def test_results_that_cannot_be_written_end_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    real = Output.append

    def append(self: Output, entries: Any) -> None:
        written.append(len(entries))
        if len(written) > 2:
            raise CommandFailed("the disk is full")
        real(self, entries)

    monkeypatch.setattr(Output, "append", append)
    batch = stage.batch(*[chat(f"r{at}", "dummy/dummy") for at in range(40)])
    with pytest.raises(CommandFailed, match="the disk is full"):
        await batch.run()
    assert len(written) == 3, "nothing is written behind what may be half a line"
    assert batch.course.done == len(stage.results) == sum(written[:2])


async def test_an_input_that_changes_ends_it(stage: Stage) -> None:
    def changing() -> Any:
        yield from lines(chat("a", "dummy/dummy"))
        raise LineFault("", "line 2 has changed")

    batch = Batch(changing(), 2, stage.output, stage.door, Rules())
    with pytest.raises(LineFault, match="line 2 has changed"):
        await batch.run()
    assert set(stage.results) <= {"a"}


async def test_lines_of_messages_are_answered_as_messages(tmp_path: Path) -> None:
    header = Header(VERSION, "ab" * 32, Format.ANTHROPIC, 2)
    async with own_door(tmp_path) as (door, _):
        with open_output(tmp_path / "r.jsonl", header) as output:
            rows: list[Line] = lines(message("a"), message("b", "dummy-overflow"))
            await Batch(iter(rows), 2, output, door, IMPATIENT).run()
    found = {row["custom_id"]: row["result"] for row in results_in(tmp_path / "r.jsonl")}
    assert found["a"]["type"] == "succeeded" and found["a"]["message"]["role"] == "assistant"
    assert found["b"]["type"] == "errored"
    assert found["b"]["error"]["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("course", "left"),
    [
        (Course(10, 4, 0, 100.0, 4), None),
        (Course(10, 6, 0, 100.0, 4), lambda now: (now - 100) * 2),
        (Course(10, 10, 0, 100.0, 4), lambda now: 0),
    ],
)
def test_time_left_is_judged_by_this_run(course: Course, left: Callable[[float], float] | None) -> None:
    assert course.seconds_left(130.0) == (None if left is None else left(130.0))
