"""The simulator, asked by the load client over loopback."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest

from bench.answers import plain_answer
from bench.client import BadAnswer, connections
from bench.upstream import EVENTS_PER_CHUNK, listen
from bench.workload import Behaviour, Burst, Dialect, Paced, Plain, Silent, Stamped, render_request


@pytest.fixture
async def port() -> AsyncIterator[int]:
    server = await listen()
    yield server.sockets[0].getsockname()[1]
    server.close()


def ask(dialect: Dialect, port: int, behaviour: Behaviour) -> bytes:
    return render_request(dialect, dialect.value, port, behaviour)


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("events", [1, EVENTS_PER_CHUNK, EVENTS_PER_CHUNK + 1, 1050])
async def test_a_burst_has_as_many_events_as_its_name_says(port: int, dialect: Dialect, events: int) -> None:
    async with connections(port, 1) as [connection]:
        for _ in range(2):  # the connection is kept
            await connection.ask(ask(dialect, port, Burst(events)), stream=True)
            assert connection.tokens == events


@pytest.mark.parametrize("dialect", Dialect)
async def test_a_plain_answer_is_whole(port: int, dialect: Dialect) -> None:
    async with connections(port, 1) as [connection]:
        await connection.ask(ask(dialect, port, Plain()), stream=False)
        assert connection.tokens == json.loads(plain_answer(dialect, "m").split(b"\r\n\r\n")[1])["usage"].get(
            "output_tokens" if dialect is Dialect.MESSAGES else "completion_tokens"
        )


@pytest.mark.parametrize("dialect", Dialect)
async def test_a_stamp_tells_the_upstreams_own_time_apart(port: int, dialect: Dialect) -> None:
    async with connections(port, 1) as [connection]:
        started = time.monotonic()
        outside_s = await connection.ask_stamped(ask(dialect, port, Stamped(200)))
        whole_s = time.monotonic() - started
    assert whole_s >= 0.19
    assert 0 < outside_s <= whole_s - 0.19


async def test_a_silent_stream_stays_open_after_one_event(port: int) -> None:
    async with connections(port, 1) as [connection]:
        await connection.open(ask(Dialect.CHAT, port, Silent()))
        await asyncio.sleep(0.05)
        assert connection.tokens == 1


async def test_a_paced_stream_goes_on_until_the_client_leaves(port: int) -> None:
    async with connections(port, 3) as opened:
        for connection in opened:
            await connection.open(ask(Dialect.MESSAGES, port, Paced()))
        deadline = time.monotonic() + 20
        while any(connection.tokens < 5 for connection in opened):
            assert time.monotonic() < deadline, "the streams stood still"
            await asyncio.sleep(0.01)


async def test_a_wrong_answer_is_not_counted(port: int) -> None:
    async with connections(port, 1) as [connection]:
        plain = ask(Dialect.CHAT, port, Plain())
        with pytest.raises(BadAnswer, match=r"status 404"):
            await connection.ask(plain.replace(b"/chat/", b"/talk/"), stream=False)
        with pytest.raises(BadAnswer, match=r"status 400.*cannot do that"):
            await connection.ask(plain.replace(b"bench-plain", b"bench-burst"), stream=False)
        with pytest.raises(BadAnswer, match=r"51 tokens of text were sent: status 200.* 50 text events"):
            await connection.ask(plain, stream=False, tokens=51)
        with pytest.raises(BadAnswer, match=r"status 200"):  # a stream without an end mark
            await connection.ask(plain, stream=True)
