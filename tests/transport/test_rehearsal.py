"""An exchange that only talks is performed to its end, and learns what came of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from isthmus.core.commands import Exchange, Pause, Talk
from isthmus.core.errors import Kind, UpstreamError
from isthmus.transport import rehearsal
from isthmus.transport.crew import Crew
from isthmus.transport.programs import Programs
from isthmus.transport.rehearsal import rehearse
from isthmus.transport.workers import CrewRules
from parrots import PYTHON, SPEAKS, Words, parrot, talk, until


@pytest.fixture
async def crew(tmp_path: Path) -> AsyncIterator[Crew]:
    async with Programs(tmp_path) as programs:
        made = programs.crew("parrots", CrewRules(), lambda: PYTHON)
        yield made
        await until(lambda: made.figures().busy + made.figures().idle == 0)


async def test_the_dialogue_has_heard_everything_when_the_exchange_goes_on(crew: Crew) -> None:
    dialogue = Words(SPEAKS, "name", is_kept=False)
    learned: list[bool] = []

    def exchange() -> Exchange:
        yield Talk(parrot(), lambda kept: dialogue)
        learned.append(dialogue.ended)

    await rehearse(exchange(), crew)
    assert learned == [True]


@pytest.mark.parametrize("things", [(["leave", 3],), (["say", "begin"], ["say", "oops"])])
async def test_a_failure_goes_back_into_the_exchange(crew: Crew, things: tuple[list[object], ...]) -> None:
    caught: list[UpstreamError] = []

    def exchange() -> Exchange:
        try:
            yield talk(*things)
        except UpstreamError as error:
            caught.append(error)
            yield talk()

    await rehearse(exchange(), crew)
    assert len(caught) == 1
    with pytest.raises(UpstreamError):
        await rehearse((each for each in [talk(*things)]), crew)  # type: ignore[arg-type]


async def test_it_does_not_take_for_ever(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "WITHIN_S", 0.3)

    def exchange() -> Exchange:
        yield talk(["hang"])

    with pytest.raises(UpstreamError, match="did not answer within") as caught:
        await rehearse(exchange(), crew)
    assert caught.value.kind is Kind.TIMEOUT


async def test_nothing_but_talk_is_performed(crew: Crew) -> None:
    def exchange() -> Exchange:
        yield Pause(1.0)

    with pytest.raises(AssertionError, match="Pause has no place"):
        await rehearse(exchange(), crew)
