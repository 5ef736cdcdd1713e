"""The real Claude Code CLI as a process of ours, on a simulated Messages API: it is there in time, and gone when it is to be."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import judges
import outside
from isthmus.core.commands import Talk
from isthmus.core.compose import Composer
from isthmus.core.errors import UpstreamProtocolError
from isthmus.core.events import Event, Failed, Stop, TextDelta
from isthmus.core.programs import Program
from isthmus.core.secret import Secret
from isthmus.transport.crew import Crew
from isthmus.transport.programs import Programs
from isthmus.transport.talking import Talking
from isthmus.transport.workers import CrewRules
from parrots import alive, is_running, open_files, until
from simulators.anthropic_api import AnthropicApi

ARGUMENTS = (
    *("-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"),
    *("--include-partial-messages", "--bare", "--tools", "", "--strict-mcp-config", "--setting-sources", ""),
    *("--no-session-persistence", "--disable-slash-commands", "--model", "claude-sonnet-5-5"),
)
ENVIRONMENT = {
    "CLAUDE_CODE_MAX_RETRIES": "0",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_AUTOUPDATER": "1",
    "HTTPS_PROXY": outside.NOBODY_LISTENS,
    "HTTP_PROXY": outside.NOBODY_LISTENS,
    "NO_PROXY": "127.0.0.1",
}
SLOW = "[[sim: long 400]] [[sim: slow 0.1]]"


def claude(api: AnthropicApi) -> Program:
    own = {**ENVIRONMENT, "ANTHROPIC_BASE_URL": api.base_url, "ANTHROPIC_API_KEY": Secret(api.key)}
    return Program(ARGUMENTS, own, own_folders=("CLAUDE_CONFIG_DIR", "CLAUDE_CODE_TMPDIR"))


class Line:
    """Says one thing and hears what comes of it, until the `result`."""

    def __init__(self, words: str) -> None:
        self._words = words
        self._composer = Composer()
        self._rest = b""
        self.ended = False
        self.keep_as: str | None = None

    def opening(self) -> bytes:
        message = {"role": "user", "content": self._words}
        return json.dumps({"type": "user", "message": message, "client_composed": True}).encode() + b"\n"

    def take(self) -> bytes:
        return b""

    def feed(self, chunk: bytes) -> list[Event]:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._hear(json.loads(line))
        return self._composer.take()

    def close(self) -> list[Event]:
        self._composer.fail(UpstreamProtocolError("it ended early"))
        return self._composer.take()

    def _hear(self, line: dict[str, Any]) -> None:
        match line:
            case {"type": "stream_event", "event": {"delta": {"type": "text_delta", "text": str(text)}}}:
                self._composer.text(text)
            case {"type": "result"}:
                assert not line["is_error"], line
                self._composer.stop(Stop.END_TURN)
                self._composer.finish()
                self.ended, self.keep_as = True, "talk"
            case _:
                pass


def says(api: AnthropicApi, words: str, *, continues: str | None = None) -> Talk:
    return Talk(claude(api), lambda kept: Line(words), continues=continues)


async def heard(turn: Talking) -> str:
    """What it said. Raises its failure."""
    events: list[Event] = []
    while chunk := await turn.read():
        events += turn.decoder.feed(chunk)
    for event in (*events, *turn.decoder.close()):
        if isinstance(event, Failed):
            raise event.error
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@pytest.fixture
async def api() -> AsyncIterator[AnthropicApi]:
    async with AnthropicApi() as opened:
        yield opened


@pytest.fixture
async def crew(tmp_path: Path) -> AsyncIterator[Crew]:
    async with Programs(tmp_path) as programs:
        yield programs.crew("claude", CrewRules(max_processes=3), judges.claude_cli)
    assert alive(tmp_path) == []
    assert folders(tmp_path) == []


def folders(below: Path) -> list[Path]:
    return [each for each in below.rglob("*") if (each / "work").is_dir()]


async def test_it_answers_and_leaves_nothing(crew: Crew, api: AnthropicApi, tmp_path: Path) -> None:
    turn = await Talking.begin(crew, says(api, "[[sim: text]] hello"), "me")
    assert await heard(turn)
    turn.close()
    await until(lambda: crew.figures().busy == 0)
    assert folders(tmp_path) == []
    assert crew.figures().died == 0


async def test_it_goes_on_where_it_was(crew: Crew, api: AnthropicApi) -> None:
    for at in range(3):
        turn = await Talking.begin(crew, says(api, f"turn {at}", continues="talk"), "me")
        assert await heard(turn)
        turn.retire()
    assert crew.figures().started == 1
    asked = [each.json for each in api.requests if each.path == "/v1/messages"]
    assert [sum(each["role"] == "user" for each in body["messages"]) for body in asked] == [1, 2, 3]


async def test_a_spare_takes_over(crew: Crew, api: AnthropicApi) -> None:
    crew.rules = replace(crew.rules, size=1)
    crew.expect(claude(api))
    await until(lambda: crew.figures().idle == 1, 30)
    (spare,) = crew._roll.spares()
    turn = await Talking.begin(crew, says(api, "hello"), "me")
    assert turn._loan.running is spare.running
    assert await heard(turn)
    turn.close()


async def test_a_client_that_leaves_ends_the_request_behind_it(crew: Crew, api: AnthropicApi) -> None:
    turn = await Talking.begin(crew, says(api, SLOW), "me")
    await until(lambda: api.open_answers == 1, 30)
    pid = turn._loan.running.pid
    turn.close()
    await until(lambda: api.open_answers == 0 and not is_running(pid))
    await until(lambda: crew.figures().busy == 0)


@pytest.mark.parametrize("moment", ["before", "during", "after"])
async def test_killed_at_any_moment_it_is_an_honest_failure(
    crew: Crew, api: AnthropicApi, moment: str
) -> None:
    turn = await Talking.begin(crew, says(api, SLOW), "me")
    if moment == "before":
        os.kill(turn._loan.running.pid, signal.SIGKILL)
    elif moment == "during":
        await until(lambda: api.open_answers == 1, 30)
        os.kill(turn._loan.running.pid, signal.SIGKILL)
    else:
        await turn.read()
        asyncio.get_running_loop().call_later(1.0, os.kill, turn._loan.running.pid, signal.SIGKILL)
    with pytest.raises(UpstreamProtocolError):
        await heard(turn)
    turn.close()
    await until(lambda: crew.figures().busy == 0)
    # The place is free, and the next one has a whole answer.
    again = await Talking.begin(crew, says(api, "hello"), "me")
    assert await heard(again)
    again.close()


async def test_a_hundred_killed_in_a_row_leave_nothing(crew: Crew, api: AnthropicApi, tmp_path: Path) -> None:
    turn = await Talking.begin(crew, says(api, "hello"), "me")
    await heard(turn)
    turn.close()
    await until(lambda: crew.figures().busy == 0)
    files = open_files()
    for at in range(100):
        turn = await Talking.begin(crew, says(api, SLOW), "me")
        await asyncio.sleep(at % 12 * 0.06)
        os.kill(turn._loan.running.pid, signal.SIGKILL)
        with pytest.raises(UpstreamProtocolError):
            await heard(turn)
        turn.close()
    await until(lambda: crew.figures().busy == 0)
    await until(lambda: api.open_answers == 0)
    assert folders(tmp_path) == []
    assert alive(tmp_path) == []
    await until(lambda: open_files() <= files + 2)  # connections of the simulator may linger


GATEWAY = """
import asyncio, json, sys
from pathlib import Path
import judges
from clients.test_claude_processes import ARGUMENTS, ENVIRONMENT, Line
from isthmus.core.programs import Program
from isthmus.transport.programs import Programs
from isthmus.transport.workers import CrewRules

