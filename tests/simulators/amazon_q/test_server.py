"""Over a real connection: pieces, cuts, silence, and who left."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.simulators.amazon_q.answers import Cut, Pause
from isthmus.simulators.amazon_q.frames import CONTENT_TYPE
from isthmus.simulators.amazon_q.request import Request
from isthmus.simulators.amazon_q.server import cut_up
from isthmus.simulators.amazon_q.simulator import Simulator
from simulators.amazon_q.asking import bearer, chat, read_frames


@pytest.fixture
async def listening() -> AsyncIterator[tuple[Simulator, aiohttp.ClientSession]]:
    async with Simulator(["builder_id"]) as simulator, aiohttp.ClientSession() as client:
        yield simulator, client


async def ask(listening: tuple[Simulator, aiohttp.ClientSession], content: str) -> tuple[bytes, Request]:
    """What arrives of the answer, and the simulator's record of the request."""
    simulator, client = listening
    [account] = simulator.people.accounts.values()
    url = f"{simulator.q_url}/generateAssistantResponse"
    arrived = b""
    async with client.post(url, json=chat(content), headers=bearer(account)) as answer:
        assert answer.headers["content-type"] == CONTENT_TYPE
        assert answer.headers["x-amzn-requestid"]
        try:
            async for piece in answer.content.iter_any():
                arrived += piece
        except aiohttp.ClientPayloadError:
            arrived += b"<cut>"
    return arrived, simulator.log[-1]


@pytest.mark.parametrize("marker", ["", "[[sim: bytewise]]", "[[sim: one-piece]]", "[[sim: closes]]"])
async def test_an_answer_arrives_whole(
    listening: tuple[Simulator, aiohttp.ClientSession], marker: str
) -> None:
    arrived, record = await ask(listening, f"Say exactly this: Grüße {marker}")
    assert len(list(read_frames(arrived))) == record.frames == record.frames_written
    assert (record.ended, record.status) == ("complete", 200)


async def test_a_cut_is_a_cut(listening: tuple[Simulator, aiohttp.ClientSession]) -> None:
    arrived, record = await ask(listening, "[[sim: cut-at-border]]")
    assert arrived.endswith(b"<cut>")
    assert len(list(read_frames(arrived.removesuffix(b"<cut>")))) == record.frames_written == record.frames
    assert record.ended == "cut"


async def test_nothing_at_all_or_no_answer(
    listening: tuple[Simulator, aiohttp.ClientSession], caplog: pytest.LogCaptureFixture
) -> None:
    arrived, _ = await ask(listening, "[[sim: empty]]")
    assert arrived == b""
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await ask(listening, "[[sim: hang-up]]")
    assert listening[0].log[-1].ended == "cut"
    assert not caplog.records, "what was ordered is no failure of the simulator"


async def test_late_and_silent_answers_arrive(listening: tuple[Simulator, aiohttp.ClientSession]) -> None:
    for marker in ("late 0.05", "silent 0.05", "stall 0.05"):
        arrived, record = await ask(listening, f"[[sim: {marker}]]")
        assert len(list(read_frames(arrived))) == record.frames


@pytest.mark.parametrize("marker", ["slow 30", "hang", "late 30"])
async def test_whoever_leaves_is_seen_to_leave(
    listening: tuple[Simulator, aiohttp.ClientSession], marker: str
) -> None:
    simulator, client = listening
    [account] = simulator.people.accounts.values()
    url = f"{simulator.q_url}/generateAssistantResponse"
    asking = asyncio.create_task(client.post(url, json=chat(f"[[sim: {marker}]]"), headers=bearer(account)))
    async with asyncio.timeout(10):
        while not simulator.log:
            await asyncio.sleep(0.01)
        if marker.startswith("slow"):
            (await asking).close()
        asking.cancel()
        while not simulator.left:
            await asyncio.sleep(0.01)
    assert simulator.left[0].frames_written < max(1, simulator.left[0].frames)


async def test_a_body_that_is_no_json_is_kept_as_it_is(
    listening: tuple[Simulator, aiohttp.ClientSession],
) -> None:
    simulator, client = listening
    async with client.post(f"{simulator.q_url}/x", data=b"{\xff") as answer:
        assert answer.status == 404
    assert (simulator.log[-1].body, simulator.log[-1].json) == (b"{\xff", None)


@given(
    st.lists(st.binary(min_size=1, max_size=20) | st.just(Pause(0.0)), max_size=10),
    st.lists(st.integers(1, 30), max_size=4),
)
def test_pieces_are_the_same_bytes_and_count_every_frame(
    steps: list[bytes | Pause], sizes: list[int]
) -> None:
    pieces = list(cut_up([*steps, Cut()], sizes))
    frames = [step for step in steps if isinstance(step, bytes)]
    assert b"".join(piece for piece, _ in pieces if isinstance(piece, bytes)) == b"".join(frames)
    assert sum(count for _, count in pieces) == len(frames)
    assert [piece for piece, _ in pieces if not isinstance(piece, bytes)] == [
        each for each in [*steps, Cut()] if not isinstance(each, bytes)
    ]
