"""One turn with a process: who is told what, and what becomes of the process."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from isthmus.core.commands import Talk
from isthmus.core.errors import UpstreamError
from isthmus.core.events import Event, Failed, Finished, TextDelta
from isthmus.transport import talking
from isthmus.transport.crew import Crew
from isthmus.transport.programs import Programs
from isthmus.transport.talking import Talking
from isthmus.transport.workers import CrewRules
from parrots import PYTHON, SPEAKS, Words, parrot, talk, until


@pytest.fixture
async def crew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Crew]:
    monkeypatch.setattr("isthmus.transport.programs.START_TAKES_S", 0.02)
    async with Programs(tmp_path) as programs:
        yield programs.crew("parrots", CrewRules(), lambda: PYTHON)


async def heard(turn: Talking) -> list[Event]:
    """The whole answer."""
    events: list[Event] = []
    while chunk := await turn.read():
        events += turn.decoder.feed(chunk)
    return events + turn.decoder.close()


def text(events: list[Event]) -> str:
    return "".join(each.text for each in events if isinstance(each, TextDelta))


async def test_a_turn_is_told_and_its_process_ends(crew: Crew) -> None:
    turn = await Talking.begin(crew, talk(), "me")
    events = await heard(turn)
    assert text(events) == "hello"
    assert isinstance(events[-1], Finished)
    turn.retire()
    turn.close()
    await until(lambda: crew.figures().busy + crew.figures().idle == 0)


async def test_what_the_program_asks_is_answered(crew: Crew) -> None:
    turn = await Talking.begin(crew, talk(["say", "begin"], ["ask", "ask"], ["say", "end"]), "me")
    assert text(await heard(turn)) == "askreply"
    turn.close()


async def test_a_kept_process_goes_on_without_being_told_again(crew: Crew) -> None:
    turn = await Talking.begin(crew, talk(keep_as="after one"), "me")
    await heard(turn)
    turn.retire()
    assert crew.figures().idle == 1
    again = await Talking.begin(crew, talk(continues="after one", keep_as="after two"), "me")
    assert isinstance(again.dialogue, Words)
    assert again.dialogue.is_kept
    assert text(await heard(again)) == "hello"
    again.retire()
    assert (crew.figures().idle, crew.figures().started) == (1, 1)


async def test_a_kept_process_that_dies_as_it_is_asked_is_replaced(crew: Crew) -> None:
    turn = await Talking.begin(crew, talk(keep_as="one"), "me")
    await heard(turn)
    turn.retire()
    pid = turn._loan.running.pid
    os.kill(pid, signal.SIGSTOP)
    again = await Talking.begin(crew, talk(continues="one"), "me")
    assert again._loan.is_kept
    os.kill(pid, signal.SIGKILL)
    assert text(await heard(again)) == "hello"
    assert isinstance(again.dialogue, Words)
    assert not again.dialogue.is_kept
    again.close()
    assert crew.figures().started == 2


@pytest.mark.parametrize("before", [(), (["say", "begin"], ["say", "half"])])
async def test_one_that_dies_is_not_tried_again(crew: Crew, before: tuple[list[str], ...]) -> None:
    turn = await Talking.begin(crew, talk(*before, ["complain", "no memory"], ["leave", 7]), "me")
    failed = (await heard(turn))[-1]
    assert isinstance(failed, Failed)
    turn.explain(failed.error)
    turn.close()
    assert failed.error.detail == "exit code 7; stderr: no memory"
    assert crew.figures().started == 1
    other = UpstreamError("no", detail="known")
    turn.explain(other)
    assert other.detail.startswith("known (")


async def test_a_process_may_need_a_moment_behind_its_answer(crew: Crew) -> None:
    turn = await Talking.begin(crew, talk(*SPEAKS[:2], ["ask", "ask"], ["say", "end"], keep_as="one"), "me")
    while b"ask" not in await turn.read():
        pass
    turn.decoder.feed(b"ask\n")
    turn.retire()
    assert crew.figures().idle == 0
    await until(lambda: crew.figures().idle == 1)


async def test_but_not_for_ever(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talking, "LINGER_S", 0.05)
    turn = await Talking.begin(crew, talk(["say", "begin"], ["hang"], keep_as="one"), "me")
    await turn.read()
    turn.retire()
    await until(lambda: crew.figures().busy == 0)
    assert crew.figures().idle == 0


async def test_a_dialogue_that_cannot_begin_gives_the_process_back(crew: Crew) -> None:
    def broken(kept: bool) -> Words:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Talking.begin(crew, Talk(parrot(), broken), "me")
    await until(lambda: crew.figures().busy == 0)


async def test_cancelled_it_leaves_nothing_when_it_is_closed(crew: Crew) -> None:
    turn = await Talking.begin(crew, talk(["hang"]), "me")
    reading = asyncio.create_task(turn.read())
    await asyncio.sleep(0.05)
    reading.cancel()
    turn.close()
    await until(lambda: crew.figures().busy == 0)
    assert crew.figures().died == 0
