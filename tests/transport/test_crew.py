"""Processes are lent, kept, started in advance and ended; there are never more than there may be, and nobody gets another's."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import uvloop

from isthmus.core.errors import GatewayError, Kind, UpstreamError
from isthmus.transport import crew as crew_module
from isthmus.transport.crew import Crew, Loan
from isthmus.transport.programs import Programs
from isthmus.transport.workers import CrewFigures, CrewRules
from parrots import PYTHON, alive, is_running, line, open_files, parrot, until

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
RULES = CrewRules(max_processes=3, queue_timeout_s=10.0)
OTHER = parrot(env={"WHO": "other"})


class Stage:
    """A crew of parrots."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        self.programs, self.folder = programs, folder
        self.executable = PYTHON
        self.crew = self.with_rules(RULES)

    def with_rules(self, rules: CrewRules) -> Crew:
        self.crew = self.programs.crew("parrots", rules, lambda: self.executable)
        return self.crew

    @property
    def figures(self) -> CrewFigures:
        return self.crew.figures()

    def left(self) -> list[Path]:
        """Folders of processes."""
        return [each for each in self.folder.rglob("*") if (each / "work").is_dir()]

    async def quiet(self) -> None:
        """Nobody works, and nobody is being ended."""
        await until(lambda: self.figures.busy == 0)


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setattr(crew_module, "REFILL_AFTER_S", 0.01)
    # Parrots start at once, and one that has nothing to say would hold up the next.
    monkeypatch.setattr("isthmus.transport.programs.START_TAKES_S", 0.02)
    async with Programs(tmp_path) as programs:
        made = Stage(programs, tmp_path)
        yield made
    assert alive(tmp_path) == []
    assert made.left() == []
    assert (made.figures.idle, made.figures.busy, made.figures.waiting) == (0, 0, 0)


async def say(loan: Loan, word: str = "here") -> str:
    loan.running.write(line(["say", word]))
    said = (await loan.running.read()).decode().strip()
    assert said, loan.running.last_words()
    return said


async def test_who_asks_gets_a_process_and_gives_it_back(stage: Stage) -> None:
    loan = await stage.crew.borrow(parrot(), "me")
    assert await say(loan) == "here"
    assert (loan.is_kept, stage.figures.busy, stage.figures.started) == (False, 1, 1)
    loan.end()
    loan.end()
    await stage.quiet()
    assert stage.left() == []
    assert stage.figures == CrewFigures(0, 0, 0, 1, 0)


async def test_a_kept_one_goes_on_for_its_owner_alone(stage: Stage) -> None:
    first = await stage.crew.borrow(parrot(), "me")
    pid = first.running.pid
    first.keep("talk")
    assert stage.figures.idle == 1
    for owner, name in (("you", "talk"), ("", "talk"), ("me", "other")):
        loan = await stage.crew.borrow(parrot(), owner, name)
        assert (loan.is_kept, loan.running.pid == pid) == (False, False)
        loan.end()
    again = await stage.crew.borrow(parrot(), "me", "talk")
    assert (again.is_kept, again.running.pid) == (True, pid)
    assert await say(again) == "here"
    # It is at work: nobody else can continue.
    other = await stage.crew.borrow(parrot(), "me", "talk")
    assert not other.is_kept
    again.end()
    other.end()


async def test_one_that_was_spoken_with_is_never_lent_as_new(stage: Stage) -> None:
    crew = stage.with_rules(replace(RULES, max_processes=1))
    pids = set()
    for owner in ("me", "you", "them"):
        loan = await crew.borrow(parrot(), owner)
        pids.add(loan.running.pid)
        loan.keep("talk")
    assert len(pids) == 3


async def test_a_kept_one_must_run_the_same_program(stage: Stage) -> None:
    loan = await stage.crew.borrow(parrot(), "me")
    loan.keep("talk")
    other = await stage.crew.borrow(OTHER, "me", "talk")
    assert not other.is_kept
    other.end()
    assert stage.figures.idle == 0


async def test_files_are_no_other_program_to_one_that_is_kept(stage: Stage) -> None:
    loan = await stage.crew.borrow(parrot(), "me")
    loan.keep("talk")
    again = await stage.crew.borrow(replace(parrot(), files={"past": b"{}"}, is_usual=False), "me", "talk")
    assert again.is_kept
    again.end()


async def test_of_one_name_the_latest_is_kept(stage: Stage) -> None:
    loans = [await stage.crew.borrow(parrot(), "me") for _ in range(2)]
    for loan in loans:
        loan.keep("talk")
    await stage.quiet()
    assert stage.figures.idle == 1
    again = await stage.crew.borrow(parrot(), "me", "talk")
    assert again.running is loans[1].running
    again.end()


@pytest.mark.parametrize("rules", [{"max_idle_s": 0.05}, {"max_lifetime_s": 0.3}])
async def test_nobody_is_kept_for_ever(stage: Stage, rules: dict[str, float]) -> None:
    crew = stage.with_rules(replace(RULES, **rules))  # type: ignore[arg-type]
    loan = await crew.borrow(parrot(), "me")
    loan.keep("talk")
    await until(lambda: stage.figures.idle + stage.figures.busy == 0)
    again = await crew.borrow(parrot(), "me", "talk")
    assert not again.is_kept
    again.end()
    assert stage.figures.died == 0


