"""A process counts from its place on the roll until nothing is left of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from isthmus.core.programs import Program
from isthmus.transport.program_folder import GatewayFolder
from isthmus.transport.roll import Roll, is_alive
from isthmus.transport.spawning import spawn
from isthmus.transport.workers import Worker
from parrots import PYTHON, alive, line, parrot, until


class Stage:
    def __init__(self, folder: Path) -> None:
        self.home = GatewayFolder.open(folder)
        self.changes = 0
        self.roll = Roll(self.changed)

    def changed(self) -> None:
        self.changes += 1

    async def worker(self, *first: str) -> Worker:
        worker = Worker(parrot(*first))
        worker.running = await spawn(PYTHON, worker.program, self.home)
        self.roll.work(worker)
        return worker


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path)
    yield made
    await made.roll.end_all(10)
    assert made.roll.total == 0
    assert alive(made.home.path) == []


async def test_one_that_rests_long_enough_ends(stage: Stage) -> None:
    worker = await stage.worker()
    stage.roll.rest(worker, 0.05)
    assert stage.roll.spares() == [worker]
    await until(lambda: stage.roll.total == 0)
    assert stage.changes == 2


async def test_one_that_works_again_does_not(stage: Stage) -> None:
    worker = await stage.worker()
    stage.roll.rest(worker, 0.05)
    stage.roll.work(worker)
    await asyncio.sleep(0.1)
    assert stage.roll.busy == {worker}
    assert is_alive(worker)


async def test_the_kept_are_found_by_owner_and_name(stage: Stage) -> None:
    worker = await stage.worker()
    worker.kept_for = ("me", "talk")
    stage.roll.rest(worker, 60)
    assert stage.roll.kept("me", "talk") is worker
    assert stage.roll.kept("you", "talk") is None
    assert stage.roll.kept("me", "other") is None
    assert stage.roll.spares() == []


async def test_one_that_ends_has_its_place_until_it_has_gone(stage: Stage) -> None:
    worker = await stage.worker("ignore_end")
    assert worker.running is not None
    worker.running.write(line(["say", "deaf"]))
    await worker.running.read()
    stage.roll.dismiss(worker)
    stage.roll.dismiss(worker)
    await asyncio.sleep(0.1)
    assert (stage.roll.total, len(stage.roll.ending)) == (1, 1)
    await until(lambda: stage.roll.total == 0)
    stage.roll.dismiss(worker)
    assert stage.changes == 1


async def test_the_dead_do_not_rest(stage: Stage) -> None:
    worker = await stage.worker()
    assert worker.running is not None
    worker.running.write(line(["fall"]))
    assert await worker.running.read() == b""
    stage.roll.rest(worker, 60)
    assert not stage.roll.idle
    assert not is_alive(Worker(Program(())))


async def test_waiting_for_the_end_has_an_end(stage: Stage) -> None:
    stage.roll.starting = 1
    await asyncio.wait_for(stage.roll.end_all(0.05), 5)
    stage.roll.starting = 0
