"""A child process starts in a world of its own, and ends with all it has started."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
import uvloop
from structlog.testing import capture_logs

from isthmus.core.errors import UpstreamError
from isthmus.core.programs import Excerpt, Program, file_argument
from isthmus.core.secret import Secret
from isthmus.transport.program_folder import GatewayFolder, ProcessFolder
from isthmus.transport.spawning import Running, environment_of, spawn
from parrots import PYTHON, alive, is_running, line, open_files, parrot, until

SHELL: Final = Path("/bin/sh")
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
def home(tmp_path: Path) -> GatewayFolder:
    return GatewayFolder.open(tmp_path)


@pytest.fixture
async def running(home: GatewayFolder) -> AsyncIterator[Running]:
    started = await spawn(PYTHON, parrot(), home)
    yield started
    await started.end()


def left(home: GatewayFolder) -> list[str]:
    """What processes have left behind."""
    return [each.name for each in home.path.iterdir() if each.name != "lock"]


async def word(running: Running) -> str:
    """What it says until it is silent at the end of a line."""
    said = b""
    while not said.endswith(b"\n"):
        chunk = await running.read()
        assert chunk, running.last_words()
        said += chunk
    return said.decode().strip()


async def test_it_hears_and_speaks(running: Running) -> None:
    running.write(line(["say", "one"]))
    assert await word(running) == "one"
    running.write(line(["ask", "two?"]))
    assert await word(running) == "two?"
    running.write(b"two\n")
    assert await word(running) == "two"
    assert running.is_alive


async def test_it_sees_its_own_folders_and_nothing_of_our_environment(
    home: GatewayFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "the operator's own")
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/certificates")
    program = parrot(env={"KEY": Secret("for it"), "MODE": "fast"}, own_folders=("CACHE_DIR",))
    running = await spawn(PYTHON, program, home)
    running.write(line(["tell_all"]))
    told = json.loads(await word(running))
    env, cwd = told["env"], Path(told["cwd"])
    assert env["KEY"] == "for it"
    assert env["MODE"] == "fast"
    assert env["SSL_CERT_FILE"] == "/etc/certificates"
    assert "ANTHROPIC_API_KEY" not in env
    assert set(env) <= {
        *("KEY", "MODE", "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"),
        *("HOME", "TMPDIR", "CACHE_DIR", "ISTHMUS_PROGRAM_FOLDER"),
    }
    places = [cwd, *(Path(env[name]) for name in ("HOME", "TMPDIR", "CACHE_DIR"))]
    assert len(set(places)) == 4
    for place in places:
        assert place.is_relative_to(home.path)
        assert list(place.iterdir()) == []
        assert place.stat().st_mode & 0o777 == 0o700
    await running.end()
    assert left(home) == []


def test_nothing_that_is_asked_for_moves_its_own_folders(tmp_path: Path) -> None:
    program = Program((), {"HOME": "/root", "CACHE_DIR": "/root", "PATH": "/opt"}, own_folders=("CACHE_DIR",))
    env = environment_of(program, ProcessFolder(tmp_path), {"PATH": "/bin", "TOKEN": "ours"})
    assert env["HOME"] == str(tmp_path / "home")
    assert env["CACHE_DIR"] == str(tmp_path / "own/CACHE_DIR")
    assert env["PATH"] == "/opt"
    assert "TOKEN" not in env


async def test_its_files_are_there_before_it_is(home: GatewayFolder) -> None:
    running = await spawn(PYTHON, parrot(files={"history": b"long ago"}), home)
    running.write(line(["read", file_argument("history")]))
    assert await word(running) == "long ago"
    await running.end()


@pytest.mark.parametrize("size", [100, 24 << 20])
async def test_long_lines_pass_both_ways(running: Running, size: int) -> None:
    running.write(line(["count"]) + b"x" * size + b"\n")
    assert await word(running) == str(size + 1)
    running.write(line(["flood", size], ["say", "!"]))
    assert len(await word(running)) == size // 65536 * 65536 + 1


async def test_a_line_without_an_end_is_a_failure(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isthmus.transport.pipes.MAX_LINE_BYTES", 1 << 20)
    running.write(line(["flood", 8 << 20]))
    with pytest.raises(UpstreamError, match="a line of more than 1 MiB"):
        await word(running)


async def test_one_that_is_not_read_has_to_wait(running: Running) -> None:
    running.write(line(["flood", 8 << 20], ["say", "!"]))
    await running.has_spoken(10)
    await asyncio.sleep(0.3)
    assert running._pipes._waiting_bytes < 4 << 20
    assert len(await word(running)) == (8 << 20) + 1


@pytest.mark.parametrize(
    ("last", "how"),
    [
        (["leave", 3], "exit code 3"),
        (["fall"], "ended by SIGKILL"),
    ],
)
async def test_its_end_is_told_and_so_are_its_last_words(
    home: GatewayFolder, last: list[str], how: str
) -> None:
    ended = asyncio.Event()
    running = await spawn(PYTHON, parrot(env={"KEY": Secret("s3cret-key")}), home, ended.set)
    running.write(line(["say", "one"], ["complain", "not s3cret-key!"], last))
    assert await word(running) == "one"
    assert await running.read() == b""
    assert ended.is_set()
    assert not running.is_alive
    assert running.last_words() == f"{how}; stderr: not ***!"
    await running.end()


async def test_of_many_complaints_the_last_are_told(running: Running) -> None:
    running.write(line(*(["complain", f"{at:06} {'x' * 90}"] for at in range(2000)), ["leave", 1]))
    assert await running.read() == b""
    assert len(running._pipes.stderr) <= 8192
    assert running.last_words().endswith("x" * 90)
    assert len(running.last_words()) < 600


@pytest.mark.parametrize("in_own_session", [False, True])
async def test_its_children_end_with_it(home: GatewayFolder, in_own_session: bool) -> None:
    running = await spawn(PYTHON, parrot(), home)
    running.write(line(["bear", in_own_session]))
    child = int(await word(running))
    assert is_running(child)
    await running.end()
    await until(lambda: not is_running(child))
    assert not is_running(running.pid)
    assert alive(home.path) == []


@pytest.mark.parametrize("in_own_session", [False, True])
async def test_a_child_that_holds_the_pipe_does_not_hold_the_end(
    home: GatewayFolder, in_own_session: bool
) -> None:
    running = await spawn(PYTHON, parrot(), home)
    running.write(line(["bear", in_own_session], ["fall"]))
    child = int(await word(running))
    async with asyncio.timeout(10):
        assert await running.read() == b""
    await running.end()
    await until(lambda: not is_running(child))


async def test_one_that_will_not_go_is_made_to(home: GatewayFolder) -> None:
    running = await spawn(PYTHON, parrot("ignore_end"), home)
    running.write(line(["say", "here"], ["hang"]))
    assert await word(running) == "here"
    async with asyncio.timeout(10):
        await running.end()
    assert running.last_words() == "ended by SIGKILL"
    assert left(home) == []


async def test_whoever_waits_for_its_end_may_be_cancelled(home: GatewayFolder) -> None:
    running = await spawn(PYTHON, parrot("ignore_end"), home)
    running.write(line(["say", "here"]))
    await word(running)
    waiting = asyncio.create_task(running.end())
    await asyncio.sleep(0.05)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await until(lambda: not is_running(running.pid))
    await running.end()


async def test_a_reader_is_released_when_it_ends(running: Running) -> None:
    reading = asyncio.create_task(running.read())
    await asyncio.sleep(0.05)
    await running.end()
    assert await reading == b""
    running.write(b"to nobody")


async def test_it_has_of_a_file_what_it_may_have(home: GatewayFolder, tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text('{"mcpServers": {"a": {"token": "one"}, "b": {"token": "two"}}}')
    servers = {"servers.json": Excerpt(str(file), "mcpServers", (("a",),))}
    program = Program(("-c", "cat ../files/servers.json; echo"), excerpts=servers)
    running = await spawn(SHELL, program, home)
    assert await word(running) == '{"mcpServers": {"a": {"token": "one"}}}'
    await running.end()
    file.unlink()
    with pytest.raises(UpstreamError) as caught:
        await spawn(SHELL, program, home)
    assert caught.value.detail == f"{file}: No such file or directory"
    assert str(file) not in caught.value.message
    assert left(home) == []


async def test_of_one_that_is_chatty_the_log_has_all_that_it_says(home: GatewayFolder) -> None:
    program = Program(
        ("-c", "echo one $KEY >&2; echo two >&2; echo; cat"), {"KEY": Secret("hush")}, is_chatty=True
    )
    with capture_logs() as logs:
        for each in (program, replace(program, is_chatty=False)):
            running = await spawn(SHELL, each, home)
            await word(running)
            await running.end()
    assert [line["said"] for line in logs if "said" in line] == ["one ***\ntwo\n"]


async def test_what_cannot_be_started_leaves_nothing(home: GatewayFolder, tmp_path: Path) -> None:
    before = open_files()
    with pytest.raises(UpstreamError, match="cannot be started") as caught:
        await spawn(tmp_path / "nowhere", parrot(), home)
    assert "nowhere: No such file" in caught.value.detail
    assert "nowhere" not in caught.value.message
    assert left(home) == []
    home.remove()
    with pytest.raises(UpstreamError, match="cannot be started"):
        await spawn(PYTHON, parrot(), home)
    assert open_files() <= before


async def test_a_start_that_is_cancelled_leaves_nothing(home: GatewayFolder) -> None:
    for after_s in (0.0, 0.001, 0.003, 0.01, 0.02):
        starting = asyncio.create_task(spawn(PYTHON, parrot(), home))
        await asyncio.sleep(after_s)
        if not starting.cancel():
            await (await starting).end()
        await asyncio.gather(starting, return_exceptions=True)
    await until(lambda: left(home) == [])
    assert [pid for pid in alive(home.path) if pid != os.getpid()] == []


async def test_nothing_is_left_open(home: GatewayFolder) -> None:
    async def live() -> None:
        running = await spawn(PYTHON, parrot(), home)
        running.write(line(["say", "one"]))
        await word(running)
        await running.end()

    await live()  # the first one makes the loop open what it keeps
    before = open_files()
    for _ in range(5):
        await live()
    await until(lambda: open_files() <= before)
