"""What a child process says, as the loop tells it; without a process."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from isthmus.core.errors import UpstreamProtocolError
from isthmus.transport import pipes as pipes_module
from isthmus.transport.pipes import MAX_WAITING_BYTES, Pipes

STDOUT, STDERR = 1, 2


class Pipe:
    """One end of a pipe, as a transport."""

    def __init__(self) -> None:
        self.written = b""
        self.is_paused = False
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False


class Child:
    """A child process, as a transport."""

    def __init__(self) -> None:
        self.pipes = {0: Pipe(), 1: Pipe()}
        self.is_closed = False

    def get_pipe_transport(self, fd: int) -> Pipe | None:
        return self.pipes.get(fd)

    def get_pid(self) -> int:
        return 17

    def get_returncode(self) -> int | None:
        return 0

    def close(self) -> None:
        self.is_closed = True


def connected() -> tuple[Pipes, Child, list[str]]:
    told: list[str] = []
    pipes, child = Pipes(lambda: told.append("ended")), Child()
    pipes.connection_made(cast("Any", child))
    return pipes, child, told


async def test_what_came_is_read_at_once() -> None:
    pipes, _, _ = connected()
    pipes.pipe_data_received(STDOUT, b"one\n")
    pipes.pipe_data_received(STDOUT, b"two\n")
    assert await pipes.read() == b"one\ntwo\n"
    assert pipes.has_spoken.is_set()


async def test_what_is_yet_to_come_is_waited_for() -> None:
    pipes, _, _ = connected()
    reading = asyncio.create_task(pipes.read())
    await asyncio.sleep(0)
    assert not reading.done()
    pipes.pipe_data_received(STDOUT, b"one")
    assert await reading == b"one"


async def test_the_end_comes_after_everything_that_was_said() -> None:
    pipes, _, _ = connected()
    pipes.pipe_data_received(STDOUT, b"last")
    pipes.pipe_connection_lost(STDOUT, None)
    assert [await pipes.read(), await pipes.read(), await pipes.read()] == [b"last", b"", b""]


async def test_the_end_of_a_process_is_told_once_and_ends_its_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipes_module, "EOF_WITHIN_S", 0.01)
    pipes, _, told = connected()
    pipes.process_exited()
    pipes.process_exited()
    assert told == ["ended"]
    assert await asyncio.wait_for(pipes.read(), 5) == b""


async def test_too_much_at_once_stops_the_program_until_it_is_read() -> None:
    pipes, child, _ = connected()
    pipes.pipe_data_received(STDOUT, b"x" * MAX_WAITING_BYTES)
    assert child.pipes[1].is_paused
    await pipes.read()
    assert not child.pipes[1].is_paused


async def test_a_line_may_come_in_pieces_but_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipes_module, "MAX_LINE_BYTES", 10)
    pipes, _, _ = connected()
    for piece in (b"x" * 10, b"\n" + b"x" * 6, b"\n\n12345", b"67890"):
        pipes.pipe_data_received(STDOUT, piece)
        assert await pipes.read() == piece
    pipes.pipe_data_received(STDOUT, b"!")
    with pytest.raises(UpstreamProtocolError):
        await pipes.read()


async def test_only_the_end_of_long_complaints_is_kept() -> None:
    pipes, _, _ = connected()
    for at in range(100):
        pipes.pipe_data_received(STDERR, f"{at:0200}".encode())
    assert len(pipes.stderr) == pipes_module.MAX_STDERR_BYTES
    assert pipes.stderr.endswith(b"099")
    assert not pipes.has_spoken.is_set()


async def test_nothing_is_written_to_closed_ears() -> None:
    pipes, child, _ = connected()
    pipes.write(b"one")
    child.pipes[0].is_closed = True
    pipes.write(b"two")
    assert child.pipes[0].written == b"one"
    del child.pipes[0]
    pipes.write(b"three")


async def test_before_it_runs_there_is_nothing_to_tell() -> None:
    pipes = Pipes(lambda: None)
    pipes.write(b"to nobody")
    assert (pipes.pid, pipes.exit_code) == (0, None)
    pipes.close()
    assert await pipes.read() == b""