async def test_being_of_use_does_not_make_anybody_older_than_may_be(stage: Stage) -> None:
    crew = stage.with_rules(replace(RULES, max_lifetime_s=0.3))
    first = await crew.borrow(parrot(), "me")
    pid = first.running.pid
    first.keep("talk")

    async with asyncio.timeout(10):
        while (again := await crew.borrow(parrot(), "me", "talk")).running.pid == pid:
            again.keep("talk")
            await asyncio.sleep(0.01)
    assert not again.is_kept
    again.end()
    await stage.quiet()
    assert not is_running(pid)


async def test_who_is_at_work_is_not_cut_off_by_its_age(stage: Stage) -> None:
    crew = stage.with_rules(replace(RULES, max_idle_s=0.05, max_lifetime_s=0.05))
    loan = await crew.borrow(parrot(), "me")
    await asyncio.sleep(0.2)
    assert await say(loan) == "here"
    loan.keep("talk")
    await stage.quiet()
    assert (stage.figures.idle, stage.figures.died) == (0, 0)


@pytest.mark.parametrize("rules", [{"max_idle_s": 0.0}, {"max_lifetime_s": 0.0}])
async def test_where_nothing_may_wait_nothing_is_kept(stage: Stage, rules: dict[str, float]) -> None:
    crew = stage.with_rules(replace(RULES, **rules))  # type: ignore[arg-type]
    loan = await crew.borrow(parrot(), "me")
    loan.keep("talk")
    assert stage.figures.idle == 0
    await stage.quiet()


async def test_spares_are_started_behind_the_first_request(stage: Stage) -> None:
    crew = stage.with_rules(replace(RULES, size=2, max_processes=5))
    loan = await crew.borrow(parrot(), "me")
    await until(lambda: stage.figures.idle == 2)
    spares = {worker.running.pid for worker in crew._roll.spares() if worker.running is not None}
    loan.end()
    second = await crew.borrow(parrot(), "you")
    assert second.running.pid in spares
    assert not second.is_kept
    await until(lambda: stage.figures.idle == 2)
    third = await crew.borrow(OTHER, "you")
    assert third.running.pid not in spares
    await until(lambda: {worker.program for worker in crew._roll.spares()} == {parrot(), OTHER})
    second.end()
    third.end()


async def test_spares_that_are_expected_are_there_before_anybody_asks(stage: Stage) -> None:
    crew = stage.with_rules(replace(RULES, size=1, max_lifetime_s=0.5))
    crew.expect(parrot())
    await until(lambda: stage.figures.idle == 1)
    await until(lambda: stage.figures.started >= 2)
    assert stage.figures.died == 0


async def test_a_spare_that_nobody_asks_for_any_more_ends_and_an_expected_one_stays(stage: Stage) -> None:
    crew = stage.with_rules(replace(RULES, size=2, max_idle_s=1.5))
    crew.expect(parrot())
    (await crew.borrow(OTHER, "me")).end()
    await until(lambda: {worker.program for worker in crew._roll.spares()} == {parrot(), OTHER})
    (stays,) = (worker for worker in crew._roll.spares() if worker.program == parrot())
    await until(lambda: all(worker.program == parrot() for worker in crew._roll.spares()))
    assert stays in crew._roll.spares()
    assert stage.figures.died == 0


async def test_a_spare_that_dies_is_replaced_but_not_in_a_storm(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isthmus.transport.spares.FIRST_WAIT_S", 0.05)
    crew = stage.with_rules(replace(RULES, size=1))
    crew.expect(parrot())
    await until(lambda: stage.figures.idle == 1)
    (spare,) = crew._roll.spares()
    assert spare.running is not None
    os.kill(spare.running.pid, signal.SIGKILL)
    await until(lambda: stage.figures.died == 1)
    await until(lambda: stage.figures.idle == 1)
    # One that cannot live at all.
    crew.expect(parrot("fall"))
    await asyncio.sleep(1.0)
    assert stage.figures.started < 10


async def test_what_cannot_be_started_is_told_and_takes_no_place(stage: Stage) -> None:
    crew = stage.with_rules(replace(RULES, max_processes=1, size=1))
    stage.executable = Path("/nowhere/claude")
    for _ in range(3):
        with pytest.raises(UpstreamError, match="cannot be started"):
            await crew.borrow(parrot(), "me")
    stage.executable = PYTHON
    loan = await crew.borrow(parrot(), "me")
    assert await say(loan) == "here"
    loan.end()


async def test_who_finds_no_place_waits_in_line(stage: Stage) -> None:
    crew = stage.with_rules(replace(RULES, max_processes=1))
    order: list[int] = []

    async def turn(at: int) -> None:
        loan = await crew.borrow(parrot(), "me")
        assert stage.figures.busy == 1
        order.append(at)
        loan.end()

    first = await crew.borrow(parrot(), "me")
    tasks = []
    for at in range(4):
        tasks.append(asyncio.create_task(turn(at)))
        await asyncio.sleep(0)
    assert stage.figures.waiting == 4
    first.end()
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3]


