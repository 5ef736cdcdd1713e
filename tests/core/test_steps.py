"""Steps are carried out in order, and what goes wrong is theirs to hear first."""

from __future__ import annotations

import asyncio

import pytest

from isthmus.core.commands import Call, Head, Keep, Pause, Reply
from isthmus.core.errors import UpstreamError
from isthmus.core.logins import LoginError, LoginProblem, Result, Steps
from isthmus.core.secret import Secret
from isthmus.core.steps import drive

asked: list[str] = []
slept: list[float] = []


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    asked.clear()
    slept.clear()


async def echo(call: Call) -> Reply:
    asked.append(call.url)
    if "away" in call.url:
        raise UpstreamError("cannot be reached")
    return Reply(Head(200, {}), call.url.encode())


async def sleep(seconds: float) -> None:
    slept.append(seconds)
    await asyncio.sleep(0 if seconds < 1 else seconds)


async def carry_out(steps: Steps[Result]) -> Result:
    return await drive(steps, echo, sleep)


def twice_after_a_pause() -> Steps[bytes]:
    first = yield Call("GET", "/one")
    yield Pause(0.001)
    try:
        yield Call("GET", "/away")
    except UpstreamError:
        second = yield Call("GET", "/two")
        assert first is not None
        assert second is not None
        return first.body + second.body
    return b""


async def test_each_step_hears_what_became_of_it() -> None:
    assert await carry_out(twice_after_a_pause()) == b"/one/two"
    assert asked == ["/one", "/away", "/two"]
    assert slept == [0.001]


async def test_what_was_told_is_kept_at_once_and_answered_with_nothing() -> None:
    kept: list[Keep] = []
    told = Keep({"session_key": Secret("new")}, Secret("old"))

    def telling() -> Steps[int]:
        assert (yield told) is None
        seen = len(kept)
        yield Call("GET", "/after")
        return seen

    assert await drive(telling(), echo, sleep, kept.append) == 1
    assert await carry_out(telling()) == 1, "where nobody keeps anything it goes on all the same"
    assert kept == [told]


async def test_what_the_steps_do_not_catch_is_raised() -> None:
    def lost() -> Steps[None]:
        yield Call("GET", "/token")
        raise LoginError(LoginProblem.LOST, "sign in again")

    def unheard() -> Steps[None]:
        yield Call("GET", "/away")

    with pytest.raises(LoginError, match="sign in again"):
        await carry_out(lost())
    with pytest.raises(UpstreamError, match="cannot be reached"):
        await carry_out(unheard())


async def test_steps_that_are_left_are_closed() -> None:
    closed = []

    def waiting() -> Steps[None]:
        try:
            yield Pause(3600)
        finally:
            closed.append(True)

    task = asyncio.create_task(carry_out(waiting()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed
