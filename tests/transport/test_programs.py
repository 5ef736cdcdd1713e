"""One gateway's processes as a whole: when they come, and what becomes of them when it ends in whatever way."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import uvloop

from isthmus.core.errors import UpstreamError
from isthmus.transport import programs as programs_module
from isthmus.transport.programs import Programs
from isthmus.transport.workers import CrewRules
from parrots import PYTHON, alive, is_running, line, parrot, until

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
TESTS = Path(__file__).resolve().parents[1]

GATEWAY = """
import asyncio, sys, uvloop
from pathlib import Path
from isthmus.transport.programs import Programs
from isthmus.transport.workers import CrewRules
from parrots import PYTHON, line, parrot

async def main():
    crew = Programs(Path(sys.argv[1])).crew("parrots", CrewRules(), lambda: PYTHON)
    idle, busy = [await crew.borrow(parrot(), "me") for _ in range(2)]
    busy.running.write(line(["bear", True]))
    child = int(await busy.running.read())
    print(idle.running.pid, busy.running.pid, child, flush=True)
    await asyncio.sleep(600)

(uvloop if sys.argv[2] == "uvloop" else asyncio).run(main())
"""


def gateway(folder: Path, loop: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", GATEWAY, str(folder), loop]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env={"PYTHONPATH": str(TESTS)}, text=True)


def inside(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_nothing_is_made_before_the_first_process(tmp_path: Path) -> None:
    async with Programs(tmp_path) as programs:
        crew = programs.crew("parrots", CrewRules(), lambda: PYTHON)
        assert inside(tmp_path) == []
        loan = await crew.borrow(parrot(), "me")
        assert len(inside(tmp_path)) == 1
        assert programs.crew("parrots", CrewRules(max_processes=2), lambda: PYTHON) is crew
        assert programs.crew("others", CrewRules(), lambda: PYTHON) is not crew
        assert {name: each.busy for name, each in programs.figures().items()} == {"parrots": 1, "others": 0}
        pid = loan.running.pid
    assert not is_running(pid)
    assert inside(tmp_path) == []


async def test_a_provider_that_is_no_more_keeps_nobody(tmp_path: Path) -> None:
    async with Programs(tmp_path) as programs:
        rules = CrewRules(size=1)
        crews = [programs.crew(name, rules, lambda: PYTHON) for name in ("stays", "goes")]
        loans = [await crew.borrow(parrot(), "me") for crew in crews for _ in range(2)]
        for crew in crews:
            crew.expect(parrot())
        for loan in loans[::2]:
            loan.keep("talk")
        await until(lambda: [crew.figures().idle for crew in crews] == [2, 2])
        programs.keep_only({"stays"})
        await until(lambda: [crew.figures().idle for crew in crews] == [2, 0])
        loans[3].running.write(line(["say", "still here"]))
        assert await loans[3].running.read() == b"still here\n"
        loans[3].keep("talk")
        await until(lambda: crews[1].figures().busy == 0)
        assert crews[1].figures().idle == 0
        assert programs.crew("goes", rules, lambda: PYTHON) is crews[1]
        (await crews[1].borrow(parrot(), "me")).keep("talk")
        assert crews[1].figures().idle == 1


async def test_where_there_is_no_folder_there_is_no_process(tmp_path: Path) -> None:
    async with Programs(tmp_path / "nowhere") as programs:
        crew = programs.crew("parrots", CrewRules(), lambda: PYTHON)
        with pytest.raises(UpstreamError, match="cannot be started") as caught:
            await crew.borrow(parrot(), "me")
    assert "there is no folder for it" in caught.value.detail


async def test_who_is_not_found_is_not_started(tmp_path: Path) -> None:
    def nowhere() -> Path:
        raise UpstreamError("it is not installed")

    async with Programs(tmp_path) as programs:
        with pytest.raises(UpstreamError, match="not installed"):
            await programs.crew("parrots", CrewRules(), nowhere).borrow(parrot(), "me")


async def test_they_start_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    monkeypatch.setattr(programs_module, "START_TAKES_S", 600.0)
    async with Programs(tmp_path) as programs:
        crew = programs.crew("parrots", CrewRules(), lambda: PYTHON)
        first = await crew.borrow(parrot(), "me")
        second = asyncio.create_task(crew.borrow(parrot(), "me"))
        await until(lambda: crew.figures().busy == 2)
        await asyncio.sleep(0.2)
        assert not second.done()
        first.running.write(line(["say", "I am here"]))
        await first.running.read()
        await asyncio.wait_for(second, 10)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
async def test_a_gateway_that_is_killed_takes_them_along(tmp_path: Path, loop: str) -> None:
    with gateway(tmp_path, loop) as killed:
        assert killed.stdout is not None
        idle, busy, child = map(int, (await asyncio.to_thread(killed.stdout.readline)).split())
        killed.send_signal(signal.SIGKILL)
    # They hear that nobody speaks any more. What they have left running is for the next gateway to find.
    await until(lambda: not is_running(idle) and not is_running(busy))
    assert is_running(child)
    async with Programs(tmp_path) as programs:
        loan = await programs.crew("parrots", CrewRules(), lambda: PYTHON).borrow(parrot(), "me")
        assert not is_running(child)
        assert len(inside(tmp_path)) == 1
        loan.end()
    assert inside(tmp_path) == []
    assert alive(tmp_path) == []