async def test_who_waits_too_long_is_told_to_come_again(stage: Stage) -> None:
    crew = stage.with_rules(replace(RULES, max_processes=1, queue_timeout_s=0.05))
    loan = await crew.borrow(parrot(), "me")
    with pytest.raises(GatewayError, match="all 1 processes") as caught:
        await crew.borrow(parrot(), "me")
    assert caught.value.kind is Kind.RATE_LIMIT
    assert caught.value.retry_after_s
    # No account is at fault.
    assert not isinstance(caught.value, UpstreamError)
    assert stage.figures.waiting == 0
    loan.end()


async def test_the_one_that_has_been_idle_for_longest_makes_way(stage: Stage) -> None:
    crew = stage.with_rules(replace(RULES, max_processes=2))
    loans = [await crew.borrow(parrot(), "me") for _ in range(2)]
    loans[1].keep("younger, but idle for longer")
    loans[0].keep("older")
    loan = await crew.borrow(OTHER, "you")
    assert (await crew.borrow(parrot(), "me", "older")).is_kept
    loan.end()


async def test_who_gives_up_waiting_leaves_the_line_to_others(stage: Stage) -> None:
    crew = stage.with_rules(replace(RULES, max_processes=1))
    loan = await crew.borrow(parrot(), "me")
    gone, stays = (asyncio.create_task(crew.borrow(parrot(), "me")) for _ in range(2))
    await asyncio.sleep(0.01)
    gone.cancel()
    loan.end()
    (await stays).end()
    assert gone.cancelled() or gone.cancelling()


async def test_who_leaves_at_any_moment_takes_no_place_along(stage: Stage) -> None:
    crew = stage.with_rules(replace(RULES, max_processes=2, size=1))
    chance = random.Random(4)

    async def turn() -> None:
        loan = await crew.borrow(chance.choice((parrot(), OTHER)), "me", "talk")
        try:
            await say(loan)
        finally:
            chance.choice((loan.end, lambda: loan.keep("talk")))()

    for _ in range(40):
        tasks = [asyncio.create_task(turn()) for _ in range(3)]
        await asyncio.sleep(chance.random() * 0.05)
        for task in tasks:
            if chance.random() < 0.7:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert crew._roll.total <= 2
    await stage.quiet()
    loans = [await asyncio.wait_for(crew.borrow(parrot(), "me"), 10) for _ in range(2)]
    for loan in loans:
        loan.end()


@pytest.mark.slow
async def test_a_hundred_that_are_killed_leave_nothing_behind(stage: Stage) -> None:
    crew = stage.with_rules(replace(RULES, max_processes=2, size=1))
    (await crew.borrow(parrot(), "me")).end()
    await until(lambda: (stage.figures.idle, stage.figures.busy) == (1, 0))
    files = open_files()
    for at in range(100):
        loan = await crew.borrow(parrot(), "me")
        match at % 3:
            case 0:
                os.kill(loan.running.pid, signal.SIGKILL)
            case 1:
                loan.running.write(line(["say", "half"], ["fall"]))
            case _:
                await say(loan)
                os.kill(loan.running.pid, signal.SIGKILL)
        async with asyncio.timeout(10):
            while await loan.running.read():
                pass
        pid = loan.running.pid
        loan.end()
        assert not is_running(pid)
    await until(lambda: (stage.figures.idle, stage.figures.busy) == (1, 0))
    assert stage.figures.died == 100
    assert len(alive_in(stage)) == 1
    assert len(stage.left()) == 1
    assert open_files() <= files
    assert len(asyncio.all_tasks()) <= 3


def alive_in(stage: Stage) -> list[int]:
    return [pid for folder in stage.left() for pid in alive(folder)]


async def test_who_waits_when_the_gateway_ends_is_told(stage: Stage) -> None:
    crew = stage.with_rules(replace(RULES, max_processes=1))
    await crew.borrow(parrot(), "me")
    waiting = asyncio.create_task(crew.borrow(parrot(), "me"))
    await asyncio.sleep(0.01)
    await crew.close(5)
    for late in (waiting, crew.borrow(parrot(), "me")):
        with pytest.raises(GatewayError, match="shutting down"):
            await late
    assert crew._roll.total == 0


async def test_with_fewer_spares_wanted_the_others_go(stage: Stage) -> None:
    crew = stage.with_rules(replace(RULES, size=3))
    crew.expect(parrot())
    await until(lambda: stage.figures.idle == 3)
    stage.with_rules(replace(RULES, size=1))
    await until(lambda: (stage.figures.idle, stage.figures.busy) == (1, 0))


async def test_new_rules_hold_from_now_on(stage: Stage) -> None:
    loans = [await stage.crew.borrow(parrot(), "me") for _ in range(3)]
    for at, loan in enumerate(loans):
        loan.keep(f"talk {at}")
    assert stage.with_rules(replace(RULES, max_processes=1)) is stage.crew
    await stage.quiet()
    assert stage.figures.idle == 1
    assert (await stage.crew.borrow(parrot(), "me", "talk 2")).is_kept
