from __future__ import annotations

import asyncio
from typing import Any

import pytest

from isthmus.core.errors import UpstreamError
from isthmus.server.reply import ClientLeft, Pace, StreamReply, Watch, send_whole
from isthmus.transport.http import Limits


class Wire:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    async def send(self, message: Any) -> None:
        self.sent.append(dict(message))

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


async def never() -> Any:
    await asyncio.Event().wait()


async def test_headers_wait_for_the_first_words_and_held_bytes_come_before_them() -> None:
    wire = Wire()
    reply = StreamReply(wire.send, [(b"x", b"y")])
    reply.hold(b"one ")
    reply.hold(b"")
    assert wire.sent == []
    await reply.write(b"two ")
    await reply.finish(b"three")
    assert wire.sent[0]["status"] == 200
    assert (b"x", b"y") in wire.sent[0]["headers"]
    assert wire.body == b"one two three"
    assert [message.get("more_body") for message in wire.sent[1:]] == [True, False]


async def test_a_keep_alive_does_not_let_held_bytes_out() -> None:
    wire = Wire()
    reply = StreamReply(wire.send, [])
    reply.hold(b"start of an attempt that fails")
    await reply.keep_alive(b": ping\n\n")
    assert reply.committed
    reply.drop_held()
    await reply.finish(b"the second attempt")
    assert wire.body == b": ping\n\nthe second attempt"


async def test_a_stream_of_nothing_still_has_headers() -> None:
    wire = Wire()
    await StreamReply(wire.send, []).finish(b"")
    assert next(message["type"] for message in wire.sent) == "http.response.start"


async def test_a_whole_answer_says_its_length() -> None:
    wire = Wire()
    await send_whole(wire.send, 404, [], b"abc")
    assert wire.sent[0]["status"] == 404
    assert (b"content-length", b"3") in wire.sent[0]["headers"]


async def test_the_watch_keeps_a_committed_stream_alive_and_ends_when_closed() -> None:
    wire = Wire()
    reply = StreamReply(wire.send, [])
    watch = Watch(never, Limits(), Pace(commit_after_s=0.3, keepalive_s=0.2), reply, b": ping\n\n")
    await asyncio.sleep(1.8)
    watch.close()
    pings = wire.body.count(b"ping")
    assert pings >= 3
    await asyncio.sleep(0.5)
    assert wire.body.count(b"ping") == pings
    watch.close()


async def test_the_watch_says_who_is_to_blame() -> None:
    async def left() -> Any:
        return {"type": "http.disconnect"}

    watch = Watch(left, Limits(), Pace(), None)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.sleep(5)
    assert isinstance(watch.interruption, ClientLeft)
    task = asyncio.current_task()
    assert task is not None
    task.uncancel()
    watch.close()


async def test_time_in_a_queue_is_not_the_silence_of_an_upstream() -> None:
    limits = Limits(whole_s=0.3)
    watch = Watch(never, limits, Pace(), None)
    watch.queue()
    await asyncio.sleep(0.7)
    assert watch.interruption is None
    watch.attempt(limits, None)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.sleep(5)
    assert isinstance(watch.interruption, UpstreamError)
    task = asyncio.current_task()
    assert task is not None
    task.uncancel()
    watch.close()


async def test_a_keep_alive_under_way_is_waited_for() -> None:
    written = asyncio.Event()

    async def slowly(message: Any) -> None:
        await asyncio.sleep(0.1)
        written.set()

    watch = Watch(never, Limits(), Pace(commit_after_s=0.1), StreamReply(slowly, []), b"")
    while watch.background is None:
        await asyncio.sleep(0.01)
    assert not written.is_set()
    await watch.settle()
    assert written.is_set()
    await watch.settle()
    watch.close()