async def main():
    crew = Programs(Path(sys.argv[1])).crew("claude", CrewRules(), judges.claude_cli)
    own = {**ENVIRONMENT, "ANTHROPIC_BASE_URL": sys.argv[2], "ANTHROPIC_API_KEY": sys.argv[3]}
    program = Program(ARGUMENTS, own, own_folders=("CLAUDE_CONFIG_DIR",))
    idle, busy = [await crew.borrow(program, "me") for _ in range(2)]
    busy.running.write(Line("[[sim: long 60]] [[sim: slow 0.1]]").opening())
    print(idle.running.pid, busy.running.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_it_ends_when_its_gateway_is_killed(api: AnthropicApi, tmp_path: Path) -> None:
    judges.claude_cli()
    killed = gateway(tmp_path, api)
    with killed:
        assert killed.stdout is not None
        idle, busy = map(int, (await asyncio.to_thread(killed.stdout.readline)).split())
        await until(lambda: api.open_answers == 1, 30)
        killed.send_signal(signal.SIGKILL)
    await until(lambda: not is_running(idle), 30)
    await until(lambda: not is_running(busy), 60)


def gateway(folder: Path, api: AnthropicApi) -> subprocess.Popen[str]:
    tests = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-c", GATEWAY, str(folder), api.base_url, api.key]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env={"PYTHONPATH": str(tests)}, text=True)
